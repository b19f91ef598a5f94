"""Signed heads: after a run and after a document, the chain's last hash, signed.

A head is written beside its record's commit, in a way that survives a kill at any point: it is
signed as ``pending-N`` while the write lock is held, the record is committed, and the files get
their names. What is pending at the next opening belongs to a committed record and is named
then, or to none and is removed. So a head without its record always means: removed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from opsrunner.evidence.chain import Record, canonical
from opsrunner.evidence.files import sync_folder, write_durably
from opsrunner.evidence.schema import RecordType, records
from opsrunner.evidence.signing import EVIDENCE, Signer

SIGNED = (RecordType.RUN_END, RecordType.DOCUMENT)
_PENDING = "pending-"
_PENDING_NAME = re.compile(r"pending-(\d+)\.json(?:\.sig)?")


@dataclass(frozen=True, slots=True)
class Heads:
    """The signed heads in ``folder``."""

    folder: Path
    signer: Signer

    def path(self, seq: int) -> Path:
        """Given a record's number, return where its head is; the signature is ``.sig`` more."""
        return self.folder / f"{seq}.json"

    def prepare(self, record: Record) -> None:
        """Given a record about to be committed, sign it. Raise EvidenceError or OSError."""
        head = canonical(
            {
                "format": 1,
                "hash": record.hash,
                "run": record.run_id,
                "seq": record.seq,
                "wall": record.wall,
            }
        ).encode()
        pending = self.folder / f"{_PENDING}{record.seq}.json"
        write_durably(signature_of(pending), self.signer.sign(head, EVIDENCE))
        write_durably(pending, head)

    def settle(self, seq: int) -> None:
        """Given the number of a committed record, give its head its name. Raise OSError."""
        pending = self.folder / f"{_PENDING}{seq}.json"
        # Another process that opens the store just now may have done either already.
        for source, target in (
            (signature_of(pending), signature_of(self.path(seq))),
            (pending, self.path(seq)),
        ):
            with suppress(FileNotFoundError):
                source.replace(target)
        sync_folder(self.folder)

    def recover(self, connection: Connection) -> None:
        """Given a connection that holds the write lock, settle or drop what is pending."""
        for seq in self.pending():
            pending = self.folder / f"{_PENDING}{seq}.json"
            kept = connection.scalars(select(records.c.hash).where(records.c.seq == seq)).first()
            if kept is not None and pending.exists() and kept.encode() in pending.read_bytes():
                self.settle(seq)
                continue
            pending.unlink(missing_ok=True)
            signature_of(pending).unlink(missing_ok=True)

    def pending(self) -> list[int]:
        """Return the numbers of heads that a killed process left without their name."""
        if not self.folder.is_dir():  # removed: what looks for a head says which one is missing
            return []
        found = (_PENDING_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted({int(match[1]) for match in found if match})


def signature_of(head: Path) -> Path:
    """Given a head's path, return its signature's."""
    return head.with_name(f"{head.name}.sig")
