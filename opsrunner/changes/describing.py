"""A host's changes as a plan shows them: before and after in words, files as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff

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
from opsrunner.changes.showing import show
from opsrunner.changes.state import FileState
from opsrunner.plan.models import Change

_CONTEXT = 2


def between(earlier: Changes, later: Changes) -> Iterator[Operation]:
    """Given a host's changes before and after one more remedy, yield what that remedy added.

    An operation on something that an earlier remedy had changed starts from what that one left,
    so each step of a plan shows its own part.
    """
    known = {(type(op), op.target): op for op in earlier.operations}
    files = {op.target: op.after for op in earlier.operations
             if isinstance(op, SetFile | SetAttributes)}
    for operation in later.operations:
        first = known.get((type(operation), operation.target))
        if operation == first:
            continue
        if isinstance(operation, SetFile | SetAttributes):
            yield replace(operation, before=files.get(operation.target, operation.before))
        elif isinstance(operation, SetSysctl) and isinstance(first, SetSysctl):
            yield replace(operation, before=first.after)
        elif isinstance(first, SetAccount) and isinstance(operation, SetAccount):
            yield SetAccount(first.after, operation.after)
        else:
            yield operation


def describe(operation: Operation) -> Change:
    """Given an operation, return it as people read it, without secrets."""
    shown = show(operation)
    if not isinstance(operation, SetFile):
        return Change(
            kind=shown.kind, target=shown.target,
            before=_one_line(shown.before), after=_one_line(shown.after),
        )
    before, after = operation.before, operation.after
    return Change(
        kind="file",
        target=shown.target,
        before=_summary(before),
        after=_summary(after),
        diff=_diff(shown.before, shown.after, shown.target),
        before_sha256=digest(before.content) if before.exists else "absent",
        after_sha256=digest(after.content) if after.exists else "absent",
    )


def restarts(changes: Changes) -> tuple[str, ...]:
    """Given changes, return what is reloaded or restarted: activations, and units by name."""
    units = tuple(
        f"{op.name}: {'start' if op.active else 'stop'}"
        for op in changes.operations
        if isinstance(op, SetUnit) and op.active is not None
    )
    return (*changes.activate, *units)


def _summary(state: FileState) -> str:
    if not state.exists:
        return "absent"
    return f"{len(state.content or b'')} bytes, mode {state.mode or 0:04o}, {state.uid}:{state.gid}"


def _one_line(text: str) -> str:
    return "; ".join(text.split("\n")).strip("; ")


def _diff(before: str, after: str, path: str) -> str:
    lines = unified_diff(
        before.splitlines(), after.splitlines(), path, path, n=_CONTEXT, lineterm="",
    )
    return "\n".join(lines)
