"""A fixed, fictitious fleet: every verdict and reason a reader can meet, and a hostile host.

The counting here is the sample's own, so that the writers are tested against plain numbers.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from opsrunner.models import ClauseVerdict, Finding, RunInfo, Severity, Verdict
from opsrunner.report.document import ClauseRow, Document, RuleText, SubjectRow, Tally

_DATA = yaml.safe_load((Path(__file__).parent / "sample.yml").read_text(encoding="utf-8"))

RUN = RunInfo(
    id="20260302T011503Z-7f3a",
    activity="check",
    started="2026-03-02T01:15:03Z",
    ended="2026-03-02T01:15:41Z",
    inventory="inventories/sample",
    policy_sha256=hashlib.sha256(b"sample policies").hexdigest(),
    operator="zhang.wei",
    code_version="0.1.0",
)


@dataclass(frozen=True)
class Stream:
    """Findings held in memory, with the reading interface of a store."""

    findings: Sequence[Finding]

    def __call__(self, subject: str | None = None) -> Iterator[Finding]:
        """Given a subject or None, return its findings or all."""
        return iter([f for f in self.findings if subject in (None, f.subject)])


def tally(findings: Sequence[Finding]) -> Tally:
    """Given findings, return their counts."""
    failing = [f for f in findings if f.verdict is Verdict.FAIL]
    return Tally(
        verdicts=Counter(f.verdict for f in findings),
        failing=Counter(f.severity for f in failing),
        waived=sum(f.waived is not None for f in failing),
    )


def clause_verdict(findings: Sequence[Finding]) -> ClauseVerdict:
    """Given the findings of one clause, return a verdict good enough for a sample."""
    seen = {f.verdict for f in findings} - {Verdict.NOT_APPLICABLE}
    if not seen:
        return ClauseVerdict.NOT_APPLICABLE if findings else ClauseVerdict.UNKNOWN
    if Verdict.FAIL in seen:
        return ClauseVerdict.PARTIAL if Verdict.PASS in seen else ClauseVerdict.NON_COMPLIANT
    return ClauseVerdict.COMPLIANT if seen == {Verdict.PASS} else ClauseVerdict.UNKNOWN


def rules() -> dict[str, RuleText]:
    """Return the sample's rules by id."""
    return {
        rule_id: RuleText(
            id=rule_id,
            catalogue=rule["catalogue"],
            title=rule["title"],
            rationale=rule["rationale"],
            remedy=rule["remedy"],
            severity=Severity(rule["severity"]),
            danger=rule["danger"],
            clauses=tuple(rule["clauses"]),
        )
        for rule_id, rule in _DATA["rules"].items()
    }


def findings() -> list[Finding]:
    """Return every finding of the sample, host by host."""
    return [
        _finding(host, rule_id, rule)
        for host in _DATA["hosts"]
        for rule_id, rule in _DATA["rules"].items()
        if host["platform"] in rule.get("platforms", [host["platform"]])
    ]


def _finding(host: Mapping[str, Any], rule_id: str, rule: Mapping[str, Any]) -> Finding:
    told = host["results"].get(rule_id) or host.get("otherwise") or {"verdict": "pass"}
    verdict = Verdict(told["verdict"])
    blob = f"{host['id']} {rule_id}".encode()
    return Finding(
        kind="host",
        subject=host["id"],
        rule=rule_id,
        severity=Severity(rule["severity"]),
        verdict=verdict,
        reason=told.get("reason"),
        observed=told.get("observed", rule["good"] if verdict is Verdict.PASS else None),
        expected=rule["expected"],
        clauses=tuple(rule["clauses"]),
        waived=told.get("waived"),
        evidence=hashlib.sha256(blob).hexdigest() if host["reached"] else None,
    )


def document() -> Document:
    """Return the whole sample."""
    every = findings()
    rows = [
        _subject(host, [f for f in every if f.subject == host["id"]]) for host in _DATA["hosts"]
    ]
    return Document(
        run=RUN,
        subjects=rows,
        rules=rules(),
        clauses=[_clause(clause, every, rows) for clause in _DATA["clauses"]],
        tally=tally(every),
        reached=sum(row.reached for row in rows),
        findings=Stream(every),
        head=hashlib.sha256(b"sample head").hexdigest(),
        notes=_DATA["notes"],
        standard=_DATA["standard"],
    )


def _high_risk(findings: Sequence[Finding]) -> int:
    return sum(
        f.verdict is Verdict.FAIL and f.severity is Severity.CRITICAL and not f.waived
        for f in findings
    )


def _subject(host: Mapping[str, Any], own: Sequence[Finding]) -> SubjectRow:
    return SubjectRow(
        kind="host",
        id=host["id"],
        platform=host["platform"],
        profile=f"gbt22239-l3-{host['platform']}",
        groups=(host["platform"],),
        attributes=host["attributes"],
        rules=len(own),
        reached=host["reached"],
        reason=host.get("reason"),
        tally=tally(own),
        clauses={
            clause["id"]: _settled(clause)
            or clause_verdict([f for f in own if clause["id"] in f.clauses])
            for clause in _DATA["clauses"]
        },
        high_risk=_high_risk(own),
    )


def _settled(clause: Mapping[str, Any]) -> ClauseVerdict | None:
    """Given a clause, return the verdict a person gave it in the sample, if any."""
    return ClauseVerdict(clause["settled"]) if "settled" in clause else None


def _clause(
    clause: Mapping[str, Any],
    every: Sequence[Finding],
    rows: Sequence[SubjectRow],
) -> ClauseRow:
    own = [f for f in every if clause["id"] in f.clauses]
    return ClauseRow(
        id=clause["id"],
        title=clause["title"],
        coverage=clause["coverage"],
        verdict=_settled(clause) or clause_verdict(own),
        hosts=Counter(row.clauses[clause["id"]] for row in rows),
        high_risk=_high_risk(own) > 0,
        rules=tuple(sorted({f.rule for f in own})),
        pending=clause.get("pending") or {},
        documents=tuple(clause.get("documents") or ()),
    )
