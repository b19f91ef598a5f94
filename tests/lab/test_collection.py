"""Collection on real hosts: every way in, every way it goes wrong, and nothing changed by it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from opsrunner.evidence.store import Store
from tests.lab.cli import Result, check, inventory
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT

pytestmark = pytest.mark.lab

C7, R8, KY, D12, C6, C7B = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
    "lab-centos7-2",
)
CANARY = "Zx9canaryQ7"
SERVICES = "peripheral_services_off"  # a rule that reads systemctl or chkconfig


@pytest.fixture(scope="module", autouse=True)
def _reset_afterwards(lab: Lab) -> Iterator[None]:
    yield
    lab.reset()


@pytest.fixture(scope="module")
def ways_in(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One run over hosts that are reached in six different ways."""
    folder = tmp_path_factory.mktemp("ways")
    for name in (R8, C7B):
        faults.run(lab, name, "mkdir -p ~opspw/.ssh; cp ~opsadm/.ssh/authorized_keys ~opspw/.ssh/;"
                   "chown -R opspw: ~opspw/.ssh; chmod 700 ~opspw/.ssh", check=True)
    faults.run(lab, KY, "echo 'LANG=zh_CN.UTF-8' >>/etc/environment;"
               "mount -t tmpfs -o noexec tmpfs /tmp; systemctl stop rsyslog firewalld;"
               "mount -o remount,bind,ro /; ! touch /x", check=True)
    password = (Path(lab.instance.state) / "opspw.password").read_text(encoding="utf-8").strip()
    become: dict[str, object] = {"ansible_user": "opspw", "ansible_become": True}
    path = inventory(
        lab, folder, (C7, R8, KY, D12, C6, C7B),
        lab_centos7_1={"ansible_user": "opscsh", "ansible_become": True},
        lab_rhel8_1={**become, "ansible_become_password": password},
        lab_debian12_1={"ansible_user": "opsadm"},
        lab_centos7_2={**become, "ansible_become_password": "wrong"},
    )
    return check(path, folder)


def test_every_host_gives_every_finding(ways_in: Result) -> None:
    assert ways_in.code == 4
    assert {s["id"] for s in ways_in.report["subjects"]} == {C7, R8, KY, D12, C6, C7B}
    assert all(s["rules"] > 130 for s in ways_in.report["subjects"])


@pytest.mark.parametrize("host", [C7, R8, KY, C6])
def test_root_and_sudo_see_all_they_need(ways_in: Result, host: str) -> None:
    """Csh as login shell, sudo with password, read-only root with noexec /tmp, no Python."""
    assert ways_in.subject(host)["reached"]
    assert "denied" not in ways_in.reasons(host)
    assert not {"probe_failed", "rule_crashed", "truncated", "timeout"} & ways_in.reasons(host)
    verdicts = list(ways_in.verdicts(host).values())
    assert verdicts.count("unknown") < len(verdicts) / 5


def test_without_privilege_what_needs_root_is_denied_and_the_rest_is_judged(
    ways_in: Result,
) -> None:
    assert "denied" in ways_in.reasons(D12)
    assert ways_in.verdicts(D12)["ssh_root_login_disabled"] == "unknown"
    assert ways_in.verdicts(D12)["password_max_days"] in ("pass", "fail")


def test_a_refused_privilege_is_no_answer(ways_in: Result) -> None:
    assert not ways_in.subject(C7B)["reached"]
    assert ways_in.subject(C7B)["reason"].startswith("denied")
    assert set(ways_in.verdicts(C7B).values()) == {"unknown"}


@pytest.fixture(scope="module")
def broken(lab: Lab, ways_in: Result, tmp_path_factory: pytest.TempPathFactory) -> Result:  # noqa: ARG001 - after it, on fresh hosts
    """One run in which five hosts of six go wrong, each in its own way."""
    lab.reset()
    folder = tmp_path_factory.mktemp("broken")
    faults.freeze(lab, C7)
    faults.link_down(lab, R8)
    for name, tool, does in (
        (KY, "systemctl", "yes | head -c 50000000"),
        (D12, "systemctl", "sleep 600"),
        (C6, "chkconfig", r"printf '\377\376\n'"),
    ):
        path = faults.run(lab, name, f"command -v {tool}", check=True).stdout.strip()
        faults.run(lab, name, f"rm -f {path}", check=True)
        faults.write_file(lab, name, path, f"#!/bin/sh\n{does}\n", 0o755)
    started = time.monotonic()
    hosts_file = inventory(lab, folder, (C7, R8, KY, D12, C6, C7B))
    found = check(hosts_file, folder, probe_seconds="4", host_seconds="40")
    assert time.monotonic() - started < 120
    return found


@pytest.mark.parametrize(
    ("host", "reason"),
    [(C7, ("timeout", "unreachable")), (R8, ("unreachable",))],
)
def test_a_host_that_does_not_answer_is_unknown_as_a_whole(
    broken: Result, host: str, reason: tuple[str, ...],
) -> None:
    assert set(broken.verdicts(host).values()) == {"unknown"}
    assert broken.reasons(host) <= set(reason)


