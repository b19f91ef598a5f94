"""The shapes of the files under ``policies/``; their JSON schemas are generated from here.

Every model forbids unknown keys. Cross-file checks (names that must agree) are in ``load.py``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from opsrunner.judge.operators import OPERATORS
from opsrunner.models import Severity

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Sentence = Annotated[str, Field(min_length=2, max_length=2000)]
_WITHOUT_EXPECTED = frozenset(("empty", "not_empty"))


class Strict(BaseModel):
    """Base of every policy model: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """A text in both languages; Chinese first."""

    zh: Sentence
    en: Sentence


class Check(Strict):
    """A condition over facts: exactly one of ``fact``, ``all``, ``any`` and ``manual``.

    ``key`` picks one member of a mapping; ``missing`` says what its absence means (default:
    nobody can tell). ``each`` applies the operator to every member, ``field`` to that field
    of it; those that do not hold are the observed offenders. ``expected`` may be
    ``{parameter: NAME}``.
    """

    fact: str | None = None
    key: str | None = None
    missing: Literal["unknown", "fail", "pass", "not_applicable"] = "unknown"
    each: bool = False
    field: str | None = None
    operator: str | None = None
    expected: Any = None
    all: tuple[Check, ...] = ()
    any: tuple[Check, ...] = ()
    manual: Text | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Check:
        forms = [self.fact is not None, bool(self.all), bool(self.any), self.manual is not None]
        if sum(forms) != 1:
            raise ValueError("give exactly one of fact, all, any, manual")
        if self.fact is not None and self.operator not in OPERATORS:
            raise ValueError(f"operator must be one of {', '.join(sorted(OPERATORS))}")
        if self.fact is None and (self.operator or self.key or self.each or self.field):
            raise ValueError("operator, key, each and field go with fact")
        if self.operator and (self.expected is None) != (self.operator in _WITHOUT_EXPECTED):
            raise ValueError(f"operator {self.operator}: expected is missing or too much")
        if self.field and not self.each:
            raise ValueError("field goes with each")
        return self


class Danger(Strict):
    """How dangerous the remedy is when applied blindly, and why."""

    level: Literal["none", "low", "medium", "high"]
    why: Text | None = None

    @model_validator(mode="after")
    def _why(self) -> Danger:
        if self.level in ("medium", "high") and self.why is None:
            raise ValueError("say why it is dangerous")
        return self


class Remediation(Strict):
    """How to mend a failure: a text for people, and the role variables when a role can do it.

    A value among the variables may be ``{parameter: NAME}``, in one of the forms that
    ``opsrunner/policy/parameters.py`` lists: then what a profile overrides is what is wanted.
    ``not_followed`` names the parameters of the check for which that cannot be, and why.
    """

    text: Text
    role: str | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    not_followed: dict[str, Text] = Field(default_factory=dict)


class Proof(Strict):
    """How far the rule was proven: on a lab host, on recorded output only, or not at all.

    ``by`` says what cannot be carried by the lab when it is not ``lab``; ``standin`` that the
    lab's answer comes from a stand-in of the tool.
    """

    level: Literal["lab", "recorded", "none"]
    by: Sentence | None = None
    standin: bool = False


class Rule(Strict):
    """One rule; its id is the name of its file, its topic the folder."""

    catalogue: Annotated[str, Field(pattern=r"^[A-Z]{3}(-[A-Z]{2})?-\d{2}$")]
    title: Text
    severity: Severity
    rationale: Text
    applies_to: Annotated[tuple[str, ...], Field(min_length=1)]
    parameters: dict[str, Any] = Field(default_factory=dict)
    applies_when: Check | None = None
    check: Check
    context: tuple[str, ...] = ()  # facts shown with a manual rule, for the person who decides
    remediation: Remediation
    danger: Danger
    proven: Proof
    notes: Sentence | None = None  # where the rule corrects its catalogue entry, and why


class Clause(Strict):
    """One clause of a standard: whether a machine can give its verdict, and by which rules."""

    id: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)*(\.[a-z])?$")]
    item: str
    point: Text
    requirement: Text
    coverage: Literal["auto", "part", "evidence"]
    high_risk: str | None = None
    rules: tuple[str, ...] = ()
    evidence: Text | None = None

    @model_validator(mode="after")
    def _evidence(self) -> Clause:
        if self.coverage != "auto" and self.evidence is None:
            raise ValueError("say which document a person has to attach (evidence)")
        if self.coverage == "auto" and not self.rules:
            raise ValueError("coverage auto needs rules")
        return self


class Control(Strict):
    """One framework version: its clauses and the rules each one rests on."""

    title: Text
    source: Sentence
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)]
    left_out: dict[str, Text] = Field(default_factory=dict)  # catalogue number -> reason


class Exclusion(Strict):
    """A rule a profile leaves out, with the reason."""

    rule: str
    reason: Text


class Profile(Strict):
    """What a platform is measured against; may extend one other profile."""

    title: Text
    extends: str | None = None
    platforms: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    include: tuple[str, ...] = ()  # rules that no clause asks for
    exclude: tuple[Exclusion, ...] = ()
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Waiver(Strict):
    """A dated exception; it marks a failure and never changes the verdict."""

    rule: str
    subjects: Annotated[
        tuple[str, ...],
        Field(
            min_length=1,
            description=(
                "Hosts by name or pattern (web*). A pattern of nothing but wildcards (*) is "
                "refused: it would hide the rule for the whole fleet, hosts not yet bought "
                "included. What no host has to meet is left out of the profile (exclude), with a "
                "reason."
            ),
        ),
    ]
    reason: Sentence
    owner: Sentence
    compensating: Sentence
    approved: date
    expires: date


class WaiverFile(Strict):
    """A file of waivers."""

    waivers: tuple[Waiver, ...]


class Platform(Strict):
    """A platform: the families it belongs to, most general first, and its name for people."""

    title: Text
    family: Annotated[tuple[str, ...], Field(min_length=1)]


class PlatformFile(Strict):
    """All platforms by name."""

    platforms: dict[str, Platform]
