"""Which runs are alive: each holds a lock on its own file, which ends with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_held: set[int] = set()


class RunLock:
    """The lock of one run that this process records."""

    def __init__(self, folder: Path, run_id: str) -> None:
        """Given the folder of locks, take the run's. Raise FileExistsError when it is in use."""
        self.path = folder / f"{run_id}.lock"
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _held.add(self._descriptor)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        if os.fstat(self._descriptor).st_nlink == 0:  # swept before the lock was taken
            self._close()
            raise FileExistsError(self.path)

    def release(self) -> None:
        """Let go of the lock and remove its file; a second call does nothing."""
        if self._descriptor in _held:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            self._close()

    def _close(self) -> None:
        _held.discard(self._descriptor)
        os.close(self._descriptor)


def is_alive(folder: Path, run_id: str) -> bool:
    """Given the folder of locks, return whether a process still records the run."""
    return not _dead(folder / f"{run_id}.lock", remove=False)


def sweep(folder: Path) -> None:
    """Given the folder of locks, remove those of processes that are gone."""
    for path in folder.glob("*.lock"):
        _dead(path, remove=True)


def _dead(path: Path, *, remove: bool) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        if remove:  # while it is held here, so that nobody takes a file that is gone
            path.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Given a path, hold the lock on it inside the block, waiting for it first."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _let_go_in_child() -> None:
    # A forked worker shares its parent's locks: left open there, they would outlive the parent
    # and a killed run would look alive for as long as an orphaned worker hangs about.
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)
