"""A host being changed on paper: remedies read and write it, ``changes`` says what that comes to.

A remedy sees what earlier remedies of the same plan wrote, so that several of them can share one
file and it is still written once. Nothing here touches a host.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opsrunner.changes.operations import (
    Changes,
    Operation,
    SetAccount,
    SetAttributes,
    SetFile,
    SetSysctl,
    SetUnit,
)
from opsrunner.changes.state import (
    ABSENT,
    REGULAR,
    AccountState,
    FileState,
    HostState,
    UnitState,
    known,
)

_ROOT = 0


class ByHand(Exception):  # noqa: N818 - not an error: an answer ("a person must do this, because")
    """A remedy cannot be carried out by a machine on this host; says why, zh and en."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Refused(ByHand):
    """A precondition is not met: carrying the remedy out would harm this host; says why."""


class Draft:
    """One host's state with the wanted changes laid over it. Reading raises CannotTell."""

    def __init__(self, state: HostState) -> None:
        """Given the host as it was read, begin with no change."""
        self.state = state
        self._files: dict[str, FileState] = {}
        self._units: dict[str, UnitState] = {}
        self._sysctls: dict[str, str] = {}
        self._accounts: dict[str, AccountState] = {}
        self._validate: dict[str, None] = {}
        self._activate: dict[str, None] = {}
        self._reboot: dict[str, None] = {}

    # -- reading ---------------------------------------------------------------------------

    def is_(self, family: str) -> bool:
        """Return whether the host is of a family: ``el``, ``el7``, ``kylin``, ``debian``, ..."""
        return family in self.state.families

    def fact(self, name: str) -> Any:  # noqa: ANN401 - a fact is any JSON-like value
        """Return a fact the remedy declared. Raise CannotTell when nobody can know it."""
        return known(self.state.facts[name], name)

    def file(self, path: str) -> FileState:
        """Return a path as it is on paper now. A path the remedy did not declare is a KeyError."""
        if path in self._files:
            return self._files[path]
        state: FileState = known(self.state.files[path], path)
        return self._files.get(state.path, state)

    def paths(self, prefix: str) -> list[str]:
        """Return the existing paths read or written that begin with ``prefix``, sorted."""
        every = {*self.state.files, *self._files}
        return sorted(p for p in every if p.startswith(prefix) and self.file(p).exists)

    def exists(self, path: str) -> bool:
        """Return whether the path exists on paper."""
        return self.file(path).exists

    def text(self, path: str) -> str:
        """Return a file's text, empty when it does not exist; odd bytes survive a round trip."""
        return (self.file(path).content or b"").decode("utf-8", "surrogateescape")

    def unit(self, name: str) -> UnitState:
        """Return a unit as it is on paper now."""
        unit: UnitState = self._units.get(name) or known(self.state.units[name], name)
        return unit

    def sysctl(self, key: str) -> str | None:
        """Return a live kernel parameter on paper; None when the kernel has none of that name."""
        if key in self._sysctls:
            return self._sysctls[key]
        value = self.state.sysctls[key]
        return None if value is None else str(known(value, key))

    def accounts(self) -> dict[str, AccountState]:
        """Return the local accounts on paper by name."""
        every: dict[str, AccountState] = known(self.state.accounts, "accounts")
        return {**every, **self._accounts}

    # -- writing ---------------------------------------------------------------------------

    def write(self, path: str, text: str, *, mode: int = 0o644) -> None:
        """Write a file. An existing one keeps its mode and owner, a new one is root's, ``mode``."""
        now = self.file(path)
        content = text.encode("utf-8", "surrogateescape")
        if now.exists:
            after = now.with_(content=content)
        else:
            after = FileState(now.path, REGULAR, mode, _ROOT, _ROOT, content)
        self._files[now.path] = after

    def remove(self, path: str) -> None:
        """Remove a file."""
        now = self.file(path)
        self._files[now.path] = FileState(now.path, ABSENT)

    def set_mode(
        self, path: str, mode: int, *, uid: int | None = None, gid: int | None = None,
    ) -> None:
        """Change the mode, and perhaps owner and group, of an existing path."""
        now = self.file(path)
        self._files[now.path] = now.with_(
            mode=mode, uid=now.uid if uid is None else uid, gid=now.gid if gid is None else gid,
        )

    def set_unit(
        self, name: str, *, enabled: str | None = None, active: bool | None = None,
    ) -> None:
        """Enable (``enabled``, ``disabled``, ``masked``) or start and stop (``active``) a unit."""
        now = self.unit(name)
        self._units[name] = replace(
            now, enabled=enabled or now.enabled, active=now.active if active is None else active,
        )

    def set_sysctl(self, key: str, value: str) -> None:
        """Change a live kernel parameter; its file is the remedy's own write."""
        self._sysctls[key] = value

    def set_account(self, name: str, **fields: Any) -> None:  # noqa: ANN401 - AccountState's types
        """Change fields of an account: ``max_days=90``, ``password="locked"``, ``shell=...``."""
        self._accounts[name] = replace(self.accounts()[name], **fields)

    def validate(self, name: str) -> None:
        """Have the staged files checked by this validator before they are put in place."""
        self._validate[name] = None

    def activate(self, name: str) -> None:
        """Have this reload run once everything is in place."""
        self._activate[name] = None

    def reboot(self, why: str) -> None:
        """Say what only a reboot makes effective (English; shown apart in the plan)."""
        self._reboot[why] = None

    # -- the outcome -----------------------------------------------------------------------

    def changes(self) -> Changes:
        """Return what differs from the host as it was read; empty when nothing does."""
        operations = tuple(self._operations())
        if not operations:
            return Changes()
        return Changes(
            operations, tuple(self._validate), tuple(self._activate), tuple(self._reboot),
        )

    def _operations(self) -> list[Operation]:
        found: list[Operation] = []
        before = {
            s.path: s for s in self.state.files.values() if isinstance(s, FileState)
        }
        for path, after in sorted(self._files.items()):
            start = before[path]
            if after.content != start.content or after.exists != start.exists:
                found.append(SetFile(start, after))
            elif after != start:
                found.append(SetAttributes(start, after))
        for key, value in sorted(self._sysctls.items()):
            now = self.state.sysctls[key]
            if isinstance(now, str) and now != value:
                found.append(SetSysctl(key, now, value))
        found += [SetAccount(known(self.state.accounts, "accounts")[name], account)
                  for name, account in sorted(self._accounts.items())
                  if account != known(self.state.accounts, "accounts")[name]]
        for name, unit in sorted(self._units.items()):
            start_unit: UnitState = known(self.state.units[name], name)
            enabled = unit.enabled if unit.enabled != start_unit.enabled else None
            active = unit.active if unit.active != start_unit.active else None
            if enabled is not None or active is not None:
                found.append(
                    SetUnit(name, start_unit.enabled, start_unit.active, enabled, active),
                )
        return found
