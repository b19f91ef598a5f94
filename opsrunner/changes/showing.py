"""Operations in words: what a person and ``--diff`` see before and after. Secrets are masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from opsrunner.changes.operations import (
    Operation,
    SetAccount,
    SetAttributes,
    SetFile,
    SetSysctl,
    SetUnit,
)
from opsrunner.changes.state import AccountState, FileState

MASK = "<masked>"
# As the probe's runner masks on the host (roles/observe_linux/files/runner.sh), here for files
# that had to be read exactly.
_SECRETS = (
    (re.compile(r"\$[0-9a-z][0-9a-z-]*\$[./A-Za-z0-9$=,+-]{8,}"), MASK),
    (re.compile(r"grub\.pbkdf2\.[A-Za-z0-9.]*"), f"grub.pbkdf2.{MASK}"),
    (re.compile(r"(://[^/:@\s]*:)[^@/\s]*@"), rf"\g<1>{MASK}@"),
    (re.compile(r"(?i)((?:pass(?:word|wd|phrase)|pwd|secret|token)\s*=\s*)\S+"), rf"\g<1>{MASK}"),
    (re.compile(r"(?ms)^(-----BEGIN [A-Z ]*PRIVATE KEY-----\n).*?(?=^-----END|\Z)"),
     rf"\g<1>{MASK}\n"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation as it is shown: its kind, what it touches, and both states as text."""

    kind: Literal["file", "attributes", "sysctl", "unit", "account"]
    target: str
    before: str
    after: str


def show(operation: Operation) -> Shown:
    """Given an operation, return it in words, without secrets."""
    match operation:
        case SetFile(before, after):
            return Shown("file", operation.target, _file(before), _file(after))
        case SetAttributes(before, after):
            return Shown("attributes", operation.target, _attributes(before), _attributes(after))
        case SetSysctl(key, old, new):
            return Shown("sysctl", key, f"{key} = {old}\n", f"{key} = {new}\n")
        case SetUnit():
            return Shown("unit", operation.name, *_unit(operation))
        case SetAccount(before, after):
            return Shown("account", operation.target, _account(before), _account(after))


def mask(text: str) -> str:
    """Given text of a configuration, return it without passwords, hashes and private keys."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _file(state: FileState) -> str:
    if not state.exists:
        return ""
    content = state.content or b""
    if b"\0" in content:
        return f"{len(content)} bytes that are no text\n"
    return mask(content.decode("utf-8", "backslashreplace"))


def _attributes(state: FileState) -> str:
    mode = "" if state.mode is None else f"{state.mode:04o}"
    return f"mode: {mode}\nowner: {state.uid}:{state.gid}\n"


def _unit(operation: SetUnit) -> tuple[str, str]:
    before = (operation.enabled_before, operation.active_before)
    after = (
        operation.enabled or operation.enabled_before,
        operation.active_before if operation.active is None else operation.active,
    )
    first, second = (
        f"at boot: {enabled}\nnow: {'active' if active else 'inactive'}\n"
        for enabled, active in (before, after)
    )
    return first, second


def _account(state: AccountState) -> str:
    fields = ("password", "shell", "min_days", "max_days", "warn_days", "inactive_days",
              "expire_day", "last_change")
    values = ((name, getattr(state, name)) for name in fields)
    return "".join(f"{name}: {'' if value is None else value}\n" for name, value in values)
