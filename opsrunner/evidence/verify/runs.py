"""The runs of one activity that ``verify`` accepts, read in the same pass that checks them.

A run is accepted when the chain holds from its first record to the run's end, the run finished,
its head is signed, every blob it names holds, and nothing is wrong with the ledger file. What
other activities' records rest on is not re-hashed: that is what ``opsrunner verify`` is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from opsrunner.evidence.books import Books
from opsrunner.evidence.chain import Record
from opsrunner.evidence.records import ENDS, SubjectRecord, references_in
from opsrunner.evidence.schema import RecordType
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import file, heads
from opsrunner.evidence.verify.chain import ChainWalk
from opsrunner.evidence.verify.rehash import faults_of
from opsrunner.evidence.verify.report import VerifyReport

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class AcceptedRun:
    """One run whose records hold; ``recorded`` is when it ended, ISO 8601 in UTC.

    That is the newest wall clock of the chain up to there: a clock that was set back does not
    make a run older than what was recorded before it.
    """

    id: str
    activity: str
    recorded: str
    subjects: tuple[SubjectRecord, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The accepted runs, oldest first, and what was refused and why, a sentence each."""

    runs: tuple[AcceptedRun, ...]
    refused: tuple[str, ...] = ()


@dataclass(slots=True)
class _Run:
    """A run being read."""

    activity: str
    subjects: list[SubjectRecord] = field(default_factory=list)
    blobs: list[str] = field(default_factory=list)


class _Reader:
    """Takes the records of a walk and keeps the runs of some activities."""

    def __init__(
        self, books: Books, report: VerifyReport, wanted: tuple[Collection[str], str],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._ended: list[tuple[AcceptedRun, Future[list[str]], Future[str | None]]] = []
        self.refused: list[str] = []
        self._books, self._report, self._pool = books, report, pool
        self._activities, self._now = wanted
        self._open: dict[str, _Run] = {}
        self._latest = ""

    def visit(self, record: Record, body: Mapping[str, Any]) -> None:
        """Given a sound record and its body, take what belongs to a run that is wanted."""
        if self._latest < record.wall <= self._now:
            self._latest = record.wall
        if record.type == RecordType.RUN_BEGIN and body["activity"] in self._activities:
            self._open[record.run_id] = _Run(body["activity"])
        run = self._open.get(record.run_id)
        if run is None:
            return
        run.blobs += [sha for _, sha in references_in(record, body)]
        if record.type == RecordType.SUBJECT:
            run.subjects.append(SubjectRecord(**body))
        elif record.type in ENDS:
            del self._open[record.run_id]
            self._end(run, record)

    def _end(self, run: _Run, record: Record) -> None:
        if record.type != RecordType.RUN_END:
            return  # failed and interrupted runs are no runs to believe
        faults = []
        if record.wall > self._now:
            faults.append(f"it says that it ended at {record.wall}, which is yet to come")
        if self._report.first:
            faults.append(f"the chain before its end is broken: {self._report.first}")
        if faults:
            self.refused.append(f"run {record.run_id}: {faults[0]}")
            return
        found = AcceptedRun(record.run_id, run.activity, self._latest, tuple(run.subjects))
        blobs = self._pool.submit(faults_of, str(self._books.blobs.root), run.blobs)
        head = self._pool.submit(heads.fault_of, self._books.heads, record.seq, record.hash)
        self._ended.append((found, blobs, head))

    def sound(self) -> tuple[AcceptedRun, ...]:
        """Return the runs whose blobs and heads hold."""
        kept = []
        for run, blobs, head in self._ended:
            said = f"its head: {head.result()}" if head.result() else ""
            if fault := next(iter(blobs.result()), said):
                self.refused.append(f"run {run.id}: {fault}")
            else:
                kept.append(run)
        return tuple(kept)


def accepted_runs(store: Store, activities: Collection[str], now: str) -> Accepted:
    """Given a store, names of activities and the time (ISO 8601, UTC, ``Z``), return their runs.

    Raise EvidenceError when the ledger cannot be read at all.
    """
    books, report = store.books, VerifyReport()
    books.ledger.check_version()
    broken = VerifyReport()
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # blobs and heads are checked by other processes
        reader = _Reader(books, report, (activities, now), pool)
        walk = ChainWalk(books.ledger, None, report, reader.visit)
        walk.run(books.ledger.last().seq, None)
        file.check(books, broken)
        runs = reader.sound()
    refused = [*reader.refused, *map(str, report.breaks[:1]), *map(str, broken.breaks[:1])]
    return Accepted(() if broken.first else runs, tuple(refused))
