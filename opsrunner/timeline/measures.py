"""RTO and RPO from a time line; pure. A part that is missing makes it unmeasured, never zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from opsrunner.models import Unmeasured
from opsrunner.timeline.events import Event, Mark, mark


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, known to within ``resolution``; ``wall``: by the wall clock, which may be set."""

    seconds: float
    resolution: float = 0.0
    wall: bool = False


def between(first: Event, second: Event) -> Measured:
    """Given two events, return the time from the first to the second.

    By the monotonic clock; across a start of the machine by the wall clock, and it says so.
    """
    if first.boot and first.boot == second.boot:
        return Measured((second.tick - first.tick) / 1e9)
    return Measured((_moment(second.at) - _moment(first.at)).total_seconds(), wall=True)


def rto(events: Sequence[Event], resolution: float = 0.0) -> Measured | Unmeasured:
    """Given a time line and how often the probe asked (seconds), return the recovery time.

    From the emergency being declared until the application's probe is green.
    """
    declared, green = mark(events, Mark.DECLARED), mark(events, Mark.GREEN)
    if declared is None:
        return Unmeasured("nobody marked when the emergency was declared", "declared_unmarked")
    if green is None:
        return Unmeasured("the application's probe was not seen green", "never_green")
    taken = between(declared, green)
    if taken.seconds < 0:
        why = "the probe was green before the emergency was declared"
        return Unmeasured(why, "green_before_declared")
    return Measured(taken.seconds, resolution, taken.wall)


def rpo(events: Sequence[Event]) -> Measured | Unmeasured:
    """Given a time line, return how much time's data is lost.

    From the newest recovered mark until the incident, both by the wall clock. A mark that is
    newer than the incident contradicts it: one of them is wrong.
    """
    incident, recovered = mark(events, Mark.INCIDENT), mark(events, Mark.RECOVERED)
    if incident is None:
        return Unmeasured("nobody marked when the incident was", "incident_unmarked")
    if recovered is None:
        return Unmeasured("no mark was found in what was recovered", "none_recovered")
    lost = (_said(incident) - _said(recovered)).total_seconds()
    if lost < 0:
        why = "the newest recovered mark is later than the incident"
        return Unmeasured(why, "recovered_after_incident")
    return Measured(lost, wall=True)


def _said(event: Event) -> datetime:
    """Return the moment an event speaks of: its own, unless it names another."""
    return _moment(str(event.data.get("moment") or event.at))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
