"""What drills found that is to be mended: open until somebody closes it with evidence; pure.

There is no register to be edited: findings are what finished drills recorded, closed are those
that a recorded closing names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from opsrunner.timeline.events import Event, Kind


@dataclass(frozen=True, slots=True)
class Closing:
    """Who closed a finding when, by which run, with which evidence (SHA-256) and remark."""

    at: str
    by: str
    run: str
    evidence: str
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: ``id`` is the drill's with a number; ``due`` a day, ``raised`` a moment."""

    id: str
    system: str
    title: str
    owner: str
    due: str
    raised: str
    run: str = ""
    closing: Closing | None = None

    def overdue(self, today: date) -> bool:
        """Given the day, return whether it is open past its due date."""
        return self.closing is None and date.fromisoformat(self.due) < today

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def raised(drill: str, system: str, events: Iterable[Event]) -> list[Found]:
    """Given a drill's id, its system and its time line, return what was found."""
    problems = [event for event in events if event.kind is Kind.PROBLEM]
    return [
        Found(f"{drill}/{number}", system, event.text, event.data["owner"], event.data["due"],
              event.at)
        for number, event in enumerate(problems, start=1)
    ]


def recorded(run: str, outputs: Mapping[str, Any]) -> list[Found]:
    """Given a finished drill's run and outputs, return what it recorded. Raise KeyError."""
    return [
        Found(one["id"], one["system"], one["title"], one["owner"], one["due"], one["raised"], run)
        for one in outputs.get("findings", ())
    ]
