"""Which subjects come next: a canary alone, then batches, stage by stage; pure.

It is decided anew from the journal's states each time, so that a resumed run goes on as the first
would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsrunner.errors import InputError, Problem
from opsrunner.plan.models import SubjectPlan
from opsrunner.plan.states import State

_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to go: the canary's id ("": the first), the size of a batch, failures to stop at."""

    canary: str = ""
    batch: str = "10%"
    stop_after_failures: int = 1


def batch_size(text: str, subjects: int) -> int:
    """Given ``10%`` or a number, and how many subjects there are, return a batch's size.

    Raise InputError when it is neither, or nothing.
    """
    digits = text.strip().removesuffix("%")
    number = int(digits) if digits.isascii() and digits.isdecimal() else 0
    percent = text.strip().endswith("%")
    if number < 1 or (percent and number > _WHOLE):
        message = "must be a number of subjects from 1, or 1% to 100%"
        raise InputError([Problem("--batch", text, message)])
    return max(1, subjects * number // _WHOLE) if percent else number


def check_pace(pace: Pace, subjects: Sequence[SubjectPlan]) -> None:
    """Given the pace and a plan's subjects, raise InputError with all that cannot be meant."""
    problems: list[Problem] = []
    try:
        batch_size(pace.batch, len(subjects))
    except InputError as error:
        problems += error.problems
    first = min((subject.stage for subject in subjects), default=0)
    if pace.canary and pace.canary not in {one.id for one in subjects if one.stage == first}:
        problems.append(Problem("--canary", pace.canary, "is no subject of the plan's first stage"))
    if pace.stop_after_failures < 1:
        problems.append(Problem("--stop-after-failures", "", "must be 1 or more"))
    if problems:
        raise InputError(problems)


def next_batch(
    subjects: Sequence[SubjectPlan], states: Mapping[str, State], pace: Pace,
) -> list[str]:
    """Given a plan's subjects, their states and the pace, return who comes next; none: it is over.

    Until one subject is verified each goes alone, and while a subject of a stage is neither
    verified nor still to come the next stage does not begin.
    """
    for stage in sorted({subject.stage for subject in subjects}):
        mine = [subject.id for subject in subjects if subject.stage == stage]
        waiting = [name for name in mine if states[name] is State.PLANNED]
        if waiting:
            return _some(waiting, len(subjects), states, pace)
        if any(states[name] is not State.VERIFIED for name in mine):
            return []
    return []


def _some(
    waiting: Sequence[str], count: int, states: Mapping[str, State], pace: Pace,
) -> list[str]:
    if pace.canary and states[pace.canary] is not State.VERIFIED:
        return [pace.canary] if pace.canary in waiting else []
    if State.VERIFIED not in states.values():
        return [waiting[0]]
    return list(waiting[: batch_size(pace.batch, count)])
