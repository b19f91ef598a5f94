"""Clause verdicts: never 符合 by default, never better than what was seen."""

from __future__ import annotations

import pytest

from opsrunner.judge.clauses import of_fleet, of_subject
from opsrunner.models import ClauseVerdict, Finding, Severity, Verdict
from opsrunner.policy.models import Clause

P, F, N, U, M = (
    Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE, Verdict.UNKNOWN, Verdict.MANUAL,
)


def clause(coverage: str) -> Clause:
    """Given a coverage, return a clause of it."""
    text = {"zh": "要求", "en": "text"}
    return Clause.model_validate(
        {"id": "8.1.4.1.a", "item": "L3-CES1-01", "point": text, "requirement": text,
         "coverage": coverage, "rules": ["a_rule"], "evidence": text},
    )


def judged(
    coverage: str, verdicts: list[Verdict], person: str | None = None, left_out: int = 0,
) -> str:
    """Given a coverage, rule verdicts and what a person stated, return the clause verdict."""
    findings = [
        Finding("host", "h", f"r{i}", Severity.HIGH, verdict, None, None, None, ("8.1.4.1.a",),
                None, None)
        for i, verdict in enumerate(verdicts)
    ]
    attached = {"8.1.4.1.a": person} if person else {}
    asked = {"8.1.4.1.a": len(findings) + left_out}
    return of_subject([clause(coverage)], findings, attached, asked)["8.1.4.1.a"].value


@pytest.mark.parametrize(
    ("coverage", "verdicts", "person", "expected"),
    [
        ("auto", [P, P], None, "符合"), ("auto", [P, F], None, "部分符合"),
        ("auto", [F, F], None, "不符合"), ("auto", [P, U], None, "未知"),
        ("auto", [F, U], None, "不符合"), ("auto", [P, F, U], None, "部分符合"),
        ("auto", [N, N], None, "不适用"), ("auto", [P, N], None, "符合"),
        ("auto", [P, M], None, "未知"), ("auto", [P, M], "符合", "符合"),
        ("auto", [P, U], "符合", "未知"), ("auto", [P, F], "符合", "部分符合"),
        ("part", [P, P], None, "未知"), ("part", [P, P], "pass", "符合"),
        ("part", [P, P], "不符合", "不符合"), ("part", [F, F], "符合", "不符合"),
        ("evidence", [], None, "未知"), ("evidence", [], "符合", "符合"),
        ("evidence", [], "not_applicable", "不适用"), ("part", [N], None, "不适用"),
    ],
)
def test_a_hosts_clause(
    coverage: str, verdicts: list[Verdict], person: str | None, expected: str,
) -> None:
    assert judged(coverage, verdicts, person) == expected


def test_a_clause_of_which_some_rules_were_not_selected_is_never_compliant() -> None:
    assert judged("auto", [P, P], left_out=1) == "未知"
    assert judged("auto", [], left_out=2) == "未知"
    assert judged("auto", [F], left_out=1) == "不符合"


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ({"符合": 3}, "符合"), ({"符合": 3, "不适用": 1}, "符合"), ({"不适用": 2}, "不适用"),
        ({"符合": 3, "未知": 1}, "未知"), ({"符合": 3, "不符合": 1}, "部分符合"),
        ({"不符合": 2}, "不符合"), ({"不符合": 2, "未知": 1}, "不符合"),
        ({"部分符合": 1}, "部分符合"), ({}, "未知"),
    ],
)
def test_a_fleets_clause(hosts: dict[str, int], expected: str) -> None:
    counts = {ClauseVerdict(word): count for word, count in hosts.items()}
    assert of_fleet(counts).value == expected
