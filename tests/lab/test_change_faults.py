"""What must not go wrong on a host that is changed: each fault, and that without it all is well."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from opsrunner.changes.answer import Answer, Outcome
from opsrunner.changes.operations import Changes, Operation
from opsrunner.changes.transaction import (
    begin_script,
    clean_script,
    confirm_script,
    preview_script,
    status_script,
    undo_script,
)
from tests.lab import transact
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.transact import SSHD, ask, differences, state, until

pytestmark = pytest.mark.lab

C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)
HOSTS = (C7, R8, KY, D12, C6)
LONG = 600
HOME = "/var/lib/opsrunner"


@pytest.fixture(scope="module", autouse=True)
def _hosts(lab: Lab) -> Iterator[None]:
    lab.reset(*HOSTS)
    for host in HOSTS:  # the first login of all makes files of its own
        ask(lab, host, status_script())
    yield
    lab.reset()


def harmless(lab: Lab, host: str) -> Changes:
    """Return a change of sshd's configuration that is well."""
    return Changes(
        (transact.prefix(lab, host, SSHD, b"MaxAuthTries 4\n"),), ("sshd",), ("sshd",),
    )


def refused(answer: Answer) -> set[str]:
    """Return the codes of why a host refused."""
    assert answer.outcome is Outcome.REFUSED, answer
    return {said.about.partition(":")[0] for said in answer.refused}


@pytest.mark.parametrize("host", HOSTS)
def test_on_a_host_that_is_well_the_same_change_goes_through(lab: Lab, host: str) -> None:
    """The control of every fault below."""
    tree = faults.tree(lab, host)
    answers = [ask(lab, host, script) for script in (
        begin_script(harmless(lab, host), "works", undo_after=LONG), undo_script("works"),
        clean_script("works"),
    )]
    assert [answer.outcome for answer in answers] == [Outcome.DONE] * 3, answers
    assert differences(lab, host, tree) == []


@pytest.mark.parametrize(
    ("host", "harm", "mend", "code"),
    [
        (C7, f"mkdir -m 700 {HOME}; mount -t tmpfs -o size=64k,mode=700 tmpfs {HOME}",
         f"umount {HOME}; rmdir {HOME}", "no_space"),
        (R8, f"mkdir -m 700 {HOME}; mount -t tmpfs -o size=9m,nr_inodes=6,mode=700 tmpfs {HOME}",
         f"umount {HOME}; rmdir {HOME}", "snapshot"),
        (KY, "mount --bind /etc/ssh /etc/ssh; mount -o remount,ro,bind /etc/ssh",
         "umount /etc/ssh", "read_only"),
        (D12, "mount --bind /var/lib /var/lib; mount -o remount,ro,bind /var/lib",
         "umount /var/lib", "home"),
        (C6, f"chattr +i {SSHD}", f"chattr -i {SSHD}", "immutable"),
        (C7, "chattr +i /etc/ssh", "chattr -i /etc/ssh", "immutable"),
        (R8, f"ln {SSHD} /etc/ssh/second", "rm /etc/ssh/second", "hard_link"),
        (D12, f"mkdir -m 755 {HOME}", f"rmdir {HOME}", "home"),
    ],
    ids=["disk full", "no inodes", "read-only /etc/ssh", "read-only /var/lib", "immutable file",
         "immutable folder", "second name", "open folder"],
)
def test_a_host_that_cannot_be_changed_is_not_touched(
    lab: Lab, host: str, harm: str, mend: str, code: str,
) -> None:
    before = faults.tree(lab, host)
    faults.run(lab, host, harm, check=True)
    script = begin_script(harmless(lab, host), "fault", undo_after=LONG)
    answer = ask(lab, host, script)
    faults.run(lab, host, mend, check=True)
    assert refused(answer) == {code}
    assert differences(lab, host, before) == []
    assert "opsrunner" not in transact.live(lab, host)


def test_a_host_that_drifted_is_refused_with_the_difference(lab: Lab) -> None:
    script = begin_script(transact.everything(lab, D12), "drift", undo_after=LONG)
    faults.run(lab, D12, f"echo >>{SSHD}; chmod 600 /etc/security; chage -M 77 opspw;"
               "echo 1 >/proc/sys/net/ipv4/ip_forward; systemctl stop cron", check=True)
    drifted = faults.tree(lab, D12)
    answer = ask(lab, D12, script)
    assert answer.outcome is Outcome.DRIFT
    assert {one.target for one in answer.drift} == {
        SSHD, "/etc/security", "opspw", "net.ipv4.ip_forward", "cron.service",
    }
    assert differences(lab, D12, drifted) == []
    lab.reset(D12)
    ask(lab, D12, status_script())


