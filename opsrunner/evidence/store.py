"""The evidence store: the door through which everything else puts, records and reads.

In its folder: ``ledger.db`` (the chain of records), ``ledger.seal`` (the hash of that file),
``blobs/ab/`` (what the records rest on), ``heads/`` (signed heads of the chain), ``keys/`` (the
signing key), ``live/`` (locks of the runs being recorded), ``tmp/`` (blobs being written).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence import documents, opening
from opsrunner.evidence.blobs import MAX_OUTPUT
from opsrunner.evidence.books import Books
from opsrunner.evidence.chain import Entry, Record
from opsrunner.evidence.faults import evidence_errors
from opsrunner.evidence.live import RunLock, exclusive
from opsrunner.evidence.records import (
    AttachedDocument,
    RunDetails,
    SubjectRecord,
    check_labels,
    run_info,
)
from opsrunner.evidence.run import RunWriter, subject_list
from opsrunner.evidence.runs import Runs
from opsrunner.evidence.schema import RecordType, records
from opsrunner.models import RunInfo

__all__ = ["AttachedDocument", "RunDetails", "RunWriter", "Store", "SubjectRecord"]

JUDGED = ("check", "judge")  # the activities whose runs hold findings


class Store:
    """One evidence store, open. It keeps no connection or file open between calls."""

    def __init__(self, root: Path) -> None:
        """Given the root of an existing store; callers use ``open``."""
        self.root = root
        self.books = Books.at(root)
        self.blobs = self.books.blobs
        self._runs = Runs(self.books.ledger, self.books.live)

    @classmethod
    def open(cls, root: Path) -> Store:
        """Given a folder, return its store, made when there is none.

        Runs whose process died are marked as interrupted. Raise EvidenceError when the folder
        cannot be written, the ledger is gone or damaged, or of another version.
        """
        store = cls(root.absolute())
        with evidence_errors(f"open the evidence store {root}"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with exclusive(root / "open.lock"):
                opening.create(store.books)
                opening.recover(store.books)
        return store

    def put(self, data: bytes) -> str:
        """Given content, store it and return the blob's hash. Raise EvidenceError."""
        return self.blobs.put(data)

    def get(self, sha: str, *, max_output_size: int = MAX_OUTPUT) -> bytes:
        """Given a blob's hash, return its content. Raise EvidenceError; see ``BlobStore.get``."""
        return self.blobs.get(sha, max_output_size=max_output_size)

    def begin(  # noqa: PLR0913 - what a run's intent consists of
        self,
        activity: str,
        *,
        inventory: str,
        policy_sha256: str,
        operator: str,
        code_version: str,
        options: Mapping[str, Any],
        subjects: Sequence[str],
        inputs: Mapping[str, str],
    ) -> RunWriter:
        """Given all that is known before a host is touched, record it and return the writer.

        ``subjects`` are the ids of every targeted subject, each of which must be recorded;
        ``inputs`` maps a name to a blob. Raise EvidenceError.
        """
        check_labels(inputs, "inputs")
        self.blobs.require(inputs.values())
        targeted = {"count": len(subjects), "blob": self.put(subject_list(subjects))}
        body = {
            "activity": activity,
            "inventory": inventory,
            "policy_sha256": policy_sha256,
            "operator": operator,
            "code_version": code_version,
            "options": options,
            "subjects": targeted,
            "inputs": inputs,
            "boot": _boot_id(),
        }
        lock = self._new_run()
        try:
            begun = self.books.append([Entry(lock.path.stem, RecordType.RUN_BEGIN, body)])
        except BaseException:
            lock.release()
            raise
        return RunWriter(run_info(begun, None, alive=True), self.books, lock, subjects)

    def _new_run(self) -> RunLock:
        """Take the lock of a run id that was never used."""
        with evidence_errors("begin a run"):
            while True:
                run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
                with suppress(FileExistsError):
                    lock = RunLock(self.root / "live", run_id)
                    if not self.books.ledger.page(records.c.run_id == run_id, after=0, limit=1):
                        return lock
                    lock.release()

    def runs(self) -> list[RunInfo]:
        """Return all runs, newest last. Raise EvidenceError."""
        return self._runs.all()

    def run(self, ref: str, activities: Collection[str] = ()) -> RunInfo:
        """Given an id, a unique prefix, or "latest" (whatever became of it), return the run.

        ``activities``: only runs of these. Raise InputError that lists the candidates.
        """
        return self._runs.find(ref, activities)

    def judged(self, ref: str) -> RunInfo:
        """Given what names a run, return it among those that have findings. Raise InputError."""
        return self.run(ref, JUDGED)

    def details(self, run_id: str) -> RunDetails:
        """Given a run's id, return its inputs, outputs and records. Raise InputError."""
        return self._runs.details(run_id)

    def subject_records(
        self, run_id: str, *, allow_unfinished: bool = False
    ) -> Iterator[SubjectRecord]:
        """Given a run's id, yield its subjects in the order of recording.

        Raise InputError when it did not finish, for nothing of such a run is believed, and
        EvidenceError when a record was changed.
        """
        run = self.run(run_id)
        if run.status != "finished" and not allow_unfinished:
            raise InputError(f"run {run.id} is {run.status}: nothing of it is believed")
        expected = self.details(run.id).recorded if run.status == "finished" else None
        return self._stream(run.id, expected)

    def _stream(self, run_id: str, expected: int | None) -> Iterator[SubjectRecord]:
        mine = (records.c.run_id == run_id, records.c.type == RecordType.SUBJECT.value)
        count = 0
        for record in self.books.ledger.records(*mine):
            yield SubjectRecord.from_record(record)
            count += 1
        if expected is not None and count != expected:
            raise EvidenceError(f"run {run_id} recorded {expected} subjects, {count} are there")

    def records(self) -> Iterator[Record]:
        """Yield the whole chain, oldest first, as it is read. Raise EvidenceError."""
        return self.books.ledger.records()

    def head(self) -> str:
        """Return the hash of the chain's newest record. Raise EvidenceError."""
        return self.books.ledger.last().hash

    def attach(  # noqa: PLR0913 - what a person has to say with a document
        self,
        *,
        file: Path,
        subject: str | None,
        rule: str | None,
        clause: str | None,
        verdict: str,
        by: str,
        note: str,
        valid_until: date | None,
    ) -> AttachedDocument:
        """Given a file and what a person states by it, store and record it.

        Raise InputError with all that is wrong with the statement, EvidenceError when it cannot
        be written.
        """
        stated = AttachedDocument(
            file.name, "", 0, subject, rule, clause, verdict, by, note, valid_until
        )
        document = documents.take(file, stated, self.blobs)
        entry = Entry("", RecordType.DOCUMENT, document.as_json())
        record = self.books.append_signed(entry)
        self.books.seal()
        return AttachedDocument.from_record(record)

    def documents(self) -> list[AttachedDocument]:
        """Return all attached documents, newest last, lapsed ones too. Raise EvidenceError."""
        attached = self.books.ledger.records(records.c.type == RecordType.DOCUMENT.value)
        return [AttachedDocument.from_record(record) for record in attached]


def _boot_id() -> str | None:
    """Return which start of the machine the monotonic clock counts from."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return None
