"""What every report writer is given: one finished summary, and the findings as a stream.

``summary.py`` is the only place that counts; writers render and compute nothing. Findings are
read again from the store for every pass, so a report over 10,000 hosts holds one host at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from opsrunner.models import ClauseVerdict, Finding, RunInfo, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of findings: by verdict, failing by severity, and how many failures are waived.

    ``fail`` includes the waived ones; ``waived`` says how many of them carry a valid waiver.
    """

    verdicts: Mapping[Verdict, int]
    failing: Mapping[Severity, int]
    waived: int = 0

    @property
    def total(self) -> int:
        """Return the number of findings counted."""
        return sum(self.verdicts.values())

    @property
    def score(self) -> float | None:
        """Return pass / (pass + fail) as 0..1, None when nothing was evaluated ("no score")."""
        passed, failed = self.verdicts.get(Verdict.PASS, 0), self.verdicts.get(Verdict.FAIL, 0)
        return passed / (passed + failed) if passed + failed else None

    @property
    def rounded_score(self) -> float | None:
        """Return the score to four digits; 1 and 0 only when it is exactly that."""
        if self.score is None or self.score in (0, 1):
            return self.score
        return min(max(round(self.score, 4), 0.0001), 0.9999)

    @property
    def score_text(self) -> str:
        """Return the score for people; 100 % and 0 % only when it is exactly that."""
        if self.score is None:
            return "—"
        percent = round(self.score * 100, 1)
        if percent >= 100 and self.score < 1:  # noqa: PLR2004 - percent
            percent = 99.9
        if percent <= 0 and self.score > 0:
            percent = 0.1
        return f"{percent:g}%"


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One subject of the run with its counts and its verdict on every clause."""

    kind: str
    id: str
    platform: str
    profile: str
    groups: tuple[str, ...]
    attributes: Mapping[str, Any]
    rules: int
    reached: bool
    reason: str | None
    tally: Tally
    clauses: Mapping[str, ClauseVerdict]
    high_risk: int = 0  # failing, unwaived findings that are high-risk cases

    def as_json(self) -> dict[str, Any]:
        """Return the subject in the JSON form ``format: 1``."""
        return {
            "kind": self.kind,
            "id": self.id,
            "platform": self.platform,
            "profile": self.profile,
            "rules": self.rules,
            "reached": self.reached,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a report tells of a rule, in both languages: ``{"zh": ..., "en": ...}``."""

    id: str
    catalogue: str
    title: Mapping[str, str]
    rationale: Mapping[str, str]
    remedy: Mapping[str, str]
    severity: Severity
    danger: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause of the standard over the whole fleet.

    ``coverage``: ``auto`` (a machine can give the verdict), ``part`` or ``evidence``;
    ``hosts`` counts subjects by verdict; ``high_risk`` marks a failing high-risk case;
    ``pending`` says what a person still has to attach, empty when nothing.
    """

    id: str
    title: Mapping[str, str]
    coverage: str
    verdict: ClauseVerdict
    hosts: Mapping[ClauseVerdict, int]
    high_risk: bool
    rules: tuple[str, ...]
    pending: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()  # SHA-256 of attached evidence


class FindingStream(Protocol):
    """Findings of the run, read afresh on each call."""

    def __call__(self, subject: str | None = None) -> Iterator[Finding]:
        """Given a subject id, return its findings; given None, those of all subjects in order."""


@dataclass(frozen=True, slots=True)
class Document:
    """The whole finished report: who, what, how many, and where the findings stream from."""

    run: RunInfo
    subjects: Sequence[SubjectRow]
    rules: Mapping[str, RuleText]
    clauses: Sequence[ClauseRow]
    tally: Tally
    reached: int
    findings: FindingStream
    head: str | None = None  # chain head after the run, for ``verify --expect``
    notes: Sequence[Mapping[str, str]] = ()  # e.g. left-out catalogue numbers, zh and en
    standard: Mapping[str, str] = field(default_factory=dict)  # what the clauses are of, zh and en
    language: Literal["zh", "en"] = "zh"  # that a report begins in where its reader can switch

    def summary_json(self) -> dict[str, Any]:
        """Return the ``summary`` member of the JSON form: counts, score, clause verdicts."""
        return {
            "subjects": len(self.subjects),
            "reached": self.reached,
            "unreached": len(self.subjects) - self.reached,
            "findings": self.tally.total,
            "verdicts": {v.value: self.tally.verdicts.get(v, 0) for v in Verdict},
            "failing": {s.value: self.tally.failing.get(s, 0) for s in Severity},
            "waived": self.tally.waived,
            "score": self.tally.rounded_score,
            "clauses": {
                row.id: {"verdict": row.verdict.value, "high_risk": row.high_risk}
                for row in self.clauses
            },
        }
