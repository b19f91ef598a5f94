"""One digest over everything a host's changes consist of; what an approval holds on to."""

from __future__ import annotations

import hashlib
import json
from typing import Any

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
from opsrunner.changes.state import AccountState, FileState

_FIELDS = (
    "password", "shell", "min_days", "max_days", "warn_days", "inactive_days", "expire_day",
    "last_change",
)


def operations_sha256(changes: Changes) -> str:
    """Given a host's changes, return the SHA-256 of all of them in order; empty for none.

    It binds the state each operation starts from and the one it leaves, contents by their
    digests, the validators and the activations: another byte on the host or in the plan is
    another digest.
    """
    if not changes:
        return ""
    body = [
        [_operation(operation) for operation in changes.operations],
        changes.validate,
        changes.activate,
        changes.reboot,
    ]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _operation(operation: Operation) -> list[Any]:
    match operation:
        case SetFile(before, after):
            return ["file", before.path, _file(before), _file(after)]
        case SetAttributes(before, after):
            return ["attributes", before.path, _attributes(before), _attributes(after)]
        case SetSysctl(key, before, after):
            return ["sysctl", key, before, after]
        case SetUnit(name, enabled_before, active_before, enabled, active):
            return ["unit", name, [enabled_before, active_before], [enabled, active]]
        case SetAccount(before, after):
            return ["account", before.name, _account(before), _account(after)]


def _file(state: FileState) -> list[Any]:
    content = digest(state.content) if state.exists else "absent"
    return [content, *_attributes(state)]


def _attributes(state: FileState) -> list[Any]:
    return [state.kind, state.mode, state.uid, state.gid]


def _account(state: AccountState) -> list[Any]:
    return [getattr(state, name) for name in _FIELDS]
