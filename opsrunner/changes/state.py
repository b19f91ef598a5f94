"""The part of a host that a change may touch, as it was read: files, units, sysctls, accounts.

Reading is exact (bytes, mode, owner), for what is written back must be exact too. What could
not be read is ``CannotTell``, never an empty file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason

REGULAR, DIRECTORY, ABSENT, OTHER = "file", "directory", "absent", "other"


@dataclass(frozen=True, slots=True)
class FileState:
    """One path. ``content`` is None for what is no regular file, or was asked for by stat alone.

    ``path`` is the real path: a link was followed, so that what is written is what is read.
    """

    path: str
    kind: str
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    content: bytes | None = None

    @property
    def exists(self) -> bool:
        """Return whether anything is at the path."""
        return self.kind != ABSENT

    def with_(self, **fields: Any) -> FileState:  # noqa: ANN401 - the fields' own types
        """Return the same path with these fields changed."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True)
class UnitState:
    """One service or socket. ``enabled``: ``enabled``, ``disabled``, ``masked``, ``static``, ...

    ``present`` is False when the host certainly knows no unit of that name.
    """

    name: str
    present: bool
    enabled: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class AccountState:
    """One local account; ``password`` is ``set``, ``empty``, ``locked`` or ``none`` (``*``).

    Days are those of shadow(5), None where the field is empty. The hash itself is never read.
    """

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    password: str
    last_change: int | None = None
    min_days: int | None = None
    max_days: int | None = None
    warn_days: int | None = None
    inactive_days: int | None = None
    expire_day: int | None = None


@dataclass(frozen=True)
class HostState:
    """One host as it was read.

    What was asked for and could not be read holds the CannotTell that says why; what was not
    asked for is not there, and asking for it is a KeyError, a fault of ours.
    """

    subject: str
    platform: str
    families: tuple[str, ...]
    files: Mapping[str, FileState | CannotTell]
    units: Mapping[str, UnitState | CannotTell] = field(default_factory=dict)
    sysctls: Mapping[str, str | CannotTell | None] = field(default_factory=dict)
    accounts: Mapping[str, AccountState] | CannotTell = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # name -> value or CannotTell
    attributes: Mapping[str, Any] = field(default_factory=dict)  # the inventory's variables
    login: str = ""  # the account the controller logs in as
    root: bool = True  # whether it became root
    today: int = 0  # the host's day, counted like shadow(5)'s


def known(value: Any, name: str) -> Any:  # noqa: ANN401 - whatever was read
    """Given a value that was read, return it. Raise the CannotTell it is or, for None, one."""
    if isinstance(value, CannotTell):
        raise value
    if value is None:
        raise CannotTell(Reason.NOT_COLLECTED, name)
    return value
