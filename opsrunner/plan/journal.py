"""The journal of one plan being carried out: append-only lines, each on disk before it counts.

A plan has one journal, ``journal.jsonl`` beside it, and is carried out once. Whoever writes holds
its lock, so two appliers cannot both have it. When a line cannot be written, the writer is done:
an intent that is not on disk must not touch a host.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opsrunner.errors import EvidenceError, InputError, Problem
from opsrunner.evidence.files import sync_folder
from opsrunner.plan.entries import OPENED, STATE, Entry, Lines, check, fold, parse
from opsrunner.plan.states import State

FILE = "journal.jsonl"
_held: set[int] = set()


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be written: a subject's new state, why, and what belongs to it (no secret)."""

    subject: str
    state: State
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> tuple[Entry, ...]:
    """Given a journal, return its entries; nobody is kept from writing.

    Raise EvidenceError naming the line that is broken.
    """
    return _parse(path).entries


def _parse(path: Path) -> Lines:
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise EvidenceError(f"cannot read the journal {path}: {error.strerror}") from error


class Journal:
    """One journal, open for writing; a context manager. ``begin`` and ``resume`` make it."""

    def __init__(self, path: Path, descriptor: int, lines: Lines) -> None:
        self.path = path
        self.entries = list(lines.entries)
        self.states = fold(self.entries)
        self._descriptor = descriptor
        self._size = lines.whole
        self._fault = ""

    @classmethod
    def begin(
        cls, path: Path, *, plan: str, digest: str, run: str, subjects: Sequence[str],
    ) -> Self:
        """Given a place and what is to be carried out, return a new journal.

        Raise InputError when the plan was begun before or somebody is at it, EvidenceError when
        it cannot be written.
        """
        journal = cls._open(path, os.O_CREAT)
        if journal.entries:
            journal.close()
            message = f"was begun before: opsrunner resume {journal.runs[-1]}, or plan again"
            raise InputError([Problem(plan, "", message)])
        journal.opened({"plan": plan, "digest": digest, "run": run, "subjects": list(subjects)})
        return journal

    @classmethod
    def resume(cls, path: Path, *, digest: str, run: str) -> Self:
        """Given a journal, the plan's digest and the new run, return it, to be gone on with.

        Raise InputError when there is none, it is another plan's or somebody is at it,
        EvidenceError when it is broken.
        """
        if not path.exists():
            raise InputError([Problem(str(path), "", "is not there: the plan was never applied")])
        journal = cls._open(path, 0)
        if not journal.entries or journal.entries[0].data["digest"] != digest:
            journal.close()
            raise InputError([Problem(str(path), "", "is the journal of another plan, or empty")])
        journal.opened({"run": run, "subjects": []})
        return journal

    @classmethod
    def _open(cls, path: Path, flags: int) -> Self:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | flags, 0o600)
        except OSError as error:
            raise EvidenceError(f"cannot open the journal {path}: {error.strerror}") from error
        _held.add(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sync_folder(path.parent)
            return cls(path, descriptor, _parse(path))
        except BlockingIOError:
            _close(descriptor)
            message = "is being carried out by another process"
            raise InputError([Problem(str(path), "", message)]) from None
        except OSError as error:
            _close(descriptor)
            raise EvidenceError(f"cannot open the journal {path}: {error.strerror}") from error
        except EvidenceError:
            _close(descriptor)
            raise

    @property
    def runs(self) -> list[str]:
        """Return the runs that wrote here, newest last."""
        return [entry.data["run"] for entry in self.entries if entry.kind == OPENED]

    def opened(self, data: Mapping[str, Any]) -> None:
        """Given who takes up the work, write it down."""
        torn = os.fstat(self._descriptor).st_size - self._size
        note = {"pid": os.getpid()} | ({"torn_bytes": torn} if torn else {})
        try:
            self._write([Entry(0, _now(), OPENED, data={**data, **note})])
        except BaseException:
            self.close()
            raise
        self.states = fold(self.entries)

    def append(self, notes: Sequence[Note]) -> None:
        """Given new states, write them; all are on disk when this returns.

        Raise EvidenceError when a state cannot follow the one before, or nothing can be written.
        """
        states = dict(self.states)
        for note in notes:
            check(states, note.subject, note.state)
            states[note.subject] = note.state
        self._write([
            Entry(0, _now(), STATE, note.subject, note.state, note.reason, note.data)
            for note in notes
        ])
        self.states = states

    def _write(self, entries: Sequence[Entry]) -> None:
        if self._fault:
            raise EvidenceError(f"journal {self.path} could not be written before: {self._fault}")
        last = self.entries[-1] if self.entries else None
        chained = []
        for entry in entries:
            last = entry.following(last)
            chained.append(last)
        data = b"".join(entry.line() for entry in chained)
        try:
            self._put(data)
        except OSError as error:
            self._fault = error.strerror or str(error)
            with suppress(OSError):  # else the torn line is cut off by whoever opens it next
                os.ftruncate(self._descriptor, self._size)
            raise EvidenceError(f"cannot write the journal {self.path}: {self._fault}") from error
        self._size += len(data)
        self.entries += chained

    def _put(self, data: bytes) -> None:
        if os.fstat(self._descriptor).st_size != self._size:
            os.ftruncate(self._descriptor, self._size)  # a torn line would swallow the next
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest):]
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the journal; a second call does nothing."""
        if self._descriptor in _held:
            _close(self._descriptor)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the journal."""
        self.close()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _close(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


def _let_go_in_child() -> None:
    # A forked worker shares the lock: left open there, it would outlive a killed applier.
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_in_child)
