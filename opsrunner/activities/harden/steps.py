"""One host's rules -> steps: each rule's remedy on paper, one after another, on one draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsrunner.changes.binding import operations_sha256
from opsrunner.changes.describing import between, describe, restarts
from opsrunner.changes.draft import Draft
from opsrunner.changes.operations import Changes
from opsrunner.changes.rendering import Left, NotDone, carry
from opsrunner.changes.state import HostState
from opsrunner.plan.models import Danger, LeftOut, Step, Words
from opsrunner.remedies.base import remedies

_REASONS: Mapping[Left, Any] = {
    Left.BY_HAND: "by_hand", Left.REFUSED: "precondition", Left.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rule to be mended on one host: its variables with the site's own values laid over.

    ``lower_ends`` of its ranges, by parameter: no remedy raises a value that is below one.
    """

    rule: str
    title: Words
    danger: Danger
    variables: Mapping[str, Any]
    acknowledged: str = ""
    lower_ends: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HostSteps:
    """What one host's rules come to: the steps, what is left out, the changes of all of it."""

    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...]
    changes: Changes

    @property
    def sha256(self) -> str:
        """Return the digest that an approval holds on to."""
        return operations_sha256(self.changes)


def make_steps(state: HostState, wanted: Sequence[Wanted]) -> HostSteps:
    """Given a host as it was read and the rules to mend, return its steps, in the safe order.

    What could cut the controller off comes last (see ``remedies.base``). Pure: the same state
    and rules give the same digest, which is how drift is found at apply time.
    """
    draft = Draft(state)
    steps: list[Step] = []
    left: list[LeftOut] = []
    for item in sorted(wanted, key=_order):
        before = draft.changes()
        draft, not_done = carry(draft, item.variables)
        after = draft.changes()
        left += [_left(item, one) for one in not_done]
        added = tuple(describe(operation) for operation in between(before, after))
        if added:
            steps.append(_step(item, added, before, after))
        elif not not_done:
            left.append(_nothing(item))
    return HostSteps(tuple(steps), tuple(left), draft.changes())


def _order(item: Wanted) -> tuple[int, str]:
    places = {name: place for place, name in enumerate(remedies())}
    return max((places.get(name, 0) for name in item.variables), default=0), item.rule


def _step(item: Wanted, added: tuple[Any, ...], before: Changes, after: Changes) -> Step:
    known, reboots = restarts(before), before.reboot
    return Step(
        id=item.rule,
        rule=item.rule,
        title=item.title,
        danger=item.danger,
        wanted=dict(item.variables),
        changes=added,
        restarts=tuple(name for name in restarts(after) if name not in known),
        reboot=tuple(why for why in after.reboot if why not in reboots),
        acknowledged=item.acknowledged,
    )


def _left(item: Wanted, one: NotDone) -> LeftOut:
    return LeftOut(
        rule=item.rule,
        title=item.title,
        reason=_REASONS[one.left],
        detail=Words(zh=one.zh, en=one.en),
    )


def _nothing(item: Wanted) -> LeftOut:
    zh = "补救措施要求的设置已经存在，检查结果另有原因，需人工查看"
    en = "what the remedy sets is there already; the finding has another cause, look at it"
    if item.lower_ends:
        ends = ", ".join(f"{name} {low}" for name, low in item.lower_ends.items())
        zh = f"补救措施只把取值收紧到范围上限，低于下限（{ends}）的取值保留不动，须人工调整；{zh}"
        en = (f"the remedy sets the high end of a range and keeps what is below its low end"
              f" ({ends}): raise that by hand; else {en}")
    return LeftOut(
        rule=item.rule, title=item.title, reason="nothing_to_do", detail=Words(zh=zh, en=en),
    )
