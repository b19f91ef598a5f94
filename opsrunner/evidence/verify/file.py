"""Check the ledger file itself: SQLite's own check, and the seal over every byte."""

from __future__ import annotations

from opsrunner.errors import EvidenceError
from opsrunner.evidence import seal
from opsrunner.evidence.books import Books
from opsrunner.evidence.verify.report import VerifyReport


def check(books: Books, report: VerifyReport) -> None:
    """Given a store, report what is wrong with its ledger file."""
    name = books.ledger.path.name
    try:
        for line in books.ledger.integrity():
            report.add(name, f"SQLite finds: {line}")
    except EvidenceError as error:
        report.add(name, str(error))
    try:
        _check_seal(books, report)
    except EvidenceError as error:
        report.add(name, str(error))


def _check_seal(books: Books, report: VerifyReport) -> None:
    sealed = seal.read(books.root)
    if sealed is None:
        report.add(seal.FILE, "is missing or is no seal")
        return
    actual = seal.file_hash(books.ledger.path)
    newest = _newest(books)  # after hashing: a commit that fell into it shows here
    if newest is not None and newest < sealed.seq:
        message = f"was made at record {sealed.seq}, the ledger ends at {newest}: records are gone"
        report.add(seal.FILE, message)
    elif newest is not None and newest > sealed.seq:
        report.notes.append(
            f"{books.ledger.path.name} was written to after its seal (a run is being recorded or "
            "was killed): its records are checked, the unused bytes between them are not"
        )
    elif actual != sealed.sha256:
        report.add(
            books.ledger.path.name,
            f"the file hashes to {actual}, its seal at record {sealed.seq} says {sealed.sha256}",
        )


def _newest(books: Books) -> int | None:
    try:
        return books.ledger.last().seq
    except EvidenceError:
        return None
