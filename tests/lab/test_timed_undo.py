"""The host takes back by itself what nobody confirmed. No test here calls the undo script.

Centos6 is SysV for the engine: its timer is the engine's own sleeper, which is real. What runs
``S00opsrunner-undo`` at boot is a stand-in for EL 6's ``/etc/rc.d/rc`` (_RC), because systemd
boots the lab's hosts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from opsrunner.changes.answer import Outcome
from opsrunner.changes.operations import Changes
from opsrunner.changes.transaction import (
    begin_script,
    clean_script,
    confirm_script,
    status_script,
    undo_script,
)
from tests.lab import transact
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.transact import SSHD, ask, differences, live, reaches, send, state, until

pytestmark = pytest.mark.lab

C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)
HOSTS = (C7, R8, KY, D12, C6)
AFTER = int(min(45, transact.slow(8)))  # seconds until the hosts undo
_UNARMED = "\nops_arm() { :; }; ops_armed() { :; }\nops_main <"
_RC = """[Unit]
Description=stand-in for /etc/rc.d/rc 3 of EL 6: our script alone
Before=sshd.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for i in /etc/rc3.d/S*opsrunner*; do [ ! -x "$i" ] || "$i" start; done'
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module", autouse=True)
def _hosts(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    lab.reset(*HOSTS)
    faults.write_file(lab, C6, "/etc/systemd/system/lab-rc.service", _RC)
    link = transact.place(lab, C6, "/etc/systemd/system/multi-user.target.wants/lab-rc.service")
    link.symlink_to("../lab-rc.service")
    for host in HOSTS:  # what a copy of the bytes alone would lose
        faults.run(lab, host, f"setfacl -m u:opspw:r {SSHD}; setfattr -n user.ours -v 1 /etc/issue",
                   check=True)
    # The first login of all makes files of its own; and a host that nobody changed knows nothing.
    first = send(lab, tmp_path_factory.mktemp("first"), dict.fromkeys(HOSTS, status_script()))
    assert all(not first[host].transactions for host in HOSTS)
    yield
    lab.reset()


def cut_off(lab: Lab, name: str) -> Changes:
    """Return changes of every kind that also let sshd fail whenever it is started."""
    changes = transact.everything(lab, name)
    path, line = ("/etc/default/ssh", b"SSHD_OPTS=-Z\n") if name == D12 else (
        "/etc/sysconfig/sshd", b"OPTIONS=-Z\n")
    broken = transact.write(lab, name, path, line)
    return Changes((*changes.operations, broken), (), changes.activate)


def restart_sshd(lab: Lab, name: str) -> None:
    """Have sshd started anew, as an update does: it does not come up, and nobody gets in."""
    unit = "ssh" if name == D12 else "sshd"
    faults.run(lab, name, f"PATH=$PATH:/usr/lib/lab-standin/real systemctl restart {unit}.service")
    assert not reaches(lab, name), name


def begin(
    lab: Lab, folder: Path, tx: str, changes: Callable[[Lab, str], Changes], after: int,
) -> None:
    """Begin on all hosts at once, as the product does; every one must say it is applied."""
    scripts = {host: begin_script(changes(lab, host), tx, undo_after=after) for host in HOSTS}
    for host, answer in send(lab, folder, scripts).items():
        assert answer.outcome is Outcome.DONE, (host, answer)
        assert answer.seconds < transact.slow(4), host  # five at once share two processors
        assert {step.code for step in answer.steps} == {0}, (host, answer.steps)


def picture(lab: Lab) -> dict[str, tuple[dict[str, faults.Node], str]]:
    """Return the tree and the live state of every host."""
    return {host: (faults.tree(lab, host), live(lab, host)) for host in HOSTS}


def _undone(lab: Lab, host: str, tx: str) -> bool:
    return state(lab, host, tx) == ("undone", "timer")


def came_back(
    lab: Lab, folder: Path, tx: str, by: str, before: dict[str, tuple[dict[str, faults.Node], str]],
) -> None:
    """Every host says who undid it, and after cleaning is as it was."""
    told = send(lab, folder, dict.fromkeys(HOSTS, status_script(tx)))
    for host, answer in told.items():
        assert [(t.tx, t.state, t.by) for t in answer.transactions] == [(tx, "undone", by)], host
        assert {step.code for step in answer.steps} == {0}, (host, answer.steps)
        assert answer.history[-2].state == "undoing"
    cleaned = send(lab, folder, dict.fromkeys(HOSTS, clean_script(tx)))
    for host in HOSTS:
        assert cleaned[host].outcome is Outcome.DONE, host
        assert differences(lab, host, before[host][0]) == [], host
        assert live(lab, host) == before[host][1], host


def test_the_cable_is_pulled_right_after_the_change(lab: Lab, tmp_path: Path) -> None:
    before = picture(lab)
    begin(lab, tmp_path, "cable", transact.everything, AFTER)
    for host in HOSTS:
        faults.link_down(lab, host)
        assert state(lab, host, "cable") == ("applied", "controller")
        assert "/etc/new" in differences(lab, host, before[host][0]), host
    for host in HOSTS:
        until(partial(_undone, lab, host, "cable"), AFTER + transact.slow(4))
        faults.link_up(lab, host)
    came_back(lab, tmp_path, "cable", "timer", before)


def test_sshd_does_not_start_any_more(lab: Lab, tmp_path: Path) -> None:
    before = picture(lab)
    begin(lab, tmp_path, "sshd", cut_off, AFTER)
    started = time.monotonic()
    for host in HOSTS:
        restart_sshd(lab, host)
    for host in HOSTS:
        left = AFTER + transact.slow(4) - (time.monotonic() - started)
        until(partial(reaches, lab, host), left)
        until(partial(_undone, lab, host, "sshd"), transact.slow(3))
    came_back(lab, tmp_path, "sshd", "timer", before)


def test_the_program_of_sshd_is_gone(lab: Lab) -> None:
    """The reload kills it. The engine may see that itself; if not, the timer brings it back."""
    before = faults.tree(lab, KY)
    program = faults.run(lab, KY, "readlink -f /usr/sbin/sshd").stdout.strip()
    changes = Changes((transact.remove(lab, KY, program),), (), ("sshd",))
    answer = ask(lab, KY, begin_script(changes, "gone", undo_after=AFTER))
    assert answer.outcome in (Outcome.DONE, Outcome.FAILED)
    by = "timer" if answer.outcome is Outcome.DONE else "failure"
    until(lambda: state(lab, KY, "gone") == ("undone", by), AFTER + transact.slow(4))
    until(partial(reaches, lab, KY), transact.slow(4))
    assert ask(lab, KY, clean_script("gone")).outcome is Outcome.DONE
    assert differences(lab, KY, before) == []


def test_the_host_loses_power_before_the_timer_ends(lab: Lab, tmp_path: Path) -> None:
    """It boots with the change on its disk, and lets nobody in until it has taken that back."""
    before = picture(lab)
    begin(lab, tmp_path, "power", cut_off, 600)
    for host in HOSTS:
        lab.reboot(host)  # returns when somebody could log in
        assert state(lab, host, "power") == ("undone", "boot"), host
    came_back(lab, tmp_path, "power", "boot", before)


def test_without_arming_the_host_stays_cut_off(lab: Lab, pristine: list[str]) -> None:
    """The control of the three above: it is the timer and the boot service that bring it back."""
    pristine += [C7, C6]
    for host in (C7, C6):
        script = begin_script(cut_off(lab, host), "unarmed", undo_after=1)
        unarmed = script.replace("\nops_main <", _UNARMED)
        assert unarmed != script
        assert ask(lab, host, unarmed).outcome is Outcome.DONE
        restart_sshd(lab, host)
    time.sleep(3)
    for host in (C7, C6):
        assert not reaches(lab, host)
        assert state(lab, host, "unarmed") == ("applied", "controller")


def test_what_is_confirmed_stays_until_somebody_undoes_it(lab: Lab, tmp_path: Path) -> None:
    """The other control: neither timer nor boot touch it; undone by hand it is as it was."""
    before = picture(lab)
    after = int(min(90, transact.slow(12)))  # the confirmation must come before it
    begin(lab, tmp_path, "kept", transact.everything, after)
    changed = {host: look_at(lab, host) for host in HOSTS}
    until(lambda: all(reaches(lab, host) for host in HOSTS), 5)
    confirmed = send(lab, tmp_path, dict.fromkeys(HOSTS, confirm_script("kept")))
    assert {answer.outcome for answer in confirmed.values()} == {Outcome.DONE}, confirmed
    for host in (D12, C6):
        lab.reboot(host)
    time.sleep(after)
    for host in HOSTS:
        assert state(lab, host, "kept") == ("confirmed", "controller")
        assert look_at(lab, host) == changed[host]
        assert "opsrunner-undo" not in live(lab, host)
    undone = send(lab, tmp_path, dict.fromkeys(HOSTS, undo_script("kept")))
    for host, answer in undone.items():
        assert answer.outcome is Outcome.DONE, (host, answer)
        assert answer.seconds < transact.slow(4), host
    send(lab, tmp_path, dict.fromkeys(HOSTS, clean_script("kept")))
    for host in HOSTS:
        assert differences(lab, host, before[host][0]) == [], host


def look_at(lab: Lab, host: str) -> list[object]:
    """Return what the change changed, as it is now."""
    return [transact.look(lab, host, path) for path in
            (SSHD, "/etc/new/of ours/it's.conf", "/etc/issue", "/etc/crontab", "/etc/shadow")]
