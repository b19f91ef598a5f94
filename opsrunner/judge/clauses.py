"""Findings -> verdict on each clause, per host and over the fleet, as level assessment does it.

A failing rule makes its clause 不符合, or 部分符合 when another rule of it holds. Nothing unknown
is ever 符合, and a clause that needs a document (``coverage`` part or evidence) is 未知 until a
person attached one, whatever the machine found in order. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from opsrunner.models import ClauseVerdict, Finding, Verdict
from opsrunner.policy.models import Clause

_PERSON = {
    Verdict.PASS.value: ClauseVerdict.COMPLIANT,
    Verdict.FAIL.value: ClauseVerdict.NON_COMPLIANT,
    Verdict.NOT_APPLICABLE.value: ClauseVerdict.NOT_APPLICABLE,
}
_WORST_FIRST = (
    ClauseVerdict.NON_COMPLIANT,
    ClauseVerdict.PARTIAL,
    ClauseVerdict.UNKNOWN,
    ClauseVerdict.COMPLIANT,
    ClauseVerdict.NOT_APPLICABLE,
)


def of_subject(
    clauses: Iterable[Clause],
    findings: Iterable[Finding],
    attached: Mapping[str, str],
    asked: Mapping[str, int],
) -> dict[str, ClauseVerdict]:
    """Given the clauses, a subject's findings and what persons attached, return the verdicts.

    ``attached`` maps a clause id to the verdict a person stated with a document; ``asked`` to
    the number of rules its profile has for it: when fewer were judged (``--rule``), the rest of
    the clause was not looked at.
    """
    by_clause: dict[str, list[Verdict]] = {}
    for finding in findings:
        for clause_id in finding.clauses:
            by_clause.setdefault(clause_id, []).append(finding.verdict)
    for clause_id, number in asked.items():
        judged = by_clause.setdefault(clause_id, [])
        judged += [Verdict.UNKNOWN] * (number - len(judged))
    return {
        clause.id: _verdict(clause, by_clause.get(clause.id, []), stated(attached.get(clause.id)))
        for clause in clauses
    }


def stated(word: str | None) -> ClauseVerdict | None:
    """Given what a person stated, in either vocabulary, return the clause verdict."""
    return None if word is None else _PERSON.get(word) or ClauseVerdict(word)


def _verdict(
    clause: Clause, verdicts: Sequence[Verdict], person: ClauseVerdict | None,
) -> ClauseVerdict:
    machine = _machine(verdicts)
    if machine in (ClauseVerdict.NON_COMPLIANT, ClauseVerdict.PARTIAL):
        return worse(machine, person) if person else machine
    if Verdict.UNKNOWN in verdicts:  # a document does not make up for what was not looked at
        return worse(ClauseVerdict.UNKNOWN, person) if person else ClauseVerdict.UNKNOWN
    if person:
        return person
    if clause.coverage == "auto" and Verdict.MANUAL not in verdicts and machine:
        return machine
    all_away = machine is ClauseVerdict.NOT_APPLICABLE and Verdict.MANUAL not in verdicts
    return ClauseVerdict.NOT_APPLICABLE if all_away else ClauseVerdict.UNKNOWN


def _machine(verdicts: Sequence[Verdict]) -> ClauseVerdict | None:
    """Return what the rules alone say; None when there is no rule."""
    if Verdict.FAIL in verdicts:
        partly = Verdict.PASS in verdicts
        return ClauseVerdict.PARTIAL if partly else ClauseVerdict.NON_COMPLIANT
    if Verdict.UNKNOWN in verdicts or Verdict.MANUAL in verdicts:
        return ClauseVerdict.UNKNOWN
    if Verdict.PASS in verdicts:
        return ClauseVerdict.COMPLIANT
    return ClauseVerdict.NOT_APPLICABLE if verdicts else None


def worse(one: ClauseVerdict, other: ClauseVerdict) -> ClauseVerdict:
    """Given two verdicts, return the worse one."""
    return min(one, other, key=_WORST_FIRST.index)


def of_fleet(hosts: Mapping[ClauseVerdict, int]) -> ClauseVerdict:
    """Given how many hosts have which verdict on a clause, return the fleet's.

    All that apply fail: 不符合. Some fail: 部分符合. None fails but one is unknown: 未知.
    """
    def there(verdict: ClauseVerdict) -> bool:
        return hosts.get(verdict, 0) > 0

    if there(ClauseVerdict.PARTIAL):
        return ClauseVerdict.PARTIAL
    if there(ClauseVerdict.NON_COMPLIANT):
        partly = there(ClauseVerdict.COMPLIANT)
        return ClauseVerdict.PARTIAL if partly else ClauseVerdict.NON_COMPLIANT
    if there(ClauseVerdict.UNKNOWN) or not any(hosts.values()):
        return ClauseVerdict.UNKNOWN
    compliant = there(ClauseVerdict.COMPLIANT)
    return ClauseVerdict.COMPLIANT if compliant else ClauseVerdict.NOT_APPLICABLE
