"""Findings as compact columns for the browser: every distinct text once, the rest as indexes.

20,000 findings become about 0.5 MB, and a filter in the page compares numbers, not texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsrunner.models import Finding, Severity
from opsrunner.report.document import Document, RuleText, SubjectRow, Tally
from opsrunner.report.labels import HOST_FIELDS, SEVERITIES, VERDICTS
from opsrunner.report.text import as_text, visible

_VERDICT_INDEX = {verdict: n for n, verdict in enumerate(VERDICTS)}
_SEVERITY_INDEX = {severity: n for n, severity in enumerate(SEVERITIES)}


class _Table:
    """Distinct texts in order of first use; index 0 is "nothing"."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {"": 0}

    def add(self, text: str | None) -> int:
        """Given a text, return its index."""
        return self._index.setdefault(text or "", len(self._index))

    @property
    def texts(self) -> list[str]:
        """Return all texts, made visible."""
        return [visible(text) for text in self._index]


class Columns:
    """Collects the findings of one page.

    A ``check`` is what is the same on many subjects: rule, severity, expected value, clauses.
    """

    def __init__(self) -> None:
        self._texts = _Table()
        self._checks: dict[tuple[str, Severity, int, tuple[str, ...]], int] = {}
        self._waivers: dict[tuple[tuple[str, str], ...], int] = {(): 0}
        self._columns: dict[str, list[int]] = {key: [] for key in "cvrowe"}

    def add(self, findings: Iterable[Finding]) -> None:
        """Given one subject's findings, append them; the page's subjects carry the counts."""
        text, checks = self._texts.add, self._checks
        check, verdict, reason, observed, waiver, evidence = (
            column.append for column in self._columns.values()
        )
        for f in findings:
            key = (f.rule, f.severity, text(as_text(f.expected)), f.clauses)
            check(checks.setdefault(key, len(checks)))
            verdict(_VERDICT_INDEX[f.verdict])
            reason(text(f.reason))
            observed(text(as_text(f.observed)))
            waiver(self._waiver(f) if f.waived else 0)
            evidence(text(f.evidence))

    def _waiver(self, finding: Finding) -> int:
        pairs = tuple((key, as_text(text)) for key, text in (finding.waived or {}).items())
        return self._waivers.setdefault(pairs, len(self._waivers))

    def as_json(self) -> dict[str, Any]:
        """Return columns and tables as the page's script expects them."""
        return {
            "texts": self._texts.texts,
            "checks": [
                [rule, _SEVERITY_INDEX[severity], expected, clauses]
                for rule, severity, expected, clauses in self._checks
            ],
            "waivers": [dict(pairs) for pairs in self._waivers],
            "columns": self._columns,
        }


def rules_json(document: Document) -> dict[str, Any]:
    """Given a document, return what the page tells of each rule, by rule id."""
    return {rule.id: _rule_json(rule) for rule in document.rules.values()}


def _rule_json(rule: RuleText) -> dict[str, Any]:
    return {
        "catalogue": rule.catalogue,
        "title": dict(rule.title),
        "rationale": dict(rule.rationale),
        "remedy": dict(rule.remedy),
        "danger": rule.danger,
    }


def subject_json(row: SubjectRow, page: str = "") -> list[Any]:
    """Given a subject (and the page that holds it), return its line of the host table."""
    return [
        visible(row.id),
        row.platform,
        row.profile,
        {key: as_text(row.attributes[key]) for key in HOST_FIELDS if row.attributes.get(key)},
        row.rules,
        row.reached,
        visible(row.reason or ""),
        counts(row.tally),
        row.tally.waived,
        row.high_risk,
        row.tally.score_text,
        page,
    ]


def counts(tally: Tally) -> list[int]:
    """Given a tally, return its counts in the order of VERDICTS."""
    return [tally.verdicts.get(verdict, 0) for verdict in VERDICTS]