def test_the_lock_of_the_host_is_held_by_another(lab: Lab) -> None:
    before = faults.tree(lab, KY)
    faults.run(lab, KY, f"mkdir -m 700 {HOME}; setsid flock {HOME}/lock sleep 60 "
               "</dev/null >/dev/null 2>&1 &")
    until(lambda: faults.run(lab, KY, f"! flock -n {HOME}/lock true").returncode == 0, 5)
    assert refused(ask(lab, KY, begin_script(harmless(lab, KY), "lock", undo_after=LONG))) == {
        "busy"}
    faults.run(lab, KY, f"fuser -k {HOME}/lock || kill $(pgrep -x sleep); "
               f"while ! flock -n {HOME}/lock true; do :; done; rm {HOME}/lock; rmdir {HOME}")
    assert differences(lab, KY, before) == []


def test_of_two_begins_at_once_one_is_refused(lab: Lab) -> None:
    before = faults.tree(lab, C7)
    answers: list[Answer] = []
    scripts = [begin_script(harmless(lab, C7), tx, undo_after=LONG) for tx in ("one", "two")]
    threads = [
        threading.Thread(target=lambda text: answers.append(ask(lab, C7, text)), args=(text,))
        for text in scripts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [answer for answer in answers if answer.outcome is Outcome.DONE]
    other = next(answer for answer in answers if answer.outcome is not Outcome.DONE)
    assert len(done) == 1
    assert other.outcome is Outcome.DRIFT or refused(other) <= {"unfinished", "busy"}
    assert refused(ask(lab, C7, clean_script(done[0].tx))) == {"state"}
    for script in (undo_script(done[0].tx), clean_script(done[0].tx)):
        assert ask(lab, C7, script).outcome is Outcome.DONE
    assert differences(lab, C7, before) == []


def _invalid(lab: Lab, host: str) -> dict[str, Operation]:
    """Return by validator one operation that would lock somebody out or mean nothing."""
    pam = next(path for path in ("/etc/pam.d/common-auth", "/etc/pam.d/password-auth-ac",
                                 "/etc/pam.d/password-auth")
               if transact.look(lab, host, path).exists)
    return {
        "sshd": transact.prefix(lab, host, SSHD, b"PermitRotLogin no\n"),
        "sudoers": transact.write(lab, host, "/etc/sudoers.d/ours", b"opsadm ALL=(ALL\n", 0o440),
        "pam": transact.prefix(lab, host, pam, b"auth required pam_deny.so\n"),
        "audit_rules": transact.write(lab, host, "/etc/audit/rules.d/ours.rules",
                                      b"-w /etc/passwd -p wz -k x\n", 0o640),
        "sysctl_file": transact.write(lab, host, "/etc/sysctl.d/ours.conf", b"net.ipv4.tcp\n"),
        "rsyslog": transact.write(lab, host, "/etc/rsyslog.d/ours.conf", b'module(load="imx\n'),
        "logrotate": transact.write(lab, host, "/etc/logrotate.d/ours", b"/var/x {\n daly\n}\n"),
        "crontab": transact.write(lab, host, "/etc/cron.d/ours", b"61x * * * * root true\n"),
        "fstab": transact.prefix(lab, host, "/etc/fstab", b"/dev/sdx\n"),
        "shell": transact.write(lab, host, "/etc/profile.d/ours.sh", b"if true; then\n"),
        "systemd_unit": transact.write(lab, host, "/etc/systemd/system/ours.service", b"Exec\n"),
        "firewalld": transact.write(lab, host, "/etc/firewalld/zones/ours.xml", b"<zone><a>\n"),
        "iptables": transact.write(lab, host, "/etc/sysconfig/iptables", b"*filter\n-A NO -j X\n"),
    }


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_invalid_is_never_put_in_place(lab: Lab, host: str) -> None:
    before = faults.tree(lab, host)
    operations = _invalid(lab, host)
    alive = "pgrep -o sshd; stat -c %i /etc/ssh/sshd_config"
    processes = faults.run(lab, host, alive).stdout
    changes = Changes(tuple(operations.values()), tuple(operations), ("sshd", "audit_rules"))
    answer = ask(lab, host, begin_script(changes, "invalid", undo_after=LONG))
    assert answer.outcome is Outcome.INVALID, answer
    said = {ran.said.partition(":")[0] for ran in answer.invalid}
    assert said == operations.keys(), answer.invalid
    assert not [step for step in answer.steps if step.command.startswith("mv ")]
    assert faults.run(lab, host, alive).stdout == processes
    assert ask(lab, host, clean_script("invalid")).outcome is Outcome.DONE
    assert differences(lab, host, before) == []


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_valid_passes_every_validator(lab: Lab, host: str) -> None:
    """The control: the same files, written properly."""
    before = faults.tree(lab, host)
    broken = _invalid(lab, host)
    well = {
        "sshd": b"MaxAuthTries 4\n", "sudoers": b"opsadm ALL=(ALL) ALL\n",
        "pam": b"auth required pam_env.so\n", "audit_rules": b"-w /etc/passwd -p wa -k x\n",
        "sysctl_file": b"net.ipv4.tcp_syncookies = 1\n", "rsyslog": b"local3.* /var/log/ours\n",
        "logrotate": b"/var/log/x {\n daily\n missingok\n}\n",
        "crontab": b"MAILTO=root\n*/5 1-3 * jan,feb mon root true\n", "fstab": b"# ours\n",
        "shell": b"if true; then :; fi\n", "systemd_unit": b"[Unit]\nDescription=ours\n",
        "firewalld": b'<?xml version="1.0"?>\n<zone><short>a</short><service name="ssh"/></zone>\n',
        "iptables": b"*filter\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
    }
    again = ("sshd", "pam", "fstab")
    operations = tuple(
        (transact.prefix if name in again else transact.write)(
            lab, host, broken[name].target, content,
        ) for name, content in well.items()
    )
    changes = Changes(operations, tuple(well), ("systemd", "rsyslog", "crond", "audit_rules"))
    scripts = (begin_script(changes, "valid", undo_after=LONG), confirm_script("valid"),
               undo_script("valid", only=("/etc/cron.d/ours",)), undo_script("valid"),
               clean_script("valid"))
    answers = [ask(lab, host, script) for script in scripts]
    assert [answer.outcome for answer in answers] == [
        Outcome.DONE, Outcome.DONE, Outcome.PARTLY, Outcome.DONE, Outcome.DONE], answers
    assert differences(lab, host, before) == []


def test_an_undo_leaves_alone_what_somebody_changed_since(lab: Lab) -> None:
    changes = transact.everything(lab, R8)
    before = faults.tree(lab, R8)
    begun = [ask(lab, R8, script) for script in
             (begin_script(changes, "since", undo_after=LONG), confirm_script("since"))]
    assert {answer.outcome for answer in begun} == {Outcome.DONE}
    left = faults.tree(lab, R8)
    assert ask(lab, R8, preview_script("since")).outcome is Outcome.DONE
    faults.run(lab, R8, f"echo '# mine' >>{SSHD}; chage -M 50 opspw", check=True)
    met = ask(lab, R8, preview_script("since"))
    assert (met.outcome, {one.target for one in met.drift}) == (Outcome.DRIFT, {SSHD, "opspw"})
    # What somebody else changed, and who held the lock last; nothing else.
    assert set(differences(lab, R8, left, but=(f"{HOME}/lock", "/etc/shadow-"))) == {
        SSHD, "/etc/shadow"}
    assert refused(ask(lab, R8, preview_script("never"))) == {"unknown_transaction"}
    mine = {path: faults.tree(lab, R8)[path] for path in (SSHD, "/etc/shadow")}
    answer = ask(lab, R8, undo_script("since"))
    assert answer.outcome is Outcome.PARTLY
    assert {one.target for one in answer.conflicts} == {SSHD, "opspw"}
    sshd = next(one for one in answer.conflicts if one.target == SSHD)
    assert len({sshd.before, sshd.after, sshd.now}) == 3
    assert "$" not in str([one for one in answer.conflicts if one.target == "opspw"])
    now = faults.tree(lab, R8)
    assert {path: now[path] for path in mine} == mine
    changed = differences(lab, R8, before, but=(HOME, "/etc/passwd-", "/etc/shadow-"))
    assert set(changed) == {SSHD, "/etc/shadow"}
    lab.reset(R8)


def _undone(lab: Lab, host: str) -> bool:
    return state(lab, host, "killed") == ("undone", "timer")


def test_the_shell_on_the_host_is_killed_in_the_middle(lab: Lab) -> None:
    """It leaves a host half changed, and the timer takes that back."""
    for host in (D12, C6):
        before = faults.tree(lab, host)
        many = (transact.write(lab, host, f"/etc/many/{number}", b"x") for number in range(120))
        changes = Changes((*many, transact.prefix(lab, host, SSHD, transact.NOWHERE)))
        script = begin_script(changes, "killed", undo_after=int(transact.slow(6)))
        thread = threading.Thread(target=ask, args=(lab, host, script))
        thread.start()
        # Watched on the host itself: a look from here is slower than the change.
        faults.run(lab, host, "until [ -e /etc/many/5 ]; do :; done; "
                   f"kill -9 $(cut -d' ' -f1 {HOME}/lock)", check=True)
        thread.join()
        assert not transact.look(lab, host, "/etc/many/119").exists
        assert state(lab, host, "killed") == ("applying", "controller")
        until(partial(_undone, lab, host), transact.slow(20))
        time.sleep(1)
        assert ask(lab, host, clean_script("killed")).outcome is Outcome.DONE
        assert differences(lab, host, before) == []
