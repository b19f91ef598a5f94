"""What sudo's policy grants once the last match has won."""

from __future__ import annotations

import pytest

from opsrunner.facts.base import Host
from opsrunner.models import Frame

SEP = "\x1e"


def sudo(text: str, program: str = "Sudo version 1.8.23") -> Host:
    out = f"{SEP}program\n{program}\n{SEP}host\ndb1\n{SEP}sources\n{SEP}file /etc/sudoers\n{text}\n"
    return Host("rhel-8", {"sudo.sources": Frame("sudo.sources", 0, out.encode())})


@pytest.mark.parametrize(
    ("text", "holders"),
    [
        ("", ["root"]),
        ("ops ALL=ALL", ["ops", "root"]),
        ("#0 ALL=ALL", ["root"]),
        ("ops ALL=(ALL) ALL, !ALL", ["root"]),
        ("ops ALL=(ALL) ALL\nops ALL=(ALL) !ALL", ["root"]),
        ("ops ALL=(ALL) ALL\nops db2=(ALL) !ALL", ["ops", "root"]),
        ("ops ALL=(oracle) ALL", ["root"]),
        ("ops ALL=(oracle, #0) ALL", ["ops", "root"]),
        ("ops ALL=/bin/su", ["ops", "root"]),
        ("ops ALL=/bin/su -", ["ops", "root"]),
        ("ops ALL=/bin/su - oracle", ["root"]),
        ("ops ALL=/bin/*sh", ["ops", "root"]),
        ("ops ALL=/bin/bash /opt/job.sh", ["root"]),
        ("ops ALL=/sbin/", ["root"]),
        ("ops ALL=^.*$", ["ops", "root"]),
    ],
)
def test_who_may_do_anything_as_root(text: str, holders: list[str]) -> None:
    assert sudo(text).get("sudo.blanket_holders") == holders


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("ops ALL=NOPASSWD: /bin/id", ["ops"]),
        ("ops ALL=NOPASSWD: /bin/id\nops ALL=/bin/id", []),
        ("ops ALL=NOPASSWD: /bin/id\nops ALL=/bin/who", ["ops"]),
        ("ops ALL=NOPASSWD: /bin/id\nops ALL=(ALL) ALL", []),
        ("ops ALL=(ALL) ALL\nops ALL=NOPASSWD: /bin/id", ["ops"]),
        ("root ALL=NOPASSWD: ALL", []),
        ("Defaults:root !authenticate", []),
        ("Defaults:ops !authenticate\nDefaults authenticate", []),
        ("Defaults>oracle !authenticate\nDefaults authenticate", ["oracle"]),
        ("Defaults !authenticate", ["ALL"]),
        ("Defaults exempt_group = wheel", ["%wheel"]),
    ],
)
def test_who_gives_no_password(text: str, who: list[str]) -> None:
    assert [row["who"] for row in sudo(text).get("sudo.passwordless")] == who


@pytest.mark.parametrize(
    ("version", "on"), [("1.9.13p3", False), ("1.9.14", True), ("1.10.0", True)],
)
def test_a_pty_is_the_default_since_1_9_14(version: str, on: bool) -> None:  # noqa: FBT001 - a table
    assert sudo("", f"Sudo version {version}").get("sudo.record")["use_pty"] is on


def test_many_grants_are_taken_to_stand_and_are_quick() -> None:
    text = "ops ALL=(ALL) NOPASSWD: " + ", ".join(f"/bin/c{n}" for n in range(5000))
    assert len(sudo(text).get("sudo.passwordless")) == 5000
