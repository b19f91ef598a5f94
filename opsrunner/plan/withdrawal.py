"""An approval taken back: by whom, when and why; the plan is void from then on.

It is for good. A signature and a scan look the same however often they are handed in, so a plan
that could be approved again could be revived by somebody else with the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from opsrunner.errors import InputError, Problem
from opsrunner.plan.models import Moment, Name, PlanId, Sha256, Strict
from opsrunner.plan.states import State

# From none of these is a host begun any more: there is nothing left that an approval is for.
_OVER = frozenset({State.CONFIRMED, State.VERIFIED, State.UNDONE, State.FAILED})


class Withdrawal(Strict):
    """One no on record: ``by`` is an approver's id, ``login`` the account it was said under."""

    format: Literal[1] = 1
    plan: PlanId
    digest: Sha256
    by: Name
    name: Name
    login: Name
    at: Moment
    reason: Name

    def __str__(self) -> str:
        """Return who withdrew, when and why."""
        return f"{self.name} ({self.by}) withdrew the approval at {self.at}: {self.reason}"


def require_standing(plan: str, withdrawals: Iterable[Withdrawal]) -> None:
    """Given a plan's id and its withdrawals, raise InputError when there is one."""
    problems = [
        Problem(plan, "withdrawn", f"{one}; plan again", code="withdrawn") for one in withdrawals
    ]
    if problems:
        raise InputError(problems)


def require_use(plan: str, states: Mapping[str, State]) -> None:
    """Given a plan's id and its subjects' states, refuse a withdrawal that would stop nothing.

    Raise InputError when it was carried out on every subject. Without states it was not begun.
    """
    if states and _OVER.issuperset(states.values()):
        message = f"was carried out on all its hosts; take it back with  opsrunner undo {plan}"
        raise InputError([Problem(plan, "withdraw", message)])
