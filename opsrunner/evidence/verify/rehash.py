"""Are blobs still what they are named by? Tens of thousands of small files, quickly.

``sha256sum`` takes them by the thousand, beside the walk over the chain: its second processor is
worth more than a second to the ledger of a large fleet. It is believed only where it says that a
blob holds; everything else (no such program, a missing file, another hash) is looked at here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence

from opsrunner.evidence.blobs import blob_path, is_sha
from opsrunner.evidence.faults import plain

_PIECE = 2**18
_FEW = 50  # blobs that are hashed sooner than a process is started
_AT_ONCE = 1000  # their names are well below what one command line takes


def faults_of(root: str, shas: Iterable[str]) -> list[str]:
    """Given a store's root and hashes, return a sentence for each blob missing or changed."""
    asked = list(dict.fromkeys(shas))
    sound: set[str] = set()
    if len(asked) > _FEW:
        named = [sha for sha in asked if is_sha(sha)]
        for start in range(0, len(named), _AT_ONCE):
            sound |= _confirmed(root, named[start : start + _AT_ONCE])
    return [fault for sha in asked if sha not in sound and (fault := _fault(root, sha))]


def _confirmed(root: str, shas: Sequence[str]) -> set[str]:
    """Given hashes, return those whose blobs ``sha256sum`` finds to have them."""
    command = ["sha256sum", "--", *(blob_path(".", sha) for sha in shas)]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    except OSError:
        return set()
    # Both names are hexadecimal and below the root: no file's name needs the tool's escapes.
    wanted = {f"{sha}  {blob_path('.', sha)}".encode(): sha for sha in shas}
    return {wanted[line] for line in done.stdout.split(b"\n") if line in wanted}


def _fault(root: str, sha: str) -> str | None:
    if not is_sha(sha):
        return f"{sha[:80]!r} is not the SHA-256 of a blob"
    try:
        actual = _hash(blob_path(root, sha))
    except OSError as error:
        return f"blob {sha} cannot be read: {plain(error)}"
    return None if actual == sha else f"blob {sha} was changed"


def _hash(path: str) -> str:
    """Given a file, return its SHA-256; by system calls, which cost the least."""
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while piece := os.read(descriptor, _PIECE):
            digest.update(piece)
    finally:
        os.close(descriptor)
    return digest.hexdigest()
