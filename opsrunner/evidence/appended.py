"""A file that only grows, by whole lines, each on disk before it counts; one writer at a time.

When a line cannot be written the writer is done: what is not on disk must not be acted on. A last
line that was torn by a crash is cut off before the next is written.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from opsrunner.errors import EvidenceError, InputError, Problem
from opsrunner.evidence.files import sync_folder

_held: set[int] = set()


class Appended:
    """One such file, open and locked. ``what`` it is called in errors."""

    def __init__(self, path: Path, descriptor: int, what: str) -> None:
        """Given an open, locked descriptor; callers use ``open``."""
        self.path = path
        self.whole = 0  # bytes up to the end of the last whole line
        self._descriptor, self._what, self._fault = descriptor, what, ""

    @classmethod
    def open(cls, path: Path, what: str, whole: Callable[[], int], *, new: bool) -> Self:
        """Given a file, what it is, and what says how long its whole lines are, return it locked.

        ``whole`` is asked under the lock. Raise InputError when somebody else writes,
        EvidenceError when it cannot be opened.
        """
        try:
            flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if new else 0)
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise EvidenceError(f"cannot open the {what} {path}: {error.strerror}") from error
        _held.add(descriptor)
        file = cls(path, descriptor, what)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sync_folder(path.parent)
            file.whole = whole()
        except BlockingIOError:
            file.close()
            message = "is being carried out by another process"
            raise InputError([Problem(str(path), "", message)]) from None
        except OSError as error:
            file.close()
            raise EvidenceError(f"cannot open the {what} {path}: {error.strerror}") from error
        except EvidenceError:
            file.close()
            raise
        return file

    @property
    def torn_bytes(self) -> int:
        """Return how many bytes of a torn line stand at the end."""
        return os.fstat(self._descriptor).st_size - self.whole

    def append(self, data: bytes) -> None:
        """Given whole lines, write them; they are on disk when this returns.

        Raise EvidenceError when they cannot be, now and ever after.
        """
        if self._fault:
            message = f"{self._what} {self.path} could not be written before: {self._fault}"
            raise EvidenceError(message)
        try:
            self._put(data)
        except OSError as error:
            self._fault = error.strerror or str(error)
            with suppress(OSError):  # else the torn line is cut off by whoever opens it next
                os.ftruncate(self._descriptor, self.whole)
            message = f"cannot write the {self._what} {self.path}: {self._fault}"
            raise EvidenceError(message) from error
        self.whole += len(data)

    def _put(self, data: bytes) -> None:
        if self.torn_bytes:
            os.ftruncate(self._descriptor, self.whole)  # a torn line would swallow the next
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest):]
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._descriptor in _held:
            _held.discard(self._descriptor)
            os.close(self._descriptor)


def _let_go_in_child() -> None:
    # A forked worker shares the lock: left open there, it would outlive a killed writer.
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)
