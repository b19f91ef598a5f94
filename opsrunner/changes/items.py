"""One operation -> the line the engine walks over, and what would make it no sound operation.

The shapes of the states are those that ``roles/change_linux/files/items.sh`` finds on the host.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

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
from opsrunner.changes.state import ABSENT, REGULAR, AccountState, FileState
from opsrunner.errors import Problem

_NOTHING = "absent - - - -"
_KEY = re.compile(r"\w[\w./@:-]*")
_UNIT = re.compile(r"[\w:.\\@-]+", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?")
_SETTABLE = frozenset(("enabled", "disabled", "masked", None))
_PASSWORDS = frozenset((
    ("set", "locked"), ("empty", "locked"), ("none", "locked"), ("locked", "set"),
))


def item_line(number: int, item: Operation) -> str:
    """Given an operation and its number, return its ``ops_item`` call."""
    return shlex.join(["ops_item", str(number), *_words(item)])


def _words(item: Operation) -> tuple[str, ...]:
    if isinstance(item, SetFile):
        return "file", item.target, _file(item.before), _file(item.after)
    if isinstance(item, SetAttributes):
        return "attributes", item.target, _attributes(item.before), _attributes(item.after)
    if isinstance(item, SetSysctl):
        return "sysctl", item.key, _blanks(item.before), _blanks(item.after)
    if isinstance(item, SetUnit):
        active = "-" if item.active is None else _yes(yes=item.active)
        before = _yes(yes=item.active_before)
        enabled = item.enabled or "-"
        return "unit", item.name, item.enabled_before or "disabled", before, enabled, active
    return "account", item.target, _account(item.before), _account(item.after)


def _file(state: FileState) -> str:
    if state.kind == ABSENT:
        return _NOTHING
    return f"{state.kind} {digest(state.content)} {_owned(state)}"


def _attributes(state: FileState) -> str:
    return f"{state.kind} - {_owned(state)}"


def _owned(state: FileState) -> str:
    return f"{state.mode or 0:o} {state.uid} {state.gid}"


def _account(state: AccountState) -> str:
    days = (state.last_change, state.min_days, state.max_days, state.warn_days,
            state.inactive_days, state.expire_day)
    fields = (state.uid, state.gid, state.home, state.shell, state.password, *days)
    return ":".join("" if field is None else str(field) for field in fields)


def _blanks(value: str) -> str:
    return " ".join(value.split())


def _yes(*, yes: bool) -> str:
    return "yes" if yes else "no"


def problems_of(changes: Changes) -> Iterator[Problem]:
    """Given changes, yield what the engine could not carry out, each with its target."""
    seen: set[tuple[str, str]] = set()
    for item in changes.operations:
        kind = "path" if isinstance(item, SetFile | SetAttributes) else type(item).__name__
        if (kind, item.target) in seen:
            yield Problem("change_linux", item.target, "is changed twice")
        seen.add((kind, item.target))
        for said in _wrong(item):
            yield Problem("change_linux", item.target, said)


def _wrong(item: Operation) -> Iterator[str]:
    if isinstance(item, SetFile | SetAttributes):
        yield from _wrong_path(item)
    elif isinstance(item, SetSysctl):
        if not _KEY.fullmatch(item.key) or ".." in item.key:
            yield "is no kernel parameter"
        if not item.after.isprintable() and "\t" not in item.after:
            yield "its value is unprintable"
    elif isinstance(item, SetUnit):
        if not _UNIT.fullmatch(item.name) or item.name.startswith("-"):
            yield "is no name of a unit"
        if item.enabled not in _SETTABLE:
            yield f"cannot become {item.enabled}"
    else:
        yield from _wrong_account(item)


def _wrong_path(item: SetFile | SetAttributes) -> Iterator[str]:
    path = item.target
    parts = path.split("/")[1:]
    if not path.startswith("/") or not all(parts) or not {".", ".."}.isdisjoint(parts):
        yield "must be an absolute path without '.', '..', doubled or final slashes"
    if not path.isprintable():
        yield "holds unprintable characters"
    if item.before.path != item.after.path:
        yield f"is not the path of its after, {item.after.path}"
    states = (item.before, item.after)
    for state in states:
        if state.kind != ABSENT and None in (state.mode, state.uid, state.gid):
            yield "its mode or owner is not known"
    if isinstance(item, SetFile):
        yield from (said for state in states for said in _wrong_file(state))
    elif ABSENT in (item.before.kind, item.after.kind) or item.before.kind != item.after.kind:
        yield "attributes can only be set on what is there and stays what it is"


def _wrong_file(state: FileState) -> Iterator[str]:
    if state.kind not in (REGULAR, ABSENT):
        yield f"is no regular file but {state.kind}"
    if state.kind == REGULAR and state.content is None:
        yield "its content is not known"


def _wrong_account(item: SetAccount) -> Iterator[str]:
    before, after = item.before, item.after
    if not _ACCOUNT.fullmatch(before.name):
        yield "is no name of an account"
    if any(":" in text or not text.isprintable() for text in (after.shell, before.home)):
        yield "shell or home holds a colon or unprintable characters"
    if replace(after, password=before.password, shell=before.shell, last_change=None,
               min_days=None, max_days=None, warn_days=None, inactive_days=None,
               expire_day=None) != replace(before, last_change=None, min_days=None, max_days=None,
                                           warn_days=None, inactive_days=None, expire_day=None):
        yield "only shell, lock and days of an account can be changed"
    if before.password != after.password and (before.password, after.password) not in _PASSWORDS:
        yield f"a password cannot go from {before.password} to {after.password}"
