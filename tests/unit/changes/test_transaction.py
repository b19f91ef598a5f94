"""Scripts of a transaction: what is refused before any is made, and how their text behaves."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsrunner.changes.items import item_line
from opsrunner.changes.operations import (
    Changes,
    Operation,
    SetAccount,
    SetAttributes,
    SetFile,
    SetSysctl,
    SetUnit,
    digest,
)
from opsrunner.changes.state import ABSENT, AccountState, FileState
from opsrunner.changes.transaction import (
    HOME,
    ROLE,
    begin_script,
    clean_script,
    names,
    status_script,
    undo_script,
)
from opsrunner.errors import InputError
from tests.unit.changes.shells import SHELLS, engine

OLD = FileState("/etc/x", "file", 0o644, 0, 0, b"old\n")
NEW = OLD.with_(content=b"new\n")
USER = AccountState("ops", 1001, 1001, "/home/ops", "/bin/bash", "set", 1, 0, 99999, 7)
UNIT: dict[str, Any] = {"enabled_before": "enabled", "active_before": True}


def file(path: str, content: bytes | None = b"x") -> SetFile:
    return SetFile(FileState(path, ABSENT), FileState(path, "file", 0o644, 0, 0, content))


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (SetFile(OLD, NEW), f"ops_item 3 file /etc/x 'file {digest(OLD.content)} 644 0 0' 'file "),
        (SetFile(OLD, FileState("/etc/x", ABSENT)), "'absent - - - -'"),
        (SetAttributes(OLD, OLD.with_(mode=0o4755)), "'file - 644 0 0' 'file - 4755 0 0'"),
        (SetSysctl("net.ipv4.ip_local_port_range", "1\t2", "3 4"), "'1 2' '3 4'"),
        (SetUnit("crond.service", **UNIT, enabled=None, active=False),
         "unit crond.service enabled yes - no"),
        (SetAccount(USER, USER), "account ops 1001:1001:/home/ops:/bin/bash:set:1:0:99999:7:: "),
    ],
)
def test_an_operation_becomes_one_line(item: Operation, line: str) -> None:
    assert line in f"{item_line(3, item)} "
    assert "\n" not in item_line(3, item)


WRONG: list[tuple[Operation, str]] = [
    (file("etc/x"), "absolute path"),
    (file("/etc/../x"), "absolute path"),
    (file("/etc/x\ny"), "unprintable"),
    (file("/etc/x", None), "content is not known"),
    (SetFile(OLD.with_(mode=None), NEW), "mode or owner is not known"),
    (SetFile(OLD.with_(kind="other"), NEW), "no regular file but other"),
    (SetFile(OLD, FileState("/etc/y", ABSENT)), "not the path of its after"),
    (SetAttributes(OLD, FileState("/etc/x", ABSENT, 0, 0, 0)), "attributes can only"),
    (SetSysctl("net.ipv4; reboot", "0", "1"), "no kernel parameter"),
    (SetUnit("--now", **UNIT, enabled="disabled", active=None), "no name of a unit"),
    (SetUnit("a.service", **UNIT, enabled="static", active=None), "cannot become static"),
    (SetAccount(USER, AccountState("ops", 0, 0, "/", "/bin/sh", "set")), "only shell, lock and"),
    (SetAccount(USER, AccountState("ops", 1001, 1001, "/home/ops", "/bin/bash", "empty")),
     "cannot go from set to empty"),
]


@pytest.mark.parametrize(("item", "said"), WRONG, ids=[said for _, said in WRONG])
def test_an_unsound_operation_is_refused(item: Operation, said: str) -> None:
    with pytest.raises(InputError, match=said):
        begin_script(Changes((item,)), "TX", undo_after=60)


def test_all_problems_are_told_at_once() -> None:
    changes = Changes((file("a"), file("/b"), file("/b")), ("nonsense",), ("reboot",))
    with pytest.raises(InputError) as told:
        begin_script(changes, "TX", undo_after=0)
    assert len(told.value.problems) == 5


@pytest.mark.parametrize("tx", ["", "../x", "a b", "-x", "x" * 65, "a\n"])
def test_a_transaction_has_a_plain_name(tx: str) -> None:
    for make in (clean_script, undo_script):
        with pytest.raises(InputError):
            make(tx)


def test_the_names_are_the_closed_lists() -> None:
    assert names("validate") >= {
        "sshd", "sudoers", "pam", "sysctl_file", "audit_rules", "rsyslog", "logrotate",
        "systemd_unit", "firewalld", "iptables", "crontab", "fstab", "shell",
    }
    assert names("activate") >= {
        "sshd", "systemd", "sysctl", "audit_rules", "auditd", "rsyslog", "journald", "firewalld",
        "iptables", "chrony", "ntp", "crond", "mounts", "authselect", "authconfig", "tmpfiles",
    }


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
@pytest.mark.parametrize("part", sorted((ROLE / "files").glob("*.sh")), ids=lambda path: path.stem)
def test_every_part_is_posix_shell(part: Path, shell: list[str]) -> None:
    done = subprocess.run([*shell, "-n", str(part)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_part_has_a_here_document_or_an_executed_file() -> None:
    for part in (ROLE / "files").glob("*.sh"):
        assert "<<" not in part.read_text(encoding="utf-8"), f"{part.name}: bash keeps it in a file"


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
def test_a_script_cut_on_its_way_does_nothing(shell: list[str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    script = begin_script(Changes((file(f"{tmp_path}/made"),)), "TX", undo_after=60)
    script = script.replace(f"OPS_HOME={HOME}", f"OPS_HOME={home}")
    end = script.rindex("ops_main")
    for at in (*range(0, end, max(1, end // 12)), *range(end - 40, end + 8, 5)):
        done = subprocess.run(
            [*shell, "-s"], input=script[:at], capture_output=True, text=True, timeout=20,
            check=False,
        )
        assert done.stdout == "", at
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
def test_a_whole_script_answers(shell: list[str], tmp_path: Path) -> None:
    """The control of the one before."""
    script = status_script().replace(f"OPS_HOME={HOME}", f"OPS_HOME={tmp_path}")
    done = subprocess.run(
        [*shell, "-s"], input=script, capture_output=True, text=True, timeout=20, check=False,
    )
    assert "BEGIN" in done.stdout
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25, deadline=None)
@example(bytes(range(256)) * 400)
@given(st.binary(max_size=200))
def test_content_arrives_as_it_is(content: bytes) -> None:
    script = begin_script(Changes((file("/etc/x", content),)), "TX", undo_after=60)
    body = script.replace("ops_main </dev/null\n", "ops_content 1\n")
    done = subprocess.run(["/bin/sh", "-s"], input=body.encode(), capture_output=True, check=True)
    assert done.stdout == content


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0\1\r", exclude_categories=["Cs"])),
                max_size=3))
def test_words_are_shown_as_a_shell_needs_them(
    tmp_path_factory: pytest.TempPathFactory, words: list[str],
) -> None:
    """Filled into a shell again, what is shown gives the same words."""
    tmp = tmp_path_factory.getbasetemp()
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
    done = engine(tmp, f'ops_words {quoted}\neval "set -- $ops_shown"\n'
                  'for word; do printf "%s\\001" "$word"; done')
    assert done.stdout.split("\x01")[:-1] == words
