"""What ``apply --check`` and ``undo --check`` do: look at the hosts and compare, change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from opsrunner.cli.case import Case
from opsrunner.cli.ending import foreseen, rehearsed
from opsrunner.cli.progress import HostProgress
from opsrunner.plan.reasons import text
from opsrunner.plan.states import State

_READY = {State.PLANNED: "as planned, would be changed"}


def rehearse(case: Case, undo_after: int, *, as_json: bool) -> int:
    """Given an approved plan, read every host and compare, change nothing; return the exit code."""
    names = [subject.id for subject in case.plan.subjects if subject.steps]
    barred = text(case.permit.gate("", names))
    with HostProgress(len(names), "compare") as progress:
        actor = case.prepared.hands(case, undo_after, progress)
        outcomes = []
        for outcome in actor.read(names):
            outcomes.append(outcome)
            progress.done(f"{outcome.subject}: {_READY.get(outcome.state, outcome.state)}")
    return rehearsed(outcomes, barred, as_json=as_json)


def foresee(case: Case, names: Sequence[str], only: Sequence[str], *, as_json: bool) -> int:
    """Given hosts that were changed, and perhaps steps, say what an undo would do there.

    Each host is asked whether it is still as the change left it. Return the exit code.
    """
    with HostProgress(len(names), "compare") as progress:
        actor = case.prepared.hands(case, 0, progress)
        outcomes = []
        for outcome in actor.preview(names, only):
            outcomes.append(outcome)
            progress.done(f"{outcome.subject}: {outcome.state}")
    return foreseen(case.plan, outcomes, only, as_json=as_json)
