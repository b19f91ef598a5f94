"""What a journal says of undos: which were asked for and not answered, which steps are back; pure.

An undo of a part leaves the rest standing. Which part that was stands in the intent, so that a
restart neither takes back more than was asked for nor calls a failure what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsrunner.plan.actor import TAKEN_BACK
from opsrunner.plan.entries import OPENED, Entry
from opsrunner.plan.models import SubjectPlan
from opsrunner.plan.reasons import Why, as_data, reasons_of
from opsrunner.plan.states import State

ONLY = "only"  # the member of an UNDOING line's data that holds the steps it is limited to


@dataclass(frozen=True, slots=True)
class Intent:
    """Why a subject is to be taken back, and which steps of it; none: all."""

    why: tuple[Why, ...]
    only: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON for the data of its UNDOING line."""
        return {**({ONLY: list(self.only)} if self.only else {}), **as_data(*self.why)}


def unanswered(entries: Sequence[Entry]) -> dict[str, Intent]:
    """Given a journal's entries, return the undos nobody knows the end of, by subject.

    The line that the undo itself brought, in the process that asked for it, is its answer; what
    ``status`` says to a later process is none.
    """
    found: dict[str, Intent] = {}
    asked: set[str] = set()
    for entry in entries:
        name = entry.subject
        if entry.kind == OPENED:
            asked.clear()
        elif entry.state is State.UNDOING:
            why = reasons_of(entry.reason, entry.data)
            found[name] = Intent(why, tuple(entry.data.get(ONLY, ())))
            asked.add(name)
        elif name in asked:
            asked.discard(name)
            if entry.state is not State.UNKNOWN:
                del found[name]
        elif entry.state in (State.BEGINNING, State.UNDONE):
            found.pop(name, None)
    return found


def taken_back(entries: Sequence[Entry]) -> dict[str, frozenset[str]]:
    """Given a journal's entries, return the steps that were taken back on purpose, by subject."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        if entry.state is State.BEGINNING:
            found.pop(entry.subject, None)
        elif entry.state is State.CONFIRMED and (part := entry.data.get(TAKEN_BACK)):
            found[entry.subject] = found.get(entry.subject, frozenset()) | frozenset(part)
    return found


def failed_recheck(entries: Sequence[Entry]) -> dict[str, tuple[Why, ...]]:
    """Given a journal's entries, return the subjects that stand as their re-check failed, and why.

    Not those whose re-check is unknown, and none that an undo was tried on.
    """
    found: dict[str, tuple[Why, ...]] = {}
    before: dict[str, State | None] = {}
    for entry in entries:
        if entry.state is State.FAILED and before.get(entry.subject) is State.CONFIRMED:
            found[entry.subject] = reasons_of(entry.reason, entry.data)
        else:
            found.pop(entry.subject, None)
        before[entry.subject] = entry.state
    return found


def united(old: Intent | None, new: Intent) -> Intent:
    """Given an undo that was not answered, if any, and a new one, return what is asked for now."""
    if old is None:
        return new
    only = {*old.only, *new.only} if old.only and new.only else ()
    return Intent(new.why, tuple(sorted(only)))


def reduced(
    intent: Intent, subject: SubjectPlan, back: Mapping[str, frozenset[str]],
) -> Intent:
    """Given an intent, the subject's plan and what is back, return it without a needless limit.

    A part that leaves nothing standing is all of it, and is proven as such.
    """
    standing = {step.id for step in subject.steps} - back.get(subject.id, frozenset())
    return Intent(intent.why) if standing <= set(intent.only) else intent
