"""What changed between two runs, finding by finding. Pure."""

from __future__ import annotations

from typing import Any

from opsrunner.models import Finding, Verdict
from opsrunner.report.document import Document

KINDS = (
    "newly_failing", "fixed", "newly_unknown", "other_verdict", "drift", "appeared", "disappeared",
)


def compare(before: Document, after: Document) -> dict[str, list[dict[str, Any]]]:
    """Given two runs' documents, return the changes by kind.

    ``fixed`` is from fail to pass and nothing else; ``drift``: the verdict stayed, the observed
    value did not; ``appeared`` and ``disappeared``: the pair of subject and rule is in one run
    only. Rows are ``{"subject", "rule", "before", "after"}``; a change of verdict shows the
    verdicts, drift shows the values.
    """
    changes: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    names = {row.id for row in before.subjects} | {row.id for row in after.subjects}
    known = ({row.id for row in before.subjects}, {row.id for row in after.subjects})
    for subject in sorted(names):
        old = _by_rule(before, subject) if subject in known[0] else {}
        new = _by_rule(after, subject) if subject in known[1] else {}
        for rule in sorted(old.keys() | new.keys()):
            _note(changes, old.get(rule), new.get(rule))
    return changes


def _by_rule(document: Document, subject: str) -> dict[str, Finding]:
    return {finding.rule: finding for finding in document.findings(subject)}


def _note(
    changes: dict[str, list[dict[str, Any]]], old: Finding | None, new: Finding | None,
) -> None:
    kind = _kind(old, new)
    either = new or old
    if kind is None or either is None:
        return
    values = kind == "drift"
    changes[kind].append(
        {
            "subject": either.subject,
            "rule": either.rule,
            "before": None if old is None else old.observed if values else old.verdict.value,
            "after": None if new is None else new.observed if values else new.verdict.value,
        },
    )


def _kind(old: Finding | None, new: Finding | None) -> str | None:
    if old is None or new is None:
        return "appeared" if old is None else "disappeared"
    if old.verdict is not new.verdict:
        if new.verdict is Verdict.FAIL:
            return "newly_failing"
        if new.verdict is Verdict.UNKNOWN:
            return "newly_unknown"
        mended = old.verdict is Verdict.FAIL and new.verdict is Verdict.PASS
        return "fixed" if mended else "other_verdict"
    return "drift" if old.observed != new.observed else None
