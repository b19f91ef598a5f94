"""The seal: the hash of the ledger file as a whole, made whenever nothing more is to come.

The chain proves every record; the seal also covers the bytes between them (free space, page
headers), so that no flipped byte of the file stays unseen. It is against decay, not against
people: anyone who may write the store can seal it anew.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from opsrunner.evidence import ledger
from opsrunner.evidence.chain import canonical
from opsrunner.evidence.faults import evidence_errors
from opsrunner.evidence.files import write_durably
from opsrunner.evidence.ledger import Ledger

FILE = "ledger.seal"


@dataclass(frozen=True, slots=True)
class Seal:
    """SHA-256 of ``ledger.db`` when record ``seq`` was the newest."""

    seq: int
    sha256: str


def write(root: Path, book: Ledger) -> None:
    """Given the store's root and its ledger, seal the file as it is. Raise EvidenceError."""
    with book.transaction() as connection:
        newest = ledger.last(connection)
        seal = {"seq": newest.seq if newest else 0, "sha256": file_hash(book.path)}
        write_durably(root / FILE, canonical(seal).encode())


def read(root: Path) -> Seal | None:
    """Given the store's root, return its seal, None when it is missing or no seal."""
    try:
        data = json.loads((root / FILE).read_bytes())
        return Seal(int(data["seq"]), str(data["sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def file_hash(path: Path) -> str:
    """Given a ledger file, return its SHA-256. Raise EvidenceError.

    A process of its own reads it: SQLite's locks belong to the process, and closing the file
    here, after reading it, would drop the lock that keeps other writers away meanwhile.
    """
    with evidence_errors(f"hash {path}"):
        done = subprocess.run(
            ["sha256sum", "--", str(path.absolute())], capture_output=True, check=True
        )
    return done.stdout.decode("ascii", "replace").lstrip("\\").split()[0]
