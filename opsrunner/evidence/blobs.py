"""Blobs: write-once files named by the SHA-256 of the bytes as stored (zstd).

``sha256sum`` alone proves a blob. A ``BlobStore`` is a path and nothing else, so it can be sent
to worker processes; any number of them may put at once.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zstandard

from opsrunner.errors import EvidenceError
from opsrunner.evidence.faults import evidence_errors

LEVEL = 3
MAX_OUTPUT = 256 * 2**20  # what one blob may unpack to; a larger one is a bomb or not ours
_SHA = re.compile(r"[0-9a-f]{64}")
_LIBC = ctypes.CDLL(None, use_errno=True)


def is_sha(text: str) -> bool:
    """Given a text, return whether it is a SHA-256 in lower-case hexadecimal."""
    return _SHA.fullmatch(text) is not None


def blob_path(root: str, sha: str) -> str:
    """Given a store's root and a hash that is one, return where its blob is."""
    return f"{root}/blobs/{sha[:2]}/{sha}.zst"


@dataclass(frozen=True, slots=True)
class BlobStore:
    """The blobs below the root of a store that ``Store.open`` has made."""

    root: Path

    def create(self) -> None:
        """Make the folders. Raise OSError when that is not possible."""
        for name in ("blobs", "tmp", *(f"blobs/{first:02x}" for first in range(256))):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def path(self, sha: str) -> Path:
        """Given a hash, return where its blob is. Raise EvidenceError when it is not a hash."""
        if not is_sha(sha):
            raise EvidenceError(f"{sha[:80]!r} is not the SHA-256 of a blob")
        return Path(blob_path(str(self.root), sha))

    def put(self, data: bytes) -> str:
        """Given content, store it unless it is there already and return the blob's hash.

        It is visible at once and durable after the next ``sync``. Raise EvidenceError.
        """
        stored = zstandard.ZstdCompressor(level=LEVEL).compress(data)
        sha = hashlib.sha256(stored).hexdigest()
        with evidence_errors(f"write evidence blob {sha}"):
            # Compared, not only looked for: a power cut can leave a name without its content.
            if not _holds(self.path(sha), stored):
                self._write(self.path(sha), stored)
        return sha

    def _write(self, target: Path, stored: bytes) -> None:
        temporary = self.root / "tmp" / f"{target.name}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            with os.fdopen(descriptor, "wb") as file:
                file.write(stored)
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def get(self, sha: str, *, max_output_size: int = MAX_OUTPUT) -> bytes:
        """Given a hash, return the content, at most ``max_output_size`` bytes of it.

        Raise EvidenceError when the blob is missing, changed, or unpacks to more than that.
        """
        stored = self.stored(sha)
        try:
            declared = zstandard.frame_content_size(stored)  # our frames always declare it
            if not 0 <= declared <= max_output_size:
                raise EvidenceError(
                    f"blob {sha} unpacks to {declared} bytes, {max_output_size} are the limit"
                )
            # A frame that declares less than it holds fails here: the buffer is that size.
            return zstandard.ZstdDecompressor().decompress(stored, max_output_size=max_output_size)
        except zstandard.ZstdError as error:
            raise EvidenceError(f"blob {sha} cannot be unpacked: {error}") from error

    def stored(self, sha: str) -> bytes:
        """Given a hash, return the bytes as stored. Raise EvidenceError when missing or changed."""
        path = self.path(sha)
        with evidence_errors(f"read evidence blob {sha}"):
            stored = path.read_bytes()
        actual = hashlib.sha256(stored).hexdigest()
        if actual != sha:
            raise EvidenceError(f"blob {sha} was changed: its bytes now hash to {actual}")
        return stored

    def require(self, shas: Iterable[str]) -> None:
        """Given hashes a record is about to name, raise EvidenceError for the first not there."""
        for sha in shas:
            if not self.path(sha).is_file():
                raise EvidenceError(f"a record names blob {sha}, which was never stored")

    def sync(self) -> None:
        """Make every blob put so far, by any process, durable. Raise EvidenceError."""
        with evidence_errors("make evidence blobs durable"):
            _sync_filesystem(self.root)

    def walk(self) -> Iterator[Path]:
        """Yield everything below ``blobs/`` that is not a folder, in order of name."""
        for folder in sorted((self.root / "blobs").iterdir()):
            inside = folder.is_dir() and not folder.is_symlink()
            yield from sorted(folder.iterdir()) if inside else [folder]


def _holds(path: Path, stored: bytes) -> bool:
    try:
        return path.stat().st_size == len(stored) and path.read_bytes() == stored
    except FileNotFoundError:
        return False


def _sync_filesystem(folder: Path) -> None:
    """One call for a whole batch: fsync of each of 600 small files would take seconds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(descriptor)
