"""A time line against the goals of its scenario; pure."""

from __future__ import annotations

from collections.abc import Sequence

from opsrunner.activities.drill.scenario import Goals
from opsrunner.models import Unmeasured
from opsrunner.timeline.events import Event
from opsrunner.timeline.measures import rpo, rto


def missed(goals: Goals, events: Sequence[Event]) -> list[str]:
    """Given a scenario's goals and the time line, return which of them were not reached."""
    wrong = []
    for name, wanted, found in (
        ("RTO", goals.rto_minutes, rto(events)), ("RPO", goals.rpo_minutes, rpo(events)),
    ):
        if wanted is None:
            continue
        if isinstance(found, Unmeasured):
            wrong.append(f"{name} unmeasured: {found.reason}")
        elif found.seconds + found.resolution > wanted * 60:
            wrong.append(f"{name} {found.seconds:.1f} s, the goal is {wanted} min")
    return wrong
