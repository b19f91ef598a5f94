"""Record one run: the intent first, subjects in batches, and an end whatever happens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from opsrunner.errors import EvidenceError, OpsrunnerError
from opsrunner.evidence.books import Books
from opsrunner.evidence.chain import Entry
from opsrunner.evidence.live import RunLock
from opsrunner.evidence.records import SubjectRecord, check_labels
from opsrunner.evidence.schema import RecordType
from opsrunner.models import RunInfo

BATCH_RECORDS = 1000
BATCH_SECONDS = 2.0


class RunWriter:
    """One run being recorded; a context manager. ``Store.begin`` makes it.

    Only ``finish`` makes the run believed. Leaving the block by an exception records the run as
    failed (interrupted when the operator stopped it) and lets the exception go on.
    """

    def __init__(self, run: RunInfo, books: Books, lock: RunLock, subjects: Sequence[str]) -> None:
        self.run = run
        self._books = books
        self._lock = lock
        self._missing = set(subjects)
        self._recorded: set[tuple[str, str]] = set()
        self._targeted = frozenset(subjects)
        self._queue: list[SubjectRecord] = []
        self._queued_since = 0.0
        self._began = time.monotonic_ns()
        self._ended = False

    def subject(self, record: SubjectRecord) -> None:
        """Given a targeted subject's record, queue it; full or old batches are committed.

        Raise EvidenceError when it cannot be written, is not targeted, or came before.
        """
        self._check(record)
        self._missing.discard(record.id)
        self._recorded.add((record.kind, record.id))
        self._queue.append(record)
        now = time.monotonic()
        if len(self._queue) == 1:
            self._queued_since = now
        if len(self._queue) >= BATCH_RECORDS or now - self._queued_since >= BATCH_SECONDS:
            self.flush()

    def _check(self, record: SubjectRecord) -> None:
        name = f"{record.kind} {record.id!r}"
        if self._ended:
            raise EvidenceError(f"run {self.run.id} has ended; {name} cannot be added")
        if record.id not in self._targeted:
            raise EvidenceError(f"{name} is not among the subjects run {self.run.id} began with")
        if (record.kind, record.id) in self._recorded:
            raise EvidenceError(f"{name} was recorded before in run {self.run.id}")
        check_labels(record.blobs, name)
        self._books.blobs.require(record.blobs.values())

    def flush(self) -> None:
        """Commit what is queued. Raise EvidenceError."""
        if self._queue:
            bodies = [record.as_json() for record in self._queue]
            self._books.append([self._entry(RecordType.SUBJECT, body) for body in bodies])
            self._queue.clear()  # only now: a batch that could not be written is not lost

    def finish(self, *, outputs: Mapping[str, Any]) -> str:
        """Given what came out (any JSON; ``blobs`` maps labels to hashes), end the run.

        Return the chain's new head, signed. Raise EvidenceError when a targeted subject has no
        record: what could not be looked at must say so, not be left out.
        """
        if self._ended:
            raise EvidenceError(f"run {self.run.id} has ended already")
        if self._missing:
            few = ", ".join(sorted(self._missing)[:5])
            raise EvidenceError(
                f"run {self.run.id}: {len(self._missing)} of {len(self._targeted)} targeted "
                f"subjects have no record ({few})"
            )
        blobs = outputs.get("blobs", {})
        check_labels(blobs, "outputs")
        self._books.blobs.require(blobs.values())
        self.flush()
        body = {"outputs": outputs, "recorded": len(self._recorded)} | self._elapsed()
        end = self._books.append_signed(self._entry(RecordType.RUN_END, body))
        self._ended = True
        self._books.seal()
        return end.hash

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Record an end that is not one, let go of the run, and let the exception go on."""
        try:
            if not self._ended:
                self._fail(error)
        finally:
            self._lock.release()

    def _fail(self, error: BaseException | None) -> None:
        self._ended = True
        stopped = isinstance(error, KeyboardInterrupt | SystemExit)
        kind = RecordType.RUN_INTERRUPTED if stopped else RecordType.RUN_FAILED
        unfinished = EvidenceError(f"run {self.run.id} was left without being finished")
        try:
            self._books.append([self._entry(kind, _reason(error or unfinished) | self._elapsed())])
            self._books.seal()
        except EvidenceError as second:
            if error is None:
                raise
            # Without an end the run is not believed either; the next opening marks it.
            error.add_note(f"nor could the failure be recorded: {second}")
        if error is None:
            raise unfinished

    def _entry(self, kind: RecordType, body: Mapping[str, Any]) -> Entry:
        return Entry(self.run.id, kind, body)

    def _elapsed(self) -> dict[str, int]:
        return {"elapsed_ns": time.monotonic_ns() - self._began}


def _reason(error: BaseException) -> dict[str, str]:
    # Our own sentences hold no secret; what other code put into its exception may.
    said = f": {error}" if isinstance(error, OpsrunnerError) else ""
    return {"reason": f"{type(error).__name__}{said}"[:2000]}


def subject_list(subjects: Sequence[str]) -> bytes:
    """Given the targeted ids, return them as the blob that a run's intent names."""
    return json.dumps(list(subjects), ensure_ascii=True, indent=0).encode()
