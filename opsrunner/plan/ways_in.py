"""How each subject of a plan is reached: it must still be the one that the plan was approved for.

A step that could cut everybody off needs a second way in, proven before the subject is begun, or a
person who says at plan time why it is done without; the plan carries what was said.

Two machines made from one image look alike to every comparison of files; their addresses differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opsrunner.errors import Problem
from opsrunner.models import Subject
from opsrunner.plan.models import Plan

SECOND_LOGIN = "ops_second_login"  # the inventory's variable for the second way in


def second_login(subject: Subject) -> str:
    """Given a subject, return the account that is its second way in, "" where none is declared."""
    return str(subject.attributes.get(SECOND_LOGIN) or "")


def moved(plan: Plan, subjects: Iterable[Subject]) -> Iterator[Problem]:
    """Given a plan and the inventory's subjects, yield each way in that is another one now.

    What the plan does not hold (one made before it was kept) is not compared; a subject that is
    gone is none of this function's.
    """
    now = {subject.id: subject.attributes for subject in subjects}
    for planned in plan.subjects:
        if not planned.steps or planned.id not in now:
            continue
        for key, was, variable in (
            ("ansible_host", planned.address, "address"),
            (SECOND_LOGIN, planned.second_login, SECOND_LOGIN),
        ):
            found = str(now[planned.id].get(variable, ""))
            if was and found != was:
                message = f"is {found or 'not set'} now, the approved plan is for {was}"
                yield Problem(plan.inventory, f"{planned.id}.{key}", message, code="moved")
