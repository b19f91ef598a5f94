"""Hosts on paper for tests of remedies: literal files, and nothing that was not declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.changes.operations import (
    Changes,
    SetAccount,
    SetAttributes,
    SetFile,
    SetSysctl,
    SetUnit,
)
from opsrunner.changes.state import ABSENT, DIRECTORY, REGULAR, AccountState, FileState, HostState
from opsrunner.remedies.base import carry_out, reads_of

FAMILIES = {
    "centos-6": ("linux", "el", "el6"), "centos-7": ("linux", "el", "el7"),
    "rhel-8": ("linux", "el", "el8"), "rhel-9": ("linux", "el", "el9"),
    "kylin-v10": ("linux", "el", "kylin"), "debian-12": ("linux", "debian"),
}
Files = Mapping[str, str | bytes | FileState]


def host(
    wanted: Mapping[str, Any], platform: str = "centos-7", files: Files | None = None,
    **rest: Any,  # noqa: ANN401 - the fields' own types
) -> HostState:
    """Return a host as the wanted variables would have it read.

    ``files``: text, bytes or a whole state by path. What is declared and not given is absent,
    what is given and not declared is not read. ``rest``: the other fields of HostState.
    """
    reads = reads_of(wanted)
    given = {path: _state(path, content) for path, content in (files or {}).items()}
    read: dict[str, Any] = {}
    for asked in (*reads.stats, *reads.files):
        content = asked in reads.files
        if "*" not in asked:
            found = given.get(asked, FileState(asked, ABSENT))
            read[asked] = found if content else found.with_(content=None)
        read |= {path: one if content else one.with_(content=None)
                 for path, one in given.items() if _matches(path, asked)}
    fields = {"login": "opsadm", "today": 20000, **rest}
    for name in ("facts", "units", "sysctls"):
        fields.setdefault(name, {})
    return HostState("host", platform, FAMILIES[platform], read, **fields)


def carried(state: HostState, wanted: Mapping[str, Any]) -> Draft:
    """Given a host, return the draft with the wanted variables carried out on it."""
    draft = Draft(state)
    carry_out(draft, wanted)
    return draft


def after(draft: Draft, **facts: Any) -> HostState:  # noqa: ANN401 - facts are JSON-like
    """Return the host as it would be read after a draft's changes, with these facts changed."""
    state = draft.state
    files, units = dict(state.files), dict(state.units)
    sysctls, accounts = dict(state.sysctls), state.accounts
    for operation in draft.changes().operations:
        match operation:
            case SetFile() | SetAttributes():
                for path, known in state.files.items():
                    if isinstance(known, FileState) and known.path == operation.after.path:
                        files[path] = operation.after
            case SetUnit():
                units[operation.name] = draft.unit(operation.name)
            case SetSysctl():
                sysctls[operation.key] = operation.after
            case SetAccount():
                assert isinstance(accounts, Mapping)
                accounts = {**accounts, operation.after.name: operation.after}
    return replace(state, files=files, units=units, sysctls=sysctls, accounts=accounts,
                   facts={**state.facts, **facts})


def again(
    draft: Draft, wanted: Mapping[str, Any], **facts: Any,  # noqa: ANN401 - facts are JSON-like
) -> Changes:
    """Return what carrying out the same once more would change: nothing, if all is well."""
    return carried(after(draft, **facts), wanted).changes()


def account(
    name: str, uid: int = 1000, **fields: Any,  # noqa: ANN401 - the fields' own types
) -> AccountState:
    """Return an account with a password and a shell, changed by ``fields``."""
    base = AccountState(name, uid, uid, f"/home/{name}", "/bin/bash", "set", 19990, 0, 99999, 7)
    return replace(base, **fields)


def folder(path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> FileState:
    """Return a folder's state."""
    return FileState(path, DIRECTORY, mode, uid, gid)


def file(path: str, content: str = "", mode: int = 0o644, uid: int = 0, gid: int = 0) -> FileState:
    """Return a regular file's state."""
    return FileState(path, REGULAR, mode, uid, gid, content.encode("utf-8", "surrogateescape"))


def _state(path: str, content: str | bytes | FileState) -> FileState:
    if isinstance(content, FileState):
        return content
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    return FileState(path, REGULAR, 0o644, 0, 0, data)


def _matches(path: str, pattern: str) -> bool:
    """Return whether a shell glob matches: a star neither crosses "/" nor takes a leading dot."""
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in pattern.split("/")]
    parts = [rf"(?!\.){part}" if part.startswith("[^/]") else part for part in parts]
    return "*" in pattern and bool(re.fullmatch("/".join(parts), path))