@pytest.mark.parametrize(
    ("host", "reason"), [(KY, "truncated"), (D12, "timeout"), (C6, "unparsable")],
)
def test_a_probe_that_goes_wrong_costs_its_own_rules_only(
    broken: Result, host: str, reason: str,
) -> None:
    assert broken.subject(host)["reached"]
    finding = next(f for f in broken.report["findings"] if f["subject"]["id"] == host
                   and f["rule"] == SERVICES)
    assert (finding["verdict"], finding["reason"].partition(":")[0]) == ("unknown", reason)
    assert broken.verdicts(host)["password_max_days"] in ("pass", "fail")


def test_the_host_that_is_well_is_not_affected(broken: Result) -> None:
    assert broken.subject(C7B)["reached"]
    assert broken.verdicts(C7B)["ssh_root_login_disabled"] in ("pass", "fail")
    assert broken.code == 4


def test_a_check_changes_nothing_and_gives_no_secret_away(
    lab: Lab, broken: Result, tmp_path: Path,  # noqa: ARG001 - after it, on fresh hosts
) -> None:
    lab.reset()
    hosts = (C7, R8, KY, D12, C6)
    for name in hosts:
        faults.run(lab, name, _PLANT.replace("CANARY", CANARY), check=True)
    path = inventory(lab, tmp_path, hosts)
    check(path, tmp_path)  # the first login of all may make a home's files
    before = {name: faults.tree(lab, name) for name in hosts}
    found = check(path, tmp_path)
    after = {name: faults.tree(lab, name) for name in hosts}
    for name in hosts:
        changed = {
            p for p in before[name].keys() | after[name].keys()
            if before[name].get(p) != after[name].get(p) and not p.startswith(_RECORDS)
        }
        assert changed == set(), name
    _no_canary(found, tmp_path)


# Logs and login records: what any login writes.
_RECORDS = (
    "/var/log/", "/var/lib/rsyslog/", "/var/lib/systemd/", "/var/lib/sudo/", "/var/lib/lastlog",
)
_PLANT = r"""
useradd -m canary 2>/dev/null
sed -i 's|^canary:[^:]*:|canary:$6$saltCANARY$CANARYabcdefghijklmnopqrstuvwxyz012345:|' /etc/shadow
printf '[client]\npassword=CANARY\n' >/root/.my.cnf
printf 'mysql -u root -pCANARY app\nexport DB_PASSWORD=CANARY\n' >/root/.bash_history
mkdir -p /etc/snmp /root/.ssh
printf 'rocommunity CANARY default\n' >/etc/snmp/snmpd.conf
printf 'machine ftp login x password CANARY\n' >/root/.netrc
printf 'password_pbkdf2 root grub.pbkdf2.sha512.10000.CANARY.CANARY\n' >/etc/grub.d/01_canary
key=CANARYCANARYCANARYCANARYCANARY
printf -- '-----BEGIN RSA PRIVATE KEY-----\n%s\n' $key >/root/.ssh/id_canary
printf '*.* action(type="ommysql" pwd="CANARY")\n' >/etc/rsyslog.d/canary.conf
setsid sh -c 'exec -a worker sleep 600 --password=CANARY' >/dev/null 2>&1 &
setsid sh -c 'sleep 600; : --password=CANARY' >/dev/null 2>&1 &
true
"""


def _no_canary(found: Result, folder: Path) -> None:
    """Search the store (decompressed), the export, the reports and the output for the canary."""
    environ = {**os.environ, "OPSRUNNER_STORE": str(found.store)}
    subprocess.run(
        [sys.executable, "-m", "opsrunner", "export", "latest", "--output",
         str(folder / "export.zip")],
        env=environ, cwd=CHECKOUT, check=True, capture_output=True,
    )
    subprocess.run(["unzip", "-q", str(folder / "export.zip"), "-d", str(folder / "export")],
                   check=True)
    assert CANARY not in found.output
    store = Store.open(found.store)
    blobs = {sha for run in store.runs() for record in store.subject_records(run.id)
             for sha in record.blobs.values()}
    assert len(blobs) >= 10
    leaks = [sha for sha in blobs if CANARY.encode() in store.get(sha)]
    leaks += [str(path) for path in folder.rglob("*")
              if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert leaks == []
    assert not left_behind(), "a working folder was left behind"


def left_behind() -> set[Path]:
    """Return the working folders that no run holds; one was made a moment ago, perhaps."""
    first = unheld()
    time.sleep(1 if first else 0)
    return first & unheld()


def unheld() -> set[Path]:
    """Return the working folders whose lock is free: other runs of this machine have theirs."""
    found = set()
    for path in Path("/dev/shm").glob("opsrunner-*"):  # noqa: S108 - where runs have them
        with suppress(FileNotFoundError, BlockingIOError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
                found.add(path)
            finally:
                os.close(folder)
    return found


def test_a_folder_that_was_left_behind_would_be_seen() -> None:
    path = Path(tempfile.mkdtemp(prefix="opsrunner-run-", dir="/dev/shm"))
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert path in unheld()
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert path not in unheld()
    finally:
        os.close(folder)
        shutil.rmtree(path)


def test_the_canary_search_would_find_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    sha = store.put(f"x{CANARY}".encode())
    assert CANARY.encode() in store.get(sha)
