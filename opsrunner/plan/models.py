"""A plan: which steps, on which subjects, from which state to which, and who may say yes to it.

Any activity that changes something fills this shape; approval, journal, execution, undo and the
documents read nothing else. It is written as JSON (``format: 1``) and named by its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """Frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Strict):
    """One text in both languages of the reports."""

    zh: str
    en: str


class Change(Strict):
    """One operation as people read it: ``before`` and ``after`` in words, ``diff`` for a file.

    ``before_sha256`` and ``after_sha256`` bind the exact bytes, which are not in the plan: they
    are rendered again at apply time and refused when their digest is another. Secrets in the
    diff's context lines are masked.
    """

    kind: Literal["file", "attributes", "sysctl", "unit", "account", "person", "other"]
    target: str
    before: str
    after: str
    diff: str = ""
    before_sha256: str = ""
    after_sha256: str = ""


class Danger(Strict):
    """How much a step can harm, and why."""

    level: Literal["none", "low", "medium", "high"]
    why: Words


class Step(Strict):
    """One thing to do on one subject: a rule's remedy, a patch, a switchover's stage.

    ``actor`` is who acts. ``wanted`` is what the activity needs to render the step again.
    ``acknowledged`` is the reason a person gave for a step of high danger.
    """

    id: str
    rule: str = ""
    title: Words
    actor: Literal["machine", "person"] = "machine"
    danger: Danger
    wanted: Mapping[str, Any] = Field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    restarts: tuple[str, ...] = ()
    reboot: tuple[str, ...] = ()
    acknowledged: str = ""


class LeftOut(Strict):
    """A finding the plan does not act on, and why."""

    rule: str
    title: Words
    reason: Literal[
        "waived", "danger", "no_remedy", "by_hand", "precondition", "unknown", "nothing_to_do",
    ]
    detail: Words


class SubjectPlan(Strict):
    """What is to be done on one subject. ``operations_sha256`` binds all of it, in order."""

    kind: str = "host"
    id: str
    platform: str
    profile: str
    steps: tuple[Step, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    operations_sha256: str = ""


class Plan(Strict):
    """A plan as it is signed. Times are UTC, ISO 8601 with ``Z``."""

    format: Literal[1] = 1
    id: str
    activity: str
    planner: str
    created: str
    expires: str
    ticket: str = ""
    period: str = ""
    inventory: str
    source_run: str
    policy_sha256: str
    code_version: str
    options: Mapping[str, Any] = Field(default_factory=dict)
    subjects: Annotated[tuple[SubjectPlan, ...], Field(min_length=1)]
