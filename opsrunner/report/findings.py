"""Findings <-> the blob they are stored in, lean enough that an unchanged host adds nothing.

The subject and the evidence's hash stand in the subject's record; the blob holds the label of
the evidence instead, so that it stays the same as long as the verdicts do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from opsrunner.models import Finding, Severity, Verdict

_SEVERITIES = {item.value: item for item in Severity}
_VERDICTS = {item.value: item for item in Verdict}


def encode(findings: Iterable[Finding], blobs: Mapping[str, str]) -> bytes:
    """Given a subject's findings and its blobs by label, return the bytes to store."""
    labels = {sha: label for label, sha in blobs.items()}
    rows = [
        (
            f.rule,
            f.severity,
            f.verdict,
            f.reason,
            f.observed,
            f.expected,
            f.clauses,
            f.waived,
            labels.get(f.evidence or "", f.evidence),
        )
        for f in findings
    ]
    return orjson.dumps(rows)


def decode(data: bytes, kind: str, subject: str, blobs: Mapping[str, str]) -> list[Finding]:
    """Given stored bytes and the subject they are of, return the findings."""
    return [
        Finding(
            kind,
            subject,
            rule,
            _SEVERITIES[severity],
            _VERDICTS[verdict],
            reason,
            observed,
            expected,
            tuple(clauses),
            waived,
            blobs.get(label, label),
        )
        for rule, severity, verdict, reason, observed, expected, clauses, waived, label in _rows(
            data
        )
    ]


def _rows(data: bytes) -> Iterable[tuple[Any, ...]]:
    rows: Iterable[tuple[Any, ...]] = orjson.loads(data)
    return rows
