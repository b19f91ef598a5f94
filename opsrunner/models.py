"""The nouns every part shares, all frozen: subject, frame, observation, finding, run.

Shapes follow the JSON form of a report (``format: 1``); see ``opsrunner/report/schema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a rule says of a subject. ``unknown`` is never fine and never makes a score."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    MANUAL = "manual"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How bad a failing rule is; ``critical`` is a high-risk case of the assessment guide."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 (low) to 3 (critical), for comparing."""
        return list(Severity).index(self)


class Reason(StrEnum):
    """Why a verdict is ``unknown``. A finding's ``reason`` is ``CODE`` or ``CODE: detail``."""

    UNREACHABLE = "unreachable"  # no connection, or the login was refused
    DENIED = "denied"  # connected, but not allowed to look (sudo, permissions)
    TIMEOUT = "timeout"  # a probe, the host or a rule's computing was cut after its limit
    TRUNCATED = "truncated"  # output over the cap, or its end mark missing
    MISSING_TOOL = "missing_tool"  # the tool that would say is not on the host
    UNPARSABLE = "unparsable"  # output is there, its meaning is not certain
    NOT_COLLECTED = "not_collected"  # the stored observation does not hold what the rule needs
    PROBE_FAILED = "probe_failed"  # the probe ended with an error of its own
    RULE_CRASHED = "rule_crashed"  # a fault of ours; the other rules are unaffected
    INTERRUPTED = "interrupted"  # the run ended before this subject was finished


class ClauseVerdict(StrEnum):
    """Verdict on one clause of the standard, in the words of level assessment (等级测评)."""

    COMPLIANT = "符合"
    PARTIAL = "部分符合"
    NON_COMPLIANT = "不符合"
    NOT_APPLICABLE = "不适用"
    UNKNOWN = "未知"


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be judged: a host today; a database, an account or a backup set tomorrow.

    ``platform`` is declared by the inventory group, so an unreachable host has one too;
    ``attributes`` holds the ledger fields (system, address, owner) as plain JSON values.
    """

    kind: str
    id: str
    platform: str
    profile: str
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """What one probe printed on one host: bytes as they came, exit code, and how it ended.

    ``truncated``: output over the cap. ``complete``: the end mark was seen.
    ``exit_code`` is None when the probe never ended; 124 and 137 mean cut by its limit.
    """

    name: str
    exit_code: int | None
    stdout: bytes
    stderr: bytes = b""
    truncated: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything one round trip to one subject brought back, failure to get there included."""

    subject: str
    reached: bool
    reason: str | None
    frames: Mapping[str, Frame]
    started: str
    ended: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict on one subject; every rule of its profile gives exactly one.

    ``observed`` and ``expected`` are JSON values; ``evidence`` is the SHA-256 of the stored
    blob the verdict rests on, None when nothing could be collected.
    """

    kind: str
    subject: str
    rule: str
    severity: Severity
    verdict: Verdict
    reason: str | None
    observed: Any
    expected: Any
    clauses: tuple[str, ...]
    waived: Mapping[str, str] | None
    evidence: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the finding in the JSON form ``format: 1``."""
        return {
            "subject": {"kind": self.kind, "id": self.subject},
            "rule": self.rule,
            "severity": self.severity.value,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "observed": self.observed,
            "expected": self.expected,
            "clauses": list(self.clauses),
            "waived": dict(self.waived) if self.waived else None,
            "evidence": self.evidence,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Given the JSON form, return the finding. Raise KeyError or ValueError otherwise."""
        return cls(
            kind=data["subject"]["kind"],
            subject=data["subject"]["id"],
            rule=data["rule"],
            severity=Severity(data["severity"]),
            verdict=Verdict(data["verdict"]),
            reason=data["reason"],
            observed=data["observed"],
            expected=data["expected"],
            clauses=tuple(data["clauses"]),
            waived=data["waived"],
            evidence=data["evidence"],
        )


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A figure that nobody knows, and why; never a zero.

    ``code`` has its Chinese in ``opsrunner/report/unmeasured.py``.
    """

    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Who did what when, with which inputs; times are ISO 8601 in UTC with a ``Z``."""

    id: str
    activity: str
    started: str
    ended: str | None
    inventory: str
    policy_sha256: str
    operator: str
    code_version: str
    status: str = "finished"  # running, finished, interrupted, failed
    options: Mapping[str, Any] = field(default_factory=dict)
