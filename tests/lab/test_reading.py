"""Reading a host exactly: every identity, odd names and bytes, links, no privilege, no trace."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opsrunner.changes.reading import Target, read_script, read_state
from opsrunner.changes.state import ABSENT, AccountState, FileState, HostState, UnitState
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.remedies.base import Reads
from opsrunner.sources.wire import frames, unpack
from tests.lab.fleet import boot, faults
from tests.lab.fleet.control import Lab
from tests.lab.picture import differing, kept

pytestmark = pytest.mark.lab

ROLE = Path(__file__).parents[2] / "roles" / "observe_linux"
MARK = "0123456789abcdef0123456789abcdef"
C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)
HOSTS = [C7, R8, KY, D12, C6]
ODD = {
    "two words": b"a\r\nb\r\n", "-n": b"no final newline", "中文.conf": b"\xff\x00\xfe",
    "empty": b"",
}


def read(lab: Lab, name: str, reads: Reads, user: str = "root") -> HostState:
    """Read a lab host over ssh as a user."""
    families = ("linux", "el", "el6") if name == C6 else ("linux",)
    reading = read_script(ROLE, reads, families)
    address = lab.record.host(name).address(lab.record.subnet)
    done = subprocess.run(
        [*boot.ssh_command(lab.instance, address, user), "/bin/sh -s"],
        input=reading.script.replace("@OPS_MARK@", MARK).encode(),
        capture_output=True, check=False, timeout=60,
    )
    stream = unpack(done.stdout, MARK, limit=1 << 24)
    assert stream is not None, done.stderr
    found = frames(stream, MARK, reading.caps)
    return read_state(found, reads, Target(name, "centos-7", families))


def content(state: HostState, path: str) -> bytes | None:
    """Return the bytes of a path that was read."""
    file = state.files[path]
    assert isinstance(file, FileState), file
    return file.content


@pytest.mark.parametrize("host", HOSTS)
def test_bytes_are_those_of_the_host(lab: Lab, pristine: list[str], host: str) -> None:
    pristine.append(host)
    for name, data in ODD.items():
        faults.write_file(lab, host, f"/etc/odd/{name}", data, 0o640)
    state = read(lab, host, Reads(
        files=("/etc/odd/*", "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/no", "/etc/no/*"),
        units=("sshd.service", "no-such.service"), sysctls=("net.ipv4.ip_forward", "net.no"),
        accounts=True, facts=("accounts.passwd",),
    ))
    for name, data in ODD.items():
        assert content(state, f"/etc/odd/{name}") == data
    for path in ("/etc/ssh/sshd_config", "/etc/sudoers"):
        said = faults.ssh(lab, host, f"cat {path}").stdout.encode()
        assert said
        assert content(state, path) == said
    assert state.files["/etc/no"] == FileState("/etc/no", ABSENT)
    sshd = state.units["sshd.service"]
    assert isinstance(sshd, UnitState)
    assert (sshd.present, sshd.enabled, sshd.active) == (True, "enabled", True)
    assert state.units["no-such.service"] == UnitState("no-such.service", present=False)
    assert state.sysctls == {"net.ipv4.ip_forward": "0", "net.no": None}
    assert isinstance(state.accounts, dict)
    opspw, opsadm = state.accounts["opspw"], state.accounts["opsadm"]
    assert isinstance(opspw, AccountState)
    assert (opspw.password, opsadm.password, state.login) == ("set", "none", "root")


def test_a_link_to_a_link_gives_the_file_itself(lab: Lab) -> None:
    state = read(lab, C7, Reads(files=("/etc/pam.d/system-auth",)))
    linked = state.files["/etc/pam.d/system-auth"]
    assert isinstance(linked, FileState)
    assert linked.path == "/etc/pam.d/system-auth-ac"
    assert state.files[linked.path] == linked


def test_without_privilege_nothing_looks_missing(lab: Lab) -> None:
    closed = ("/etc/sudoers", "/root/*", "/root/.bashrc")
    state = read(lab, D12, Reads(files=(*closed, "/etc/passwd"), accounts=True), "opsadm")
    for path in closed:
        reason = state.files[path]
        assert isinstance(reason, CannotTell)
        assert reason.reason == Reason.DENIED
    assert isinstance(state.accounts, CannotTell)
    assert content(state, "/etc/passwd")
    assert state.login == "opsadm"


def test_reading_changes_nothing(lab: Lab) -> None:
    reads = Reads(files=("/etc/pam.d/*", "/etc/ssh/*_config"), stats=("/etc/shadow",),
                  units=("sshd.service",), sysctls=("net.ipv4.ip_forward",), accounts=True)
    for host in HOSTS:
        read(lab, host, reads)  # the first login of all may make a home's files
        before = kept(lab, host)
        read(lab, host, reads)
        assert differing(before, kept(lab, host)) == {}, host
