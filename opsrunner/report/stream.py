"""The findings of a document, one subject at a time, with nobody missing.

Every writer reads through here, so no report can be written that has lost a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from opsrunner.errors import RunError
from opsrunner.models import Finding
from opsrunner.report.document import Document, SubjectRow


def by_subject(document: Document) -> Iterator[tuple[SubjectRow, list[Finding]]]:
    """Given a document, yield each subject with all its findings, in the document's order.

    Raise RunError if the stream does not hold exactly one finding for each rule of each subject.
    """
    stream = document.findings()
    for row in document.subjects:
        own = list(islice(stream, row.rules))
        _require_complete(row, own)
        yield row, own
    if (extra := next(stream, None)) is not None:
        raise RunError(
            f"no report written: {extra.kind} {extra.subject} has a finding ({extra.rule}) "
            "beyond the rules of the subjects",
        )


def of_subjects(
    document: Document,
    rows: Sequence[SubjectRow],
) -> Iterator[tuple[SubjectRow, list[Finding]]]:
    """Given a document and some of its subjects, yield each with all its findings.

    Raise RunError as by_subject does.
    """
    for row in rows:
        own = [found for found in document.findings(row.id) if found.kind == row.kind]
        _require_complete(row, own)
        yield row, own


def _require_complete(row: SubjectRow, own: list[Finding]) -> None:
    strangers = [f for f in own if f.subject != row.id or f.kind != row.kind]
    if strangers or len(own) != row.rules or len({f.rule for f in own}) != row.rules:
        mine = {f.rule for f in own} if not strangers else set()
        raise RunError(
            f"no report written: {row.kind} {row.id} must have one finding for each of its "
            f"{row.rules} rules, {len(mine)} were there",
        )
