"""Open a store: make what is missing, and put right what a killed process left behind."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress

from opsrunner.errors import EvidenceError
from opsrunner.evidence import live, seal
from opsrunner.evidence.books import Books
from opsrunner.evidence.chain import Entry
from opsrunner.evidence.ledger import append
from opsrunner.evidence.runs import Runs
from opsrunner.evidence.schema import RecordType

_STALE_SECONDS = 24 * 3600  # a temporary file this old belongs to a process that was killed
_DIED = {"reason": "the process that recorded it ended without finishing it"}


def create(books: Books) -> None:
    """Given a store that may not exist yet, make folders, key and ledger unless they are there.

    Raise EvidenceError or OSError.
    """
    for name in ("keys", "heads", "live"):
        (books.root / name).mkdir(mode=0o700, exist_ok=True)
    books.blobs.create()
    books.heads.signer.create()
    path = books.ledger.path
    if not path.exists() or path.stat().st_size == 0:
        if any(books.root.glob("heads/*")) or any(books.root.glob("blobs/*/*")):
            raise EvidenceError(f"{path} is gone, but its blobs or heads are still there")
        path.touch(mode=0o600)
        books.ledger.create(Entry("", RecordType.STORE, {"id": secrets.token_hex(16)}))
    books.ledger.check_version()


def recover(books: Books) -> None:
    """Given a store, mark runs whose process died, settle heads, seal anew what was changed.

    Raise EvidenceError or OSError.
    """
    runs = Runs(books.ledger, books.live)
    with books.ledger.transaction() as connection:
        # Under the write lock nobody else ends, begins or signs a run.
        dead = runs.dead()
        if dead:
            append(connection, [Entry(run, RecordType.RUN_INTERRUPTED, _DIED) for run in dead])
        books.heads.recover(connection)
    live.sweep(books.live)
    sealed = seal.read(books.root)
    if sealed is None or sealed.seq != books.ledger.last().seq:
        seal.write(books.root, books.ledger)
    _sweep(books)


def _sweep(books: Books) -> None:
    for path in (books.root / "tmp").iterdir():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
