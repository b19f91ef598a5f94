"""The lines of a journal: JSON, chained by hash, and what they come to; pure.

    hash = SHA-256( prev + content )

as in the evidence store: ``content`` is the canonical JSON of the line's other members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import GENESIS, canonical, line_hash
from opsrunner.plan.states import State, may_follow

OPENED, STATE = "opened", "state"
_MEMBERS = {"n", "at", "kind", "subject", "state", "reason", "data", "prev", "hash"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``opened``: a process took up the work (the first names plan and subjects)."""

    n: int
    at: str
    kind: str
    subject: str = ""
    state: State | None = None
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    prev: str = GENESIS
    hash: str = ""

    def following(self, before: Entry | None) -> Entry:
        """Given the entry before, return this one with its number, link and hash."""
        number, prev = (before.n + 1, before.hash) if before else (0, GENESIS)
        linked = replace(self, n=number, prev=prev)
        return replace(linked, hash=line_hash(linked._content()))  # noqa: SLF001 - its own class

    def line(self) -> bytes:
        """Return the line, its line feed included."""
        return f"{canonical(self._content() | {'hash': self.hash})}\n".encode()

    def _content(self) -> dict[str, Any]:
        return {
            "n": self.n, "at": self.at, "kind": self.kind, "subject": self.subject,
            "state": self.state.value if self.state else None, "reason": self.reason,
            "data": self.data, "prev": self.prev,
        }


@dataclass(frozen=True, slots=True)
class Lines:
    """What a journal's bytes hold: entries, and where the last whole line ends."""

    entries: tuple[Entry, ...]
    whole: int


def parse(data: bytes, name: str) -> Lines:
    """Given a journal's bytes and its name, return what it holds.

    A last line without its line feed was never acknowledged and is left out. Raise EvidenceError
    naming the first line that is broken otherwise.
    """
    whole = data.rfind(b"\n") + 1
    entries: list[Entry] = []
    states: dict[str, State] = {}
    for number, line in enumerate(data[:whole].splitlines(keepends=True), start=1):
        try:
            entry = _entry(line, entries[-1] if entries else None)
            _meaning(entry, states)
        except (ValueError, TypeError, KeyError, RecursionError, EvidenceError) as error:
            raise EvidenceError(f"journal {name}: line {number} is broken: {error}") from error
        entries.append(entry)
    return Lines(tuple(entries), whole)


def _entry(line: bytes, before: Entry | None) -> Entry:
    """Given a line and the entry before, return its entry. Raise ValueError with what is wrong."""
    value = json.loads(line.decode("utf-8"))
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise ValueError("has not the members of a line")
    said = value.pop("hash")
    if value["n"] != (before.n + 1 if before else 0):
        raise ValueError(f"is number {value['n']}: a line is missing or stands twice")
    if value["prev"] != (before.hash if before else GENESIS):
        raise ValueError("does not follow the line before")
    if line_hash(value) != said:
        raise ValueError("was changed: its hash is another")
    state = value["state"] if value["state"] is None else State(value["state"])
    return Entry(**{**value, "state": state}, hash=said)


def _meaning(entry: Entry, states: dict[str, State]) -> None:
    """Given an entry and the states before it, check that it may stand there; bring them up."""
    if entry.kind == OPENED:
        for subject in entry.data["subjects"]:
            states.setdefault(subject, State.PLANNED)
        return
    if entry.kind != STATE or entry.state is None:
        raise ValueError(f"is of the unknown kind {entry.kind!r}")
    check(states, entry.subject, entry.state)
    states[entry.subject] = entry.state


def check(states: Mapping[str, State], subject: str, state: State) -> None:
    """Given all states and a new one, raise EvidenceError when it cannot follow."""
    if subject not in states:
        raise EvidenceError(f"{subject!r} is no subject of the plan")
    if not may_follow(states[subject], state):
        raise EvidenceError(f"{subject!r} cannot be {state} after {states[subject]}")


def last(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Given a journal's entries, return the newest of each subject that has one."""
    return {entry.subject: entry for entry in entries if entry.kind == STATE}


def fold(entries: Sequence[Entry]) -> dict[str, State]:
    """Given a journal's entries, return the state of every subject, in the plan's order."""
    states: dict[str, State] = {}
    for entry in entries:
        _meaning(entry, states)
    return states
