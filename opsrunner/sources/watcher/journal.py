"""A watcher's journal on disk: an attempt is written before it is made, its end as it comes.

A line is with the kernel when ``write`` returns, so killing the watcher loses nothing. It is
forced to the disk once a second, beside the clock and not in its way: a power cut of this machine
loses at most that second, and the missing end says so. Where a line cannot be written the watcher
ends: an attempt that nobody wrote down must not be made.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsrunner.errors import EvidenceError, InputError, Problem
from opsrunner.evidence.files import sync_folder
from opsrunner.sources.watcher.lines import Reading, line, parse

_SYNC_SECONDS = 1.0


class WatchJournal:
    """One journal being written; its lock says that the watcher lives."""

    def __init__(self, path: Path) -> None:
        """Given a file that is not there yet, make it. Raise InputError, EvidenceError."""
        self._path, self._fault = path, ""
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND
            self._descriptor = os.open(path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sync_folder(path.parent)
        except FileExistsError:
            message = "is there already; a watch has a journal of its own"
            raise InputError([Problem(str(path), "", message)]) from None
        except OSError as error:
            raise EvidenceError(f"cannot make the journal {path}: {error.strerror}") from error
        self._over = threading.Event()
        self._syncer = threading.Thread(target=self._sync_often, daemon=True)
        self._syncer.start()

    def put(self, content: Mapping[str, Any]) -> None:
        """Given what happened, write it. Raise EvidenceError when it cannot be kept."""
        if self._fault:
            raise EvidenceError(f"cannot keep the journal {self._path}: {self._fault}")
        data = line(content)
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            self._fault = error.strerror or str(error)
        else:
            if written == len(data):
                return
            self._fault = "no space for a whole line"
        raise EvidenceError(f"cannot keep the journal {self._path}: {self._fault}")

    def close(self) -> None:
        """Force what is left to the disk and let go. Raise EvidenceError when it cannot be."""
        self._over.set()
        self._syncer.join()
        self._sync()
        os.close(self._descriptor)
        if self._fault:
            raise EvidenceError(f"cannot keep the journal {self._path}: {self._fault}")

    def _sync_often(self) -> None:
        while not self._over.wait(_SYNC_SECONDS):
            self._sync()

    def _sync(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            self._fault = error.strerror or str(error)


def read(path: Path) -> Reading:
    """Given a journal, return what it holds, also while it is being written.

    Raise EvidenceError when it cannot be read or a line is broken.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"cannot read the watch {path}: {error.strerror}") from error
    return parse(data, str(path))


def lives(path: Path) -> bool:
    """Given a journal, return whether its watcher runs. Raise EvidenceError when it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise EvidenceError(f"cannot read the watch {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
