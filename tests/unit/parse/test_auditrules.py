"""Audit rules are read, loaded and merged as auditctl and augenrules do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.auditcover import Doubt, Event, Recorder, Situation
from opsrunner.parse.auditfile import load, merged, natural
from opsrunner.parse.auditrules import listed

HOST = Situation("b64", 1000, {"/bin": "/usr/bin", "/var/run": "/run"})
WATCH = "-w /etc/shadow -p wa -k id"


def _records(text: str, event: Event) -> bool:
    return Recorder(listed(text), HOST).records(event)


def _shadow(perm: str = "w") -> Event:
    return Event("b64", path="/etc/shadow", perm=perm)


def test_the_file_and_the_listing_of_a_rule_are_the_same_rule() -> None:
    written = "-a exit,always -F arch=b64 -S chmod -S chown -F auid>=1000 -k perm"
    shown = "-a always,exit -F arch=b64 -S chown,chmod -F auid>=1000 -F key=perm"
    assert load(written).rules == listed(shown)
    assert load(written).rules != listed(shown.replace("b64", "b32"))


@pytest.mark.parametrize(
    "line",
    [
        "-w\t/etc/shadow -p wa", "-w etc/shadow -p wa", f"{WATCH} # why", "-w /etc/shadow -p wz",
        "-S chmod -a always,exit", "-a always,exit -S chmod -F arch=b64", "-a always,nowhere",
        "-a always,exit -F auid", "--bogus", "-Z", "-a always,exit -w /x", "-a always,task -S open",
    ],
)
def test_a_line_auditctl_refuses_ends_the_loading(line: str) -> None:
    assert load(f"{line}\n{WATCH}\n").rules == []
    assert load(f"-c\n{line}\n{WATCH}\n").rules == listed(WATCH)
    assert load(f"# {line}\n{WATCH}\n").rules == listed(WATCH)


def test_a_deletion_and_a_lock_hold_for_what_follows() -> None:
    assert load(f"{WATCH}\n-D\n").rules == []
    assert load(f"-D\n{WATCH}\n").rules == listed(WATCH)
    assert load(f"{WATCH}\n-W /etc/shadow -p wa -k id\n").rules == []
    locked = load(f"-e 2\n{WATCH}\n")
    assert (locked.rules, locked.enabled, locked.refused) == ([], 2, WATCH)
    assert load(f"{WATCH}\n-e 2\n").rules == listed(WATCH)


def test_augenrules_puts_control_lines_where_it_does() -> None:
    text = merged(["-e 2\n-w /a -p w\n-b 100\n", "# x\n\n-D\n-b 200\n-w /b -p w\n"])
    assert text.split("\n") == ["-D", "-b 200", "-w /a -p w", "-w /b -p w", "-e 2"]
    assert merged(["-w /a -p w", "-w /b -p w\n"]).startswith("-w /a -p w-w /b")


def test_files_come_in_the_order_of_ls_v() -> None:
    names = ["audit.rules", "100-z.rules", "99-z.rules", "9-a.rules"]
    assert sorted(names, key=natural) == ["9-a.rules", "99-z.rules", "100-z.rules", "audit.rules"]


def test_the_first_rule_that_matches_decides() -> None:
    never = "-a never,exit -S all -F dir=/etc"
    assert _records(WATCH, _shadow())
    assert not _records(f"{never}\n{WATCH}", _shadow())
    assert _records(f"{WATCH}\n{never}", _shadow())
    assert _records(f"-a never,exit -S all -F auid=-1\n{WATCH}", _shadow())
    with pytest.raises(Doubt):
        _records(f"-a never,exit -S all -F exe=/opt/x\n{WATCH}", _shadow())


def test_a_watch_covers_its_permissions_and_what_is_below() -> None:
    assert not _records("-w /etc/shadow -p w", _shadow("a"))
    assert _records("-w /etc/shadow", _shadow("a"))
    assert _records("-w /etc -p wa", _shadow())
    assert not _records("-a always,exit -S all -F path=/etc -F perm=wa", _shadow())
    assert not _records("-w /etc/shadow- -p wa", _shadow())
    assert _records("-w /run/utmp -p wa", Event("b64", path="/var/run/utmp", perm="w"))


def test_a_syscall_rule_is_of_its_architecture() -> None:
    chmod = {arch: Event(arch, syscall="chmod") for arch in ("b64", "b32")}
    assert _records("-a always,exit -F arch=b64 -S chmod", chmod["b64"])
    assert not _records("-a always,exit -F arch=b32 -S chmod", chmod["b64"])
    assert not _records("-a always,exit -S chmod", chmod["b32"])
    assert _records("-a always,exit -S all", chmod["b32"])
    assert not _records("-a always,exit -F arch=b64 -S chmod -F uid=1005", chmod["b64"])
    assert not _records("-a always,exit -F arch=b64 -S chmod -F auid>=2000", chmod["b64"])


WORDS = st.sampled_from([
    "-a", "always,exit", "never,task", "-w", "/etc", "-p", "wa", "-F", "auid>=1000", "arch=b64",
    "-S", "open,chmod", "-k", "x", "-e", "2", "-D", "-C", "uid!=euid", "dir=/", "#", "", "\t",
])


@settings(max_examples=100)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=6).map("\n".join) | st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    load(text)
    load(merged([text]))
    try:
        rules = listed(text)
    except ValueError:
        return
    for event in (_shadow(), Event("b32", syscall="open"), Event("b64", path="/", perm="x")):
        try:
            Recorder(rules, HOST).records(event)
        except Doubt:
            continue
