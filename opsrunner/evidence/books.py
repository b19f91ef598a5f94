"""What a store writes together, and in which order: blobs, then records, then the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from opsrunner.evidence import seal
from opsrunner.evidence.blobs import BlobStore
from opsrunner.evidence.chain import Entry, Record
from opsrunner.evidence.faults import evidence_errors
from opsrunner.evidence.heads import Heads
from opsrunner.evidence.ledger import Ledger, append
from opsrunner.evidence.signing import Signer


@dataclass(frozen=True, slots=True)
class Books:
    """What is written together: ledger, blobs and heads of one store."""

    root: Path
    ledger: Ledger
    blobs: BlobStore
    heads: Heads

    @classmethod
    def at(cls, root: Path) -> Books:
        """Given a store's root, return its books; nothing is opened yet."""
        heads = Heads(root / "heads", Signer(root / "keys"))
        return cls(root, Ledger(root), BlobStore(root), heads)

    @property
    def live(self) -> Path:
        """Return the folder with the locks of the runs that are being recorded."""
        return self.root / "live"

    def append(self, entries: Sequence[Entry]) -> Record:
        """Given at least one entry, commit them all; every blob put before is durable first.

        Raise EvidenceError.
        """
        self.blobs.sync()
        with self.ledger.transaction() as connection:
            return append(connection, entries)

    def seal(self) -> None:
        """Seal the ledger file, for nothing more is to come just now. Raise EvidenceError."""
        seal.write(self.root, self.ledger)

    def append_signed(self, entry: Entry) -> Record:
        """Given an entry, commit it and sign the chain's new head. Raise EvidenceError."""
        self.blobs.sync()
        with self.ledger.transaction() as connection:
            record = append(connection, [entry])
            self.heads.prepare(record)
        with evidence_errors("store the signed head"):
            self.heads.settle(record.seq)
        return record
