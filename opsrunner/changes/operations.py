"""The closed vocabulary of what may be done to a host, each with the state it starts from.

An operation is exact: the state it expects (a digest, a mode, a value) and the state it leaves.
The host refuses one whose start is not what it finds, and undo goes back to that start only
from the state the operation left.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from opsrunner.changes.state import AccountState, FileState


def digest(content: bytes | None) -> str:
    """Given the bytes of a file, return their SHA-256; ``absent`` when there is no file."""
    return "absent" if content is None else hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class _OnPath:
    """What is done to one path."""

    before: FileState
    after: FileState

    @property
    def target(self) -> str:
        """Return the path."""
        return self.before.path


@dataclass(frozen=True, slots=True)
class SetFile(_OnPath):
    """Write, create or remove one regular file; ``after.kind`` is ``absent`` to remove it."""


@dataclass(frozen=True, slots=True)
class SetAttributes(_OnPath):
    """Change mode or owner of a path and leave its content alone (directories too)."""


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """Change one live kernel parameter (its file is a SetFile of its own)."""

    key: str
    before: str
    after: str

    @property
    def target(self) -> str:
        """Return the parameter's name."""
        return self.key


@dataclass(frozen=True, slots=True)
class SetUnit:
    """Enable, disable or mask, start or stop one unit; None leaves that side alone."""

    name: str
    enabled_before: str
    active_before: bool
    enabled: str | None  # "enabled", "disabled", "masked"
    active: bool | None

    @property
    def target(self) -> str:
        """Return the unit's name."""
        return self.name


@dataclass(frozen=True, slots=True)
class SetAccount:
    """Change ageing, lock or shell of one account; the files behind it are snapshot on the host."""

    before: AccountState
    after: AccountState

    @property
    def target(self) -> str:
        """Return the account's name."""
        return self.before.name


Operation = SetFile | SetAttributes | SetSysctl | SetUnit | SetAccount


@dataclass(frozen=True, slots=True)
class Changes:
    """What one host's plan comes to: operations in order, then what makes them effective.

    ``validate``: names of checks (roles/change_linux) run on the staged files before anything is
    replaced. ``activate``: names of reloads run afterwards, in this order. Both are names out of
    closed lists, never commands. ``reboot``: what only a reboot makes effective, in words.
    """

    operations: tuple[Operation, ...] = ()
    validate: tuple[str, ...] = ()
    activate: tuple[str, ...] = ()
    reboot: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is to be done."""
        return bool(self.operations)
