"""What a plan comes to, in numbers and the few lines an approver must not miss; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from opsrunner.plan.models import Plan, Step

_LEVELS = ("none", "low", "medium", "high")


def outline(plan: Plan, digest: str) -> dict[str, Any]:
    """Given a plan and its digest, return its summary as JSON values."""
    steps = [step for _, step in _steps(plan)]
    levels: Counter[str] = Counter(step.danger.level for step in steps)
    left_out = Counter(left.reason for subject in plan.subjects for left in subject.left_out)
    return {
        "plan": plan.id,
        "digest": digest,
        "activity": plan.activity,
        "planner": plan.planner,
        "planner_login": plan.planner_login,
        "created": plan.created,
        "expires": plan.expires,
        "ticket": plan.ticket,
        "period": plan.period,
        "emergency": plan.emergency,
        "subjects": [subject.id for subject in plan.subjects],
        "steps": len(steps),
        "by_hand": sum(step.actor == "person" for step in steps),
        "changes": sum(len(step.changes) for step in steps),
        "danger": {level: levels[level] for level in _LEVELS},
        "restarts": sorted({name for step in steps for name in step.restarts}),
        "reboots": sorted({subject for subject, step in _steps(plan) if step.reboot}),
        "left_out": dict(sorted(left_out.items())),
        "without_second_way": {
            subject.id: subject.without_second_way for subject in plan.subjects
            if subject.without_second_way
        },
        "high_danger": [
            {"subject": subject, "step": step.id, "zh": step.title.zh, "en": step.title.en,
             "why": step.danger.why.en, "acknowledged": step.acknowledged}
            for subject, step in _steps(plan) if step.danger.level == "high"
        ],
    }


def _steps(plan: Plan) -> Iterator[tuple[str, Step]]:
    for subject in plan.subjects:
        for step in subject.steps:
            yield subject.id, step
