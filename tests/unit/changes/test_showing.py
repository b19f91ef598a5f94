"""What people see of an operation: both states, and no secret of the file around it."""

from __future__ import annotations

import pytest

from opsrunner.changes.operations import SetAccount, SetAttributes, SetFile, SetSysctl, SetUnit
from opsrunner.changes.showing import Shown, mask, show
from opsrunner.changes.state import ABSENT, AccountState, FileState

FILE = FileState("/etc/a", "file", 0o644, 0, 0, b"password = Zx9canaryQ7\nx\n")
ACCOUNT = AccountState("a", 1, 1, "/", "/bin/sh", "set", max_days=99999)


def test_every_operation_is_shown_with_both_states() -> None:
    assert show(SetFile(FILE, FILE.with_(content=b"y\n"))) == Shown(
        "file", "/etc/a", "password = <masked>\nx\n", "y\n",
    )
    assert show(SetFile(FileState("/etc/b", ABSENT), FILE)).before == ""
    assert show(SetAttributes(FILE, FILE.with_(mode=0o4600))) == Shown(
        "attributes", "/etc/a", "mode: 0644\nowner: 0:0\n", "mode: 4600\nowner: 0:0\n",
    )
    assert show(SetSysctl("a.b", "0", "1")) == Shown("sysctl", "a.b", "a.b = 0\n", "a.b = 1\n")
    unit = SetUnit("a.service", "enabled", active_before=True, enabled=None, active=False)
    assert show(unit) == Shown(
        "unit", "a.service", "at boot: enabled\nnow: active\n", "at boot: enabled\nnow: inactive\n",
    )
    account = show(SetAccount(ACCOUNT, ACCOUNT))
    assert "max_days: 99999\n" in account.before


def test_bytes_that_are_no_text_are_counted() -> None:
    assert show(SetFile(FILE.with_(content=b"\0\1"), FILE)).before == "2 bytes that are no text\n"


@pytest.mark.parametrize("text", [
    "root:$6$saltsalt$Zx9canaryQ7abcdefghi:1:\n",
    "password_pbkdf2 root grub.pbkdf2.sha512.10000.Zx9canaryQ7\n",
    "baseurl=http://me:Zx9canaryQ7@mirror/\n",
    "DB_PASSWORD=Zx9canaryQ7\n",
    'action(type="ommysql" pwd="Zx9canaryQ7")\n',
    "-----BEGIN RSA PRIVATE KEY-----\nZx9canaryQ7\nMore\n-----END RSA PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nZx9canaryQ7\n",
])
def test_a_secret_is_masked(text: str) -> None:
    assert "Zx9canaryQ7" not in mask(f"a\n{text}z\n")
    assert mask(f"a\n{text}z\n").startswith("a\n")


@pytest.mark.parametrize("text", [
    "password    requisite     pam_pwquality.so retry=3\n", "passwd: files sss\n",
    "PasswordAuthentication yes\n", "%wheel ALL=(ALL) NOPASSWD: ALL\n", "PASS_MAX_DAYS 90\n",
])
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text
