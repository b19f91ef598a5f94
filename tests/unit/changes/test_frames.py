"""What a host answered -> what a change may touch; whatever it sends is untrusted."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.changes import frames as live
from opsrunner.changes.file_frames import files
from opsrunner.changes.state import AccountState, FileState, UnitState
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION


def frame(name: str, **sections: str) -> Host:
    """Return a host that answered one probe with these sections."""
    text = "".join(f"{SECTION}{words}\n{body}" for words, body in sections.items())
    return Host("centos-7", {name: Frame(name, 0, text.encode())})


def packed(*words: bytes) -> str:
    """Return words as the probe sends a list of them."""
    return base64.b64encode(b"".join(word + b"\0" for word in words)).decode()


ONE = {
    "paths": packed(b"found", b"/a", b"/a", b"found", b"/b", b"/b"),
    "attributes": packed(b"f 644 0 0 1 /a", b"f 644 0 0 2 /b"),
    "sizes": packed(b"1 /a", b"2 /b"),
    "sums": f"{hashlib.sha256(b'a').hexdigest()}\n{hashlib.sha256(b'other').hexdigest()}\n",
    "bytes": base64.b64encode(b"abb").decode(),
}


def test_a_file_that_changed_while_it_was_read_is_not_believed() -> None:
    found = files(frame("state.files", **ONE), "state.files", ("/a", "/b"))
    first, second = found["/a"], found["/b"]
    assert isinstance(first, FileState)
    assert first.content == b"a"
    assert isinstance(second, CannotTell)
    assert "changed" in second.detail


def test_a_sum_too_few_makes_every_byte_doubtful() -> None:
    short = {**ONE, "sums": ONE["sums"].splitlines()[0]}
    found = files(frame("state.files", **short), "state.files", ("/a", "/b"))
    assert all(isinstance(answer, CannotTell) for answer in found.values())


@given(st.dictionaries(st.sampled_from([*ONE]), st.text(max_size=60) | st.sampled_from(
    [packed(b"found", b"/a"), packed(b"x y"), *ONE.values()]), max_size=5))
def test_whatever_a_host_sends_every_path_has_an_answer(sections: dict[str, str]) -> None:
    found = files(frame("state.files", **sections), "state.files", ("/a", "/b", "/*.conf"))
    assert {"/a", "/b"} <= set(found)
    for path in ("/a", "/b"):
        state = found[path]
        if isinstance(state, FileState) and state.kind == "file":
            assert state.content in (b"a", b""), "bytes without their own checksum"


SHOW = """Id=a.service
LoadState=loaded
UnitFileState=enabled
ActiveState=active

Id=b.service
LoadState=not-found
ActiveState=inactive
UnitFileState=

Id=c.service
LoadState=masked
ActiveState=inactive
UnitFileState=bad

Id=network.service
LoadState=loaded
ActiveState=failed
UnitFileState=generated
"""
NAMES = ("a.service", "b.service", "c.service", "network.service")


def test_units_are_told_by_systemd_and_by_start_links() -> None:
    found = live.units(frame("state.units", systemd=SHOW, sysv="network\n"), NAMES)
    assert found == {
        "a.service": UnitState("a.service", present=True, enabled="enabled", active=True),
        "b.service": UnitState("b.service", present=False),
        "c.service": UnitState("c.service", present=True, enabled="masked"),
        "network.service": UnitState("network.service", present=True, enabled="enabled"),
    }


def test_an_answer_for_other_units_is_none() -> None:
    found = live.units(frame("state.units", systemd=SHOW), NAMES[:2])
    assert all(isinstance(answer, CannotTell) for answer in found.values())


def test_a_key_that_is_there_and_cannot_be_read_is_denied() -> None:
    host = frame("state.sysctls", present="net/ipv4/conf/eth0.1/x\nkernel/a\n",
                 network="net/ipv4/conf/eth0.1/x:1\t2\n", kernel="kernel.b = = c\n")
    found = live.sysctls(host, ("net.ipv4.conf.eth0/1.x", "kernel.a", "kernel.b", "kernel.c"))
    assert isinstance(found.pop("kernel.a"), CannotTell)
    assert found == {"net.ipv4.conf.eth0/1.x": "1 2", "kernel.b": "= c", "kernel.c": None}


def accounts(passwd: str, shadow: str) -> Mapping[str, AccountState] | CannotTell:
    """Return the accounts of a host that sent these two files."""
    return live.accounts(frame("state.accounts", passwd=passwd, shadow=shadow))


def test_accounts_are_joined_with_their_ages() -> None:
    found = accounts(
        "a:x:0:0:/:/bin/sh\nb:empty:1:1:/:/bin/sh\nc:x:2:2:/:/bin/sh\n+:x::::\n",
        "a:set:10:0:99999:7::\nb:set::::::\n",
    )
    assert not isinstance(found, CannotTell)
    assert {name: account.password for name, account in found.items()} == {
        "a": "set", "b": "empty", "c": "none",
    }
    first = found["a"]
    assert (first.last_change, first.max_days, first.inactive_days) == (10, 99999, None)


def test_an_age_that_is_no_number_makes_the_accounts_unknown() -> None:
    assert isinstance(accounts("a:x:0:0:/:/bin/sh\n", "a:set:x:::::\n"), CannotTell)
    assert isinstance(accounts("a:x:0:0:/:/bin/sh\n", "a:set:1:::::\n"), dict)


def test_without_systemd_a_scripts_own_status_tells() -> None:
    text = (f"{SECTION}runlevel\nN 3\n{SECTION}services\n"
            "ntpd 0:off 1:off 2:on 3:on 4:on 5:on 6:off\n"
            "cups 0:off 1:off 2:off 3:off 4:off 5:off 6:off\n")
    absent = Frame("services.systemd", 127, b"", b"no systemctl")
    host = Host("centos-6", {
        "services.systemd": absent, "services.sysv": Frame("services.sysv", 0, text.encode()),
        "services.offline": absent, "system.processes": Frame("system.processes", 0, b""),
        "state.units": Frame("state.units", 0, f"{SECTION}up\nntpd.service\n".encode()),
    })
    assert live.units(host, ("ntpd.service", "cups.service", "cups.socket")) == {
        "ntpd.service": UnitState("ntpd.service", present=True, enabled="enabled", active=True),
        "cups.service": UnitState("cups.service", present=True, enabled="disabled"),
        "cups.socket": UnitState("cups.socket", present=False),
    }
