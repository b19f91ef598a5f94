"""A plan: which steps, on which subjects, from which state to which, and who may say yes to it.

Any activity that changes something fills this shape; approval, journal, execution, undo and the
documents read nothing else. It is written as JSON (``format: 1``) and named by its digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Given a value, return it as JSON would bring it back; a float has no one text, so none."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    raise ValueError(f"{type(value).__name__} has no place in a plan; write it as text")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a line break or a control character")
    return text


def _real(text: str) -> str:
    datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)  # raises on 30 February
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(_printable)]  # may be empty
Name = Annotated[Line, Field(min_length=1)]
# What is changed, by its full name; a path may have 4096 bytes.
Target = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_printable)]
Json = Annotated[Mapping[str, Any], AfterValidator(_plain)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# A file that is not there has the digest "absent"; what is no file has none.
State256 = Annotated[str, Field(pattern=r"^(|absent|[0-9a-f]{64})$")]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), AfterValidator(_real),
]
PlanId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}-\d{8}-[0-9a-f]{6}$")]


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
    diff's context lines are masked. Text is Unicode: bytes that are none are shown replaced.
    """

    kind: Literal[
        "file", "attributes", "sysctl", "unit", "account", "package", "secret", "job", "person",
        "other",
    ]
    target: Target
    before: str
    after: str
    diff: str = ""
    before_sha256: State256 = ""
    after_sha256: State256 = ""


class Danger(Strict):
    """How much a step can harm, and why."""

    level: Literal["none", "low", "medium", "high"]
    why: Words


class Step(Strict):
    """One thing to do on one subject: a rule's remedy, a patch, a switchover's stage.

    ``actor`` is who acts. ``wanted`` is what the activity needs to render the step again.
    ``acknowledged`` is the reason a person gave for a step of high danger.
    """

    id: Name
    rule: Line = ""
    title: Words
    actor: Literal["machine", "person"] = "machine"
    danger: Danger
    wanted: Json = Field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    restarts: tuple[str, ...] = ()
    reboot: tuple[str, ...] = ()
    acknowledged: str = ""

    @model_validator(mode="after")
    def _acknowledged(self) -> Step:
        if self.danger.level == "high" and not self.acknowledged.strip():
            raise ValueError("is of high danger and nobody acknowledged it; leave it out")
        return self


class LeftOut(Strict):
    """A finding the plan does not act on, and why."""

    rule: Line
    title: Words
    reason: Literal[
        "waived", "danger", "no_second_way", "no_remedy", "by_hand", "precondition", "unknown",
        "nothing_to_do",
    ]
    detail: Words


class SubjectPlan(Strict):
    """What is to be done on one subject. ``operations_sha256`` binds all of it, in order.

    ``stage`` is a barrier: all subjects of a lower stage are verified before one of a higher is
    touched (the standby before the primary, one node of a cluster before the other).
    ``address`` is where the subject was when it was planned, ``second_login`` the account that is
    its second way in; "" where there is none, as in plans made before they were kept.
    ``without_second_way`` is why a person had what could cut it off planned all the same.
    """

    kind: Name = "host"
    id: Name
    platform: Line
    profile: Line
    address: Line = ""
    second_login: Line = ""
    without_second_way: Line = ""
    stage: Annotated[int, Field(ge=0)] = 0
    steps: tuple[Step, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    operations_sha256: State256 = ""

    @model_validator(mode="after")
    def _unique(self) -> SubjectPlan:
        _once("step", (step.id for step in self.steps))
        return self


class Plan(Strict):
    """A plan as it is signed. Times are UTC, ISO 8601 with ``Z``.

    ``planner`` is a person of ``policies/people.yml`` by id, ``planner_login`` the account the
    kernel says the plan was made under. ``period`` marks it for a special period's freeze;
    ``emergency`` is the reason why it does not wait for a maintenance window.
    """

    format: Literal[1] = 1
    id: PlanId
    activity: Name
    planner: Name
    planner_login: Name
    created: Moment
    expires: Moment
    ticket: Line = ""
    period: Line = ""
    emergency: Line = ""
    inventory: str
    source_run: Line
    policy_sha256: Sha256
    code_version: Line
    options: Json = Field(default_factory=dict)
    subjects: Annotated[tuple[SubjectPlan, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Plan:
        _once("subject", (subject.id for subject in self.subjects))
        if self.expires <= self.created:  # one form, so the order of texts is that of moments
            raise ValueError("expires before it was created")
        return self


def _once(what: str, ids: Iterable[str]) -> None:
    twice = sorted(name for name, count in Counter(ids).items() if count > 1)
    if twice:
        raise ValueError(f"{what} stands twice: {', '.join(twice)}")
