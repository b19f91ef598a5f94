"""Walk through a drill at the table: each step's begin and end on the time line as it happens.

Who sits at the terminal, or the file that stands for them, is a ``Moderator``. After a crash the
walk goes on where the time line stops.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.scenario import Step
from opsrunner.plan.models import Words
from opsrunner.timeline.events import Event, Kind, Outcome, step
from opsrunner.timeline.journal import TimeLine

Verdict = Literal["met", "partly", "unmet"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended, and what was remarked."""

    outcome: Outcome
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a criterion was met, and what was remarked."""

    verdict: Verdict
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to be mended: ``owner`` by name, ``due`` as ``YYYY-MM-DD``."""

    title: str
    owner: str
    due: str


class Moderator(Protocol):
    """Who leads the drill. Each call waits until the people are so far."""

    def begin(self, place: int, wanted: Step) -> str:
        """Given a step and its place from 1, return who does it, once it begins."""

    def end(self, wanted: Step) -> Ended:
        """Given the step under way, return how it ended, once it has."""

    def judge(self, place: int, criterion: Words) -> Judged:
        """Given a criterion and its place from 1, return whether it was met."""

    def problems(self) -> Iterable[Problem]:
        """Yield what is to be mended, one after another."""

    def conclude(self) -> str:
        """Return the conclusion in a sentence."""


def walk(drill: Drill, line: TimeLine, moderator: Moderator, leader: str) -> None:
    """Given a drill, its open time line, a moderator and who that is, walk to the end.

    Raise EvidenceError when an event cannot be written; nothing goes on then.
    """
    for place, wanted in enumerate(drill.scenario.steps, start=1):
        walk_step(line, place, wanted, moderator)
    assess(drill, line, moderator, leader)


def walk_step(line: TimeLine, place: int, wanted: Step, moderator: Moderator) -> None:
    """Given an open time line, a step with its place, and a moderator, see the step through.

    One that is done is left alone. Raise EvidenceError when an event cannot be written.
    """
    begun, done = step(line.events, wanted.id)
    if done:
        return
    if not begun:
        line.enter(wanted.phase)
        who = moderator.begin(place, wanted)
        begun = line.put(Kind.BEGUN, step=wanted.id, who=who)
    ended = moderator.end(wanted)
    line.put(
        Kind.DONE, step=wanted.id, who=begun.who, text=ended.remark,
        data={"outcome": ended.outcome.value},
    )


def assess(drill: Drill, line: TimeLine, moderator: Moderator, leader: str) -> None:
    """Given a drill whose steps are done, have it judged and concluded; the time line ends."""
    _judge(drill, line, moderator, leader)
    known = {event.text for event in line.events if event.kind is Kind.PROBLEM}
    for one in moderator.problems():
        if one.title not in known:  # else it was written down before a crash
            data = {"owner": one.owner, "due": one.due}
            line.put(Kind.PROBLEM, who=leader, text=one.title, data=data)
    conclusion = moderator.conclude()
    line.put(Kind.ENDED, who=leader, text=conclusion, data={"result": result(line.events)})


def _judge(drill: Drill, line: TimeLine, moderator: Moderator, leader: str) -> None:
    judged = {event.data["criterion"] for event in line.events if event.kind is Kind.JUDGED}
    for place, criterion in enumerate(drill.scenario.criteria, start=1):
        if place not in judged:
            said = moderator.judge(place, criterion)
            data = {"criterion": place, "verdict": said.verdict}
            line.put(Kind.JUDGED, who=leader, text=said.remark, data=data)


def result(events: Iterable[Event]) -> Verdict:
    """Given a walked time line, return what it comes to: the worst of its steps and criteria."""
    said: set[str] = set()
    for event in events:
        if event.kind is Kind.DONE and event.data["outcome"] != Outcome.DONE:
            said.add("partly" if event.data["outcome"] == Outcome.SKIPPED else "unmet")
        if event.kind is Kind.JUDGED:
            said.add(event.data["verdict"])
    if "unmet" in said:
        return "unmet"
    return "partly" if "partly" in said else "met"
