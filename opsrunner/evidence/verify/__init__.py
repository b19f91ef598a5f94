"""Re-hash every byte of a store and name the first break.

It opens nothing for writing, so a damaged store, which ``Store.open`` refuses, is looked at too.
"""

from __future__ import annotations

import os
from pathlib import Path

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence.blobs import is_sha
from opsrunner.evidence.books import Books
from opsrunner.evidence.ledger import Ledger
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import file, heads
from opsrunner.evidence.verify.blobs import BlobScan
from opsrunner.evidence.verify.chain import ChainWalk
from opsrunner.evidence.verify.report import Break, VerifyReport

__all__ = ["Break", "VerifyReport", "verify"]


def verify(target: Store | Path, *, expect: str | None = None) -> VerifyReport:
    """Given a store or its folder, and a head kept elsewhere if there is one, check everything.

    Without ``expect``, records cut off the end by someone who also removes their heads and seals
    the file anew cannot be missed. Raise InputError when there is no store, or ``expect`` is not
    a head.
    """
    root = target.root if isinstance(target, Store) else target.absolute()
    if expect is not None and not is_sha(expect):
        raise InputError(f"{expect[:80]!r} is not a head: a head is 64 hexadecimal digits")
    if not (root / "blobs").is_dir():
        raise InputError(f"there is no evidence store in {root}")
    books = Books.at(root)
    if not os.access(root, os.W_OK):  # a read-only medium: SQLite cannot lock there
        books = Books(root, Ledger(root, read_only=True), books.blobs, books.heads)
    report = VerifyReport()
    newest = _newest(books, report)
    scan = BlobScan(books.blobs, report)
    scan.rehash()
    walk = ChainWalk(books.ledger, scan, report)
    if newest is not None:
        walk.run(newest, expect)
    scan.finish()
    heads.check(books, walk, report)
    if expect is not None and walk.expected is None:
        report.add("--expect", heads.what_became_of(expect, books.heads, walk))
    file.check(books, report)
    return report


def _newest(books: Books, report: VerifyReport) -> int | None:
    """Return the number of the newest record; what is appended from now on is left alone."""
    try:
        books.ledger.check_version()
        return books.ledger.last().seq
    except EvidenceError as error:
        report.add(books.ledger.path.name, str(error))
        return None
