"""The only arithmetic: a recorded run and the policies it was judged by -> a ``Document``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from opsrunner.evidence.records import AttachedDocument, SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.judge.clauses import of_fleet
from opsrunner.judge.subject import FINDINGS
from opsrunner.models import ClauseVerdict, Finding, RunInfo, Severity, Subject, Verdict
from opsrunner.policy.load import Policies
from opsrunner.policy.models import Clause, Rule
from opsrunner.policy.resolve import select
from opsrunner.policy.texts import filled
from opsrunner.report.document import ClauseRow, Document, RuleText, SubjectRow, Tally
from opsrunner.report.findings import decode


def summarise(
    store: Store,
    run: RunInfo,
    policies: Policies,
    subjects: Mapping[str, Subject],
) -> Document:
    """Given a finished run, its policies and the inventory's subjects, return the document.

    ``subjects`` lends groups and ledger fields; a subject that is no longer there has none.
    """
    records = sorted(store.subject_records(run.id), key=lambda record: (record.kind, record.id))
    rows = [_subject_row(record, subjects.get(record.id)) for record in records]
    rules = rule_texts(policies, {(record.profile, record.platform) for record in records})
    return Document(
        run=run,
        subjects=rows,
        rules=rules,
        clauses=_clause_rows(policies, rows, _risky(records), store.documents()),
        tally=_sum([row.tally for row in rows]),
        reached=sum(row.reached for row in rows),
        findings=_Stream(store, records),
        head=store.details(run.id).head,
        notes=_notes(policies),
        standard=_standard(policies),
    )


class _Stream:
    """Findings read from the store, one subject at a time, in the order of the subjects."""

    def __init__(self, store: Store, records: Sequence[SubjectRecord]) -> None:
        self._store = store
        self._records: dict[str, list[SubjectRecord]] = {}
        for record in records:
            self._records.setdefault(record.id, []).append(record)
        self._all = records

    def __call__(self, subject: str | None = None) -> Iterator[Finding]:
        """Given a subject, yield its findings; given None, those of all."""
        chosen = self._all if subject is None else self._records[subject]
        for record in chosen:
            data = self._store.get(record.blobs[FINDINGS])
            yield from decode(data, record.kind, record.id, record.blobs)


def _subject_row(record: SubjectRecord, subject: Subject | None) -> SubjectRow:
    tally = record.tally
    return SubjectRow(
        kind=record.kind,
        id=record.id,
        platform=record.platform,
        profile=record.profile,
        groups=subject.groups if subject else (),
        attributes=subject.attributes if subject else {},
        rules=record.rules,
        reached=record.reached,
        reason=record.reason,
        tally=_tally(tally),
        clauses={key: ClauseVerdict(value) for key, value in tally["clauses"].items()},
        high_risk=tally["high_risk"],
    )


def _tally(data: Mapping[str, Any]) -> Tally:
    return Tally(
        verdicts={Verdict(key): count for key, count in data["verdicts"].items()},
        failing={Severity(key): count for key, count in data["failing"].items()},
        waived=data["waived"],
    )


def _sum(tallies: Sequence[Tally]) -> Tally:
    verdicts: Counter[Verdict] = Counter()
    failing: Counter[Severity] = Counter()
    for tally in tallies:
        verdicts.update(tally.verdicts)
        failing.update(tally.failing)
    return Tally(dict(verdicts), dict(failing), sum(tally.waived for tally in tallies))


def rule_texts(policies: Policies, kinds: Iterable[tuple[str, str]]) -> dict[str, RuleText]:
    """Given policies and the run's profiles with their platforms, return every rule's texts.

    What profiles override is named as they have it, each value once.
    """
    used: dict[str, list[Mapping[str, Any]]] = {}
    for profile, platform in sorted(kinds):
        if profile in policies.profiles and platform in policies.platforms:
            for one in select(profile, policies, platform):
                used.setdefault(one.id, []).append(one.parameters)
    asking: dict[str, list[str]] = {}
    for clause in _clauses(policies):
        for rule in clause.rules:
            asking.setdefault(rule, []).append(clause.id)
    return {
        name: _rule_text(name, filled(rule, *used.get(name, ())), tuple(asking.get(name, ())))
        for name, rule in policies.rules.items()
    }


def _rule_text(name: str, rule: Rule, clauses: tuple[str, ...]) -> RuleText:
    return RuleText(
        id=name,
        catalogue=rule.catalogue,
        title=rule.title.model_dump(),
        rationale=rule.rationale.model_dump(),
        remedy=rule.remediation.text.model_dump(),
        severity=rule.severity,
        danger=rule.danger.level,
        clauses=clauses,
    )


def _clauses(policies: Policies) -> list[Clause]:
    return [clause for control in policies.controls.values() for clause in control.clauses]


def _clause_rows(
    policies: Policies,
    rows: Sequence[SubjectRow],
    risky: set[str],
    documents: Sequence[AttachedDocument],
) -> list[ClauseRow]:
    return [_clause_row(clause, rows, risky, documents) for clause in _clauses(policies)]


def _risky(records: Sequence[SubjectRecord]) -> set[str]:
    """Return the clauses on which some host fails a high-risk case that nobody waived."""
    return {clause for record in records for clause in record.tally["high_risk_clauses"]}


def _clause_row(
    clause: Clause,
    rows: Sequence[SubjectRow],
    risky: set[str],
    documents: Sequence[AttachedDocument],
) -> ClauseRow:
    hosts = Counter(row.clauses[clause.id] for row in rows if clause.id in row.clauses)
    verdict = of_fleet(hosts)
    waits = clause.evidence is not None and hosts[ClauseVerdict.UNKNOWN] > 0
    return ClauseRow(
        id=clause.id,
        title={
            "zh": f"{clause.point.zh}：{clause.requirement.zh}",
            "en": f"{clause.point.en}: {clause.requirement.en}",
        },
        coverage=clause.coverage,
        verdict=verdict,
        hosts={verdict: hosts[verdict] for verdict in ClauseVerdict},
        high_risk=clause.high_risk is not None and clause.id in risky,
        rules=clause.rules,
        pending=clause.evidence.model_dump() if clause.evidence and waits else {},
        documents=tuple(d.sha256 for d in documents if d.clause == clause.id),
    )


def _notes(policies: Policies) -> list[dict[str, str]]:
    return [
        {"zh": f"{number} 未纳入：{text.zh}", "en": f"{number} left out: {text.en}"}
        for control in policies.controls.values()
        for number, text in control.left_out.items()
    ]


def _standard(policies: Policies) -> dict[str, str]:
    titles = [control.title for control in policies.controls.values()]
    return {"zh": "；".join(t.zh for t in titles), "en": "; ".join(t.en for t in titles)}
