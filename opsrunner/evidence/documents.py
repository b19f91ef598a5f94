"""Take in a document that a person attaches: all that is wrong with it is said at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from opsrunner.errors import InputError, Problem
from opsrunner.evidence.blobs import MAX_OUTPUT, BlobStore
from opsrunner.evidence.faults import plain
from opsrunner.evidence.records import AttachedDocument
from opsrunner.models import ClauseVerdict, Verdict

# A person answers; "unknown" and "manual" are what asks for the answer.
VERDICTS = (
    *(v.value for v in Verdict if v not in (Verdict.MANUAL, Verdict.UNKNOWN)),
    *(v.value for v in ClauseVerdict if v is not ClauseVerdict.UNKNOWN),
)


def take(file: Path, stated: AttachedDocument, blobs: BlobStore) -> AttachedDocument:
    """Given a file and the statement made by it, store the file; return the statement with it.

    Raise InputError with every problem, EvidenceError when it cannot be stored.
    """
    problems = _problems(stated)
    data = b""
    try:
        if not file.is_file():
            problems.append(Problem(str(file), "", "is no file"))
        elif file.stat().st_size > MAX_OUTPUT:
            problems.append(Problem(str(file), "", f"is larger than {MAX_OUTPUT >> 20} MiB"))
        else:
            data = file.read_bytes()
    except OSError as error:
        problems.append(Problem(str(file), "", f"cannot be read: {plain(error)}"))
    if problems:
        raise InputError(problems)
    return replace(stated, sha256=blobs.put(data), size=len(data))


def _problems(stated: AttachedDocument) -> list[Problem]:
    problems = []
    if not stated.rule and not stated.clause:
        problems.append(Problem("", "rule, clause", "name what the document answers for"))
    if stated.verdict not in VERDICTS:
        problems.append(Problem("", "verdict", f"must be one of {', '.join(VERDICTS)}"))
    if not stated.by.strip():
        problems.append(Problem("", "by", "name the person who answers for it"))
    if not stated.valid_on(datetime.now(UTC).astimezone().date()):
        problems.append(Problem("", "valid_until", f"{stated.valid_until} has passed"))
    return problems
