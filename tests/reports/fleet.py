"""A synthetic fleet of any size, made up while it is read: for page limits and for measuring."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from opsrunner.models import ClauseVerdict, Finding, Severity, Verdict
from opsrunner.report.document import ClauseRow, Document, RuleText, SubjectRow, Tally
from tests.reports import sample

_PLATFORMS = ("centos7", "redhat8", "kylin10", "centos6")
_CLAUSES = tuple(f"8.1.4.{point}.{letter}" for point in range(1, 12) for letter in "abc")
# 1 in 20 unknown, 1 in 4 failing: a fleet before its first hardening.
_VERDICTS = (
    *([Verdict.FAIL] * 5),
    Verdict.UNKNOWN,
    Verdict.MANUAL,
    Verdict.NOT_APPLICABLE,
    *([Verdict.PASS] * 12),
)
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True)
class Fleet:
    """Findings of ``hosts`` hosts with ``rules`` rules each; no two hosts observe the same."""

    hosts: int
    rules: int

    def __call__(self, subject: str | None = None) -> Iterator[Finding]:
        """Given a subject or None, make up its findings or all."""
        numbers = range(self.hosts) if subject is None else (int(subject.rpartition("-")[2]),)
        for number in numbers:
            yield from self.of(number)

    def of(self, number: int) -> Iterator[Finding]:
        """Given the number of a host, make up its findings."""
        name, evidence = _name(number), hashlib.sha256(str(number).encode()).hexdigest()
        for rule in range(self.rules):
            verdict = _VERDICTS[(number * 7 + rule * 13) % len(_VERDICTS)]
            yield Finding(
                kind="host",
                subject=name,
                rule=f"topic_setting_{rule:03d}",
                severity=_SEVERITIES[rule % len(_SEVERITIES)],
                verdict=verdict,
                reason="denied: sudo: a password is required"
                if verdict is Verdict.UNKNOWN
                else None,
                observed=f"value {number * 31 + rule} of {name}",
                expected={"at_most": rule},
                clauses=(_CLAUSES[rule % len(_CLAUSES)],),
                waived=None,
                evidence=evidence,
            )


def _name(number: int) -> str:
    return f"host-{number:05d}"


def document(hosts: int, rules: int) -> Document:
    """Given a size, return a document whose findings are made up on every read."""
    fleet = Fleet(hosts, rules)
    rows = [_subject(fleet, number) for number in range(hosts)]
    whole = Counter[Verdict]()
    failing = Counter[Severity]()
    for row in rows:
        whole.update(row.tally.verdicts)
        failing.update(row.tally.failing)
    return Document(
        run=sample.RUN,
        subjects=rows,
        rules={text.id: text for text in map(_rule, range(rules))},
        clauses=[_clause(clause, hosts) for clause in _CLAUSES],
        tally=Tally(whole, failing),
        reached=hosts,
        findings=fleet,
    )


def _subject(fleet: Fleet, number: int) -> SubjectRow:
    platform = _PLATFORMS[number % len(_PLATFORMS)]
    own = list(fleet.of(number))
    return SubjectRow(
        kind="host",
        id=_name(number),
        platform=platform,
        profile=f"gbt22239-l3-{platform}",
        groups=(platform,),
        attributes={"system": f"业务系统 {number % 40}", "address": f"10.1.{number // 250}.1"},
        rules=fleet.rules,
        reached=True,
        reason=None,
        tally=sample.tally(own),
        clauses=dict.fromkeys(_CLAUSES, ClauseVerdict.PARTIAL),
    )


def _rule(number: int) -> RuleText:
    return RuleText(
        id=f"topic_setting_{number:03d}",
        catalogue=f"LNX-XX-{number:02d}",
        title={"zh": f"设置项 {number} 符合要求", "en": f"Setting {number} is as required"},
        rationale={
            "zh": "不符合时系统容易受到攻击。" * 3,
            "en": "Otherwise it is open to attack. " * 3,
        },
        remedy={"zh": "按基线修改配置并验证。" * 3, "en": "Change the setting and verify. " * 3},
        severity=_SEVERITIES[number % len(_SEVERITIES)],
        danger="low",
        clauses=(_CLAUSES[number % len(_CLAUSES)],),
    )


def _clause(clause: str, hosts: int) -> ClauseRow:
    return ClauseRow(
        id=clause,
        title={"zh": "要求", "en": "Requirement"},
        coverage="auto",
        verdict=ClauseVerdict.PARTIAL,
        hosts={ClauseVerdict.PARTIAL: hosts},
        high_risk=False,
        rules=("topic_setting_000",),
    )
