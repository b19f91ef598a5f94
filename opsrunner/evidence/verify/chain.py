"""Walk the chain from its first record: hashes, links, gaps, and that runs make sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import GENESIS, Record
from opsrunner.evidence.heads import SIGNED
from opsrunner.evidence.ledger import Ledger
from opsrunner.evidence.records import references_in
from opsrunner.evidence.schema import RecordType, records
from opsrunner.evidence.verify.blobs import BlobScan
from opsrunner.evidence.verify.report import VerifyReport

_PAGE = 500
_GIVE_UP = 1000  # unreadable records: the file is lost, trying each takes minutes


Visit = Callable[[Record, Mapping[str, Any]], None]


def _nothing(_record: Record, _body: Mapping[str, Any]) -> None:
    pass


class ChainWalk:
    """One pass over the ledger; afterwards ``signed`` and ``expected`` say what was met.

    ``visit`` is given every record that is sound by itself, with its body, as it is met; without
    ``blobs`` it is for the visitor to look at what records name.
    """

    def __init__(
        self, ledger: Ledger, blobs: BlobScan | None, report: VerifyReport, visit: Visit = _nothing,
    ) -> None:
        self.signed: dict[int, str] = {}  # number -> hash of records that have a signed head
        self.expected: int | None = None  # number of the record with the expected hash
        self.newest = 0
        self._ledger = ledger
        self._blobs = blobs
        self._visit = visit
        self._report = report
        self._tail: tuple[int, str] | None = (0, GENESIS)  # None: the record before is unreadable
        self._unreadable = 0
        self._open: dict[str, int] = {}  # run being recorded -> its subjects so far

    def run(self, until: int, expect: str | None) -> None:
        """Given the number of the last record, and a hash to look for, check every record."""
        for record in self._read(until):
            self._link(record)
            fault, body = record.fault(), None
            if fault is None and (body := record.canonical_body()) is None:
                fault = "has a body that is not canonical JSON"
            if fault:
                self._report.add(record.name, fault)
            if body is not None:
                self._meaning(record, body)
                if record.hash == expect:
                    self.expected = record.seq
            self._report.records += 1
            self._report.head = record.hash
            self.newest = record.seq
            self._tail = (record.seq, record.hash)

    def _read(self, until: int) -> Iterator[Record]:
        after = 0
        while after < until and self._unreadable < _GIVE_UP:
            try:
                page = self._ledger.page(after=after, until=until, limit=_PAGE)
            except EvidenceError:
                yield from self._one_by_one(after, until)
                after += _PAGE
                continue
            yield from page
            after = page[-1].seq if page else until

    def _one_by_one(self, after: int, until: int) -> Iterator[Record]:
        """Yield what can be read of a page that cannot, and name each record that cannot."""
        for seq in range(after + 1, min(after + _PAGE, until) + 1):
            try:
                yield from self._ledger.page(records.c.seq == seq, after=after, limit=1)
            except EvidenceError as error:
                self._report.add(f"record {seq}", str(error))
                self._tail = None
                self._unreadable += 1

    def _link(self, record: Record) -> None:
        if self._tail is None:
            return
        seq, digest = self._tail
        if record.seq != seq + 1:
            missing = f"record {seq + 1}"
            if record.seq > seq + 2:
                missing = f"records {seq + 1} to {record.seq - 1}"
            self._report.add(missing, f"missing: {record.name} follows {seq or 'nothing'}")
        elif record.prev != digest:
            self._report.add(
                record.name,
                f"its link does not hold: record {seq} has hash {digest}, it says {record.prev}",
            )

    def _meaning(self, record: Record, body: Mapping[str, Any]) -> None:
        """Given a sound record and its body, check that it may stand where it does."""
        try:
            kind = RecordType(record.type)
            subject = f" ({body['id']!r})" if kind is RecordType.SUBJECT else ""
            if self._blobs is not None:
                for label, sha in references_in(record, body):
                    self._blobs.named(sha, f"{record.name}{subject} as {label!r}")
            if fault := self._out_of_place(kind, record, body):
                self._report.add(record.name, fault)
        except (EvidenceError, ValueError, KeyError) as error:
            self._report.add(record.name, str(error))
            return
        if kind in SIGNED:
            self.signed[record.seq] = record.hash
        self._visit(record, body)

    def _out_of_place(
        self, kind: RecordType, record: Record, body: Mapping[str, Any],
    ) -> str | None:
        if kind is not RecordType.STORE and record.seq == 1:
            return "is not what a chain begins with"
        if kind is RecordType.STORE and record.seq != 1:
            return "begins a chain in the middle of one"
        if kind is RecordType.RUN_BEGIN:
            self._report.runs += 1
            self._open[record.run_id] = 0
        elif kind not in (RecordType.STORE, RecordType.DOCUMENT):
            return self._within_run(kind, record, body)
        return None

    def _within_run(
        self, kind: RecordType, record: Record, body: Mapping[str, Any],
    ) -> str | None:
        if record.run_id not in self._open:
            return "belongs to a run that has not begun or has ended"
        if kind is RecordType.SUBJECT:
            self._open[record.run_id] += 1
            return None
        found, said = self._open.pop(record.run_id), body.get("recorded")
        if kind is RecordType.RUN_END and found != said:
            return f"says {said} subjects were recorded; the chain holds {found}"
        return None
