"""All rules of one subject over its frames: findings, counts, clause verdicts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from opsrunner.evidence.records import AttachedDocument
from opsrunner.facts.base import Host, probes_for
from opsrunner.judge import clauses as clause_rules
from opsrunner.judge.engine import finding, unreached
from opsrunner.judge.memo import Memo
from opsrunner.models import ClauseVerdict, Finding, Frame, Severity, Subject, Verdict
from opsrunner.policy.crosscheck import conditions
from opsrunner.policy.models import Clause, Waiver
from opsrunner.policy.resolve import Selected

FINDINGS = "findings"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a subject is judged by: rules, clauses, exceptions, documents, and the day it is."""

    rules: Sequence[Selected]
    labels: Mapping[str, str]  # rule id -> label of the blob its verdict rests on
    memo: Memo
    clauses: Sequence[Clause]
    asked: Mapping[str, int]  # clause id -> how many rules its profile has for it
    waivers: Sequence[Waiver]
    documents: Sequence[AttachedDocument]
    today: date


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out for one subject; ``tally`` is what its record keeps."""

    findings: tuple[Finding, ...]
    tally: Mapping[str, Any]


def probes_of(selected: Selected) -> frozenset[str]:
    """Given a selected rule, return the probes it needs, those of its context included."""
    facts = [c.fact for c in conditions(selected.rule) if c.fact] + list(selected.rule.context)
    return frozenset().union(*(probes_for(fact) for fact in facts))


def judge_subject(
    subject: Subject,
    frames: Mapping[str, Frame],
    reason: str | None,
    blobs: Mapping[str, str],
    by: Yardstick,
) -> Judged:
    """Given a subject, its frames (or why there are none), their blobs and a yardstick, judge it.

    Every rule gives exactly one finding, whatever happened.
    """
    documents = [d for d in by.documents if d.subject in (None, subject.id)]
    documents = [d for d in documents if d.valid_on(by.today)]
    documents.sort(key=lambda d: d.subject is not None)  # the last counts: the host's own
    host = Host(subject.platform, frames, by.memo.facts)
    findings = []
    for selected in by.rules:
        if reason is not None:
            found = unreached(selected, subject, reason)
        else:
            outcome = by.memo.outcome(selected, host)
            found = finding(selected, subject, outcome, blobs.get(by.labels[selected.id]))
        if found.verdict is Verdict.MANUAL:
            found = _answered(found, documents)
        elif found.verdict is Verdict.FAIL:
            found = _waived(found, by.waivers, by.today)
        findings.append(found)
    attached = {d.clause: d.verdict for d in documents if d.clause}
    verdicts = clause_rules.of_subject(by.clauses, findings, attached, by.asked)
    return Judged(tuple(findings), tally(findings, verdicts))


def _answered(found: Finding, documents: Iterable[AttachedDocument]) -> Finding:
    """Give a manual rule the verdict a person stated with a document; the newest counts."""
    for document in documents:
        if document.rule == found.rule:
            found = replace(
                found,
                verdict=_STATED.get(document.verdict) or Verdict(document.verdict),
                reason=f"document: {document.file}, by {document.by}",
                evidence=document.sha256,
            )
    return found


def _waived(found: Finding, waivers: Iterable[Waiver], today: date) -> Finding:
    for waiver in waivers:
        if waiver.rule == found.rule and waiver.approved <= today <= waiver.expires and any(
            fnmatchcase(found.subject, pattern) for pattern in waiver.subjects
        ):
            mark = waiver.model_dump(mode="json", include=_WAIVER_FIELDS)
            return replace(found, waived=mark)
    return found


# A person may answer for a rule in the words of a clause.
_STATED = {
    ClauseVerdict.COMPLIANT.value: Verdict.PASS,
    ClauseVerdict.PARTIAL.value: Verdict.FAIL,
    ClauseVerdict.NON_COMPLIANT.value: Verdict.FAIL,
    ClauseVerdict.NOT_APPLICABLE.value: Verdict.NOT_APPLICABLE,
}
_WAIVER_FIELDS = {"reason", "owner", "compensating", "approved", "expires"}


def tally(
    findings: Iterable[Finding], verdicts: Mapping[str, ClauseVerdict],
) -> dict[str, Any]:
    """Given findings and clause verdicts, return the counts that a subject's record keeps."""
    by_verdict: Counter[Verdict] = Counter()
    failing: Counter[Severity] = Counter()
    waived = 0
    risky: list[Finding] = []
    for found in findings:
        by_verdict[found.verdict] += 1
        if found.verdict is Verdict.FAIL:
            failing[found.severity] += 1
            waived += found.waived is not None
            if found.waived is None and found.severity is Severity.CRITICAL:
                risky.append(found)
    return {
        "verdicts": {verdict.value: count for verdict, count in by_verdict.items()},
        "failing": {severity.value: count for severity, count in failing.items()},
        "waived": waived,
        "high_risk": len(risky),
        "high_risk_clauses": sorted({clause for finding in risky for clause in finding.clauses}),
        "clauses": {clause: verdict.value for clause, verdict in verdicts.items()},
    }
