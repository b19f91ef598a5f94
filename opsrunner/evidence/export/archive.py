"""A zip with nothing of this machine in it, which remembers the hash of every member."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's first moment: equal content, equal bytes
_REGULAR_0644 = 0o100644 << 16
_UNIX = 3
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


def safe_name(text: str) -> str:
    """Given any text, return one that is a plain file name on every system."""
    return _UNSAFE.sub("_", text).strip("._-")[-_LONGEST:] or "x"


class Archive:
    """A zip being written; members keep the order in which they are added."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        self._sums: dict[str, str] = {}

    def add(self, name: str, data: bytes, *, compress: bool = False) -> None:
        """Given a safe path inside and its content, add it. Raise OSError."""
        self._zip.writestr(_member(name, compress=compress), data)
        self._sums[name] = hashlib.sha256(data).hexdigest()

    def stream(self, name: str, lines: Iterable[str]) -> None:
        """Given a safe path inside and lines, add them as they come. Raise OSError."""
        digest = hashlib.sha256()
        with self._zip.open(_member(name, compress=True), "w", force_zip64=True) as member:
            for line in lines:
                data = f"{line}\n".encode()
                digest.update(data)
                member.write(data)
        self._sums[name] = digest.hexdigest()

    def sums(self) -> bytes:
        """Return what ``sha256sum`` prints for all members so far, sorted by path."""
        return "".join(f"{self._sums[name]}  {name}\n" for name in sorted(self._sums)).encode()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the directory of the zip and close it."""
        self._zip.close()


def _member(name: str, *, compress: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    info.create_system = _UNIX
    info.external_attr = _REGULAR_0644
    return info
