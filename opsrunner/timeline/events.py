"""The lines of a time line: JSON, chained by hash, and which may follow which; pure.

    hash = SHA-256( prev + content )

as in the evidence store. Every event has both clocks: ``at`` is what people read, ``tick`` (the
monotonic clock of the start ``boot``) is what durations are reckoned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import GENESIS, canonical, line_hash


class Phase(StrEnum):
    """The phases of an emergency, in their order: 预警, 响应, 处置, 恢复."""

    WARNING = "warning"
    RESPONSE = "response"
    HANDLING = "handling"
    RECOVERY = "recovery"


class Kind(StrEnum):
    """What an event says."""

    OPENED = "opened"  # a process took up the work; the first names plan and digest
    PHASE = "phase"  # data: phase
    BEGUN = "begun"  # a step began
    DONE = "done"  # and ended; data: outcome
    MARK = "mark"  # data: name, and moment when it was not now
    REMARK = "remark"
    JUDGED = "judged"  # a criterion; data: criterion, verdict
    PROBLEM = "problem"  # something to be mended; data: owner, due
    ENDED = "ended"  # data: result


class Outcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Mark(StrEnum):
    """The moments that RTO and RPO are reckoned from."""

    INCIDENT = "incident"  # the fault itself
    DECLARED = "declared"  # the emergency was declared: the clock of the RTO starts
    GREEN = "green"  # the application's probe is green again: it stops
    RECOVERED = "recovered"  # the newest mark (a numbered row) found in what was recovered


_ORDER = list(Phase)
_ONCE = frozenset({Mark.INCIDENT, Mark.DECLARED, Mark.GREEN})


@dataclass(frozen=True, slots=True)
class Event:
    """One line. ``who`` did it or said it; ``at`` is UTC, ISO 8601; ``tick`` nanoseconds."""

    kind: Kind
    at: str
    tick: int
    boot: str
    step: str = ""
    who: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0
    prev: str = GENESIS
    hash: str = ""

    def following(self, before: Event | None) -> Event:
        """Given the event before, return this one with its number, link and hash."""
        number, prev = (before.n + 1, before.hash) if before else (0, GENESIS)
        linked = replace(self, n=number, prev=prev)
        return replace(linked, hash=line_hash(linked._content()))  # noqa: SLF001 - its own class

    def line(self) -> bytes:
        """Return the line, its line feed included."""
        return f"{canonical(self._content() | {'hash': self.hash})}\n".encode()

    def _content(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "hash"}


_MEMBERS = {one.name for one in fields(Event)}


@dataclass(frozen=True, slots=True)
class Lines:
    """What a time line's bytes hold: events, and where the last whole line ends."""

    events: tuple[Event, ...]
    whole: int


def parse(data: bytes, name: str) -> Lines:
    """Given a time line's bytes and its name, return what it holds.

    A last line without its line feed never counted and is left out. Raise EvidenceError naming
    the first line that is broken otherwise.
    """
    whole = data.rfind(b"\n") + 1
    events: list[Event] = []
    for number, line in enumerate(data[:whole].splitlines(keepends=True), start=1):
        try:
            event = _event(line, events[-1] if events else None)
            check(events, event)
        except (ValueError, TypeError, KeyError, RecursionError, EvidenceError) as error:
            raise EvidenceError(f"time line {name}: line {number} is broken: {error}") from error
        events.append(event)
    return Lines(tuple(events), whole)


def _event(line: bytes, before: Event | None) -> Event:
    value = json.loads(line.decode("utf-8"))
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise ValueError("has not the members of a line")
    said = value.pop("hash")
    event = Event(**{**value, "kind": Kind(value["kind"])}, hash=said)
    if event.following(before) != event or event.line() != line:
        raise ValueError("was changed, or does not follow the line before")
    return event


def check(events: Sequence[Event], event: Event) -> None:
    """Given the events before and the next, raise EvidenceError or ValueError when it cannot be.

    Phases do not go backwards, a step begins once and ends once after that, nothing follows the
    end, and the monotonic clock of one start of the machine only goes on.
    """
    if not events and event.kind is not Kind.OPENED:
        raise EvidenceError("a time line begins by being opened")
    if events and events[-1].kind is Kind.ENDED:
        raise EvidenceError("nothing follows the end")
    if events and event.boot == events[-1].boot and event.tick < events[-1].tick:
        raise EvidenceError("the monotonic clock went backwards")
    match event.kind:
        case Kind.PHASE:
            _check_phase(phase(events), Phase(event.data["phase"]))
        case Kind.BEGUN | Kind.DONE:
            _check_step(events, event)
        case Kind.MARK:
            name = Mark(event.data["name"])
            if name in _ONCE and mark(events, name):
                raise EvidenceError(f"{name} was marked before")
        case _:
            pass


def _check_phase(now: Phase | None, then: Phase) -> None:
    if now is not None and _ORDER.index(then) <= _ORDER.index(now):
        raise EvidenceError(f"phase {then} cannot follow {now}: phases do not go backwards")


def _check_step(events: Sequence[Event], event: Event) -> None:
    seen = {one.kind for one in events if one.step == event.step}
    if phase(events) is None:
        raise EvidenceError("a step begins within a phase")
    if event.kind is Kind.BEGUN and Kind.BEGUN in seen:
        raise EvidenceError(f"step {event.step!r} began before")
    if event.kind is Kind.DONE:
        Outcome(event.data["outcome"])
        if Kind.BEGUN not in seen or Kind.DONE in seen:
            raise EvidenceError(f"step {event.step!r} is not under way")


def phase(events: Sequence[Event]) -> Phase | None:
    """Given events, return the phase they have come to, None before the first."""
    last = next((one for one in reversed(events) if one.kind is Kind.PHASE), None)
    return Phase(last.data["phase"]) if last else None


def mark(events: Sequence[Event], name: Mark) -> Event | None:
    """Given events and a mark's name, return the newest event that set it."""
    return next(
        (one for one in reversed(events)
         if one.kind is Kind.MARK and one.data["name"] == name), None,
    )


def step(events: Sequence[Event], name: str) -> tuple[Event | None, Event | None]:
    """Given events and a step's id, return its beginning and its end, None for what is missing."""
    mine = [one for one in events if one.step == name]
    return tuple(  # type: ignore[return-value]  # two kinds, two events
        next((one for one in mine if one.kind is kind), None) for kind in (Kind.BEGUN, Kind.DONE)
    )
