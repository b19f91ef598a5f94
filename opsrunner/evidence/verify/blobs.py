"""Re-hash every blob, and match what is there with what the records name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.evidence.blobs import BlobStore, is_sha
from opsrunner.evidence.faults import plain
from opsrunner.evidence.verify.report import VerifyReport


class BlobScan:
    """The blobs of a store; every broken or missing one is reported once, with who rests on it."""

    def __init__(self, blobs: BlobStore, report: VerifyReport) -> None:
        self._blobs = blobs
        self._report = report
        self._present: set[bytes] = set()  # hashes as bytes: a store may hold a million
        self._named: set[bytes] = set()
        self._faults: dict[bytes, str] = {}

    def rehash(self) -> None:
        """Read every file below ``blobs/`` to its last byte."""
        for path in self._blobs.walk():
            sha = _named_by(path)
            if sha is None or not path.is_file() or path.is_symlink():
                self._report.add(f"blobs/{path.parent.name}/{path.name}", "is no blob of the store")
                continue
            self._present.add(sha)
            if fault := self._fault(path, sha):
                self._faults[sha] = fault

    def _fault(self, path: Path, sha: bytes) -> str | None:
        try:
            with path.open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").digest()
                self._report.blob_bytes += file.tell()
        except OSError as error:
            return f"cannot be read: {plain(error)}"
        self._report.blobs += 1
        return None if actual == sha else f"was changed: its bytes now hash to {actual.hex()}"

    def named(self, sha: str, by: str) -> None:
        """Given a hash that a record names, and how, report the blob if it does not hold."""
        try:
            path, key = self._blobs.path(sha), bytes.fromhex(sha)
        except EvidenceError as error:
            self._report.add(by, str(error))
            return
        if key in self._named:
            return
        self._named.add(key)
        missing = None if key in self._present else "is missing"
        if fault := self._faults.get(key) or missing:
            self._report.add(_place(path), f"{fault}; {by} rests on it")

    def finish(self) -> None:
        """Report the broken blobs that no record names, and list the sound ones."""
        for key in sorted(self._present - self._named):
            path = self._blobs.path(key.hex())
            if fault := self._faults.get(key):
                self._report.add(_place(path), f"{fault}; no record names it")
            else:
                self._report.unreferenced.append(key.hex())


def _place(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _named_by(path: Path) -> bytes | None:
    """Given a file, return the hash it is named by, None when it is not where that blob belongs."""
    sha = path.name.removesuffix(".zst")
    belongs = is_sha(sha) and path.suffix == ".zst" and path.parent.name == sha[:2]
    return bytes.fromhex(sha) if belongs else None
