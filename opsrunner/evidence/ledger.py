"""The ledger: the chain's records in one SQLite file, appended under one write lock.

A rollback journal, not a WAL: one flipped byte in a WAL makes SQLite drop what follows it
without a word, and everything that is committed would not be in one file. Reads take short
pages, so a report that streams for a minute does not hold up a run that records.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    insert,
    inspect,
    select,
)

from opsrunner.errors import EvidenceError
from opsrunner.evidence import schema
from opsrunner.evidence.chain import GENESIS, Entry, Record
from opsrunner.evidence.faults import evidence_errors
from opsrunner.evidence.schema import RecordType, records

FILE = "ledger.db"
BUSY_SECONDS = 60  # how long to wait for another run's commit, which takes milliseconds
_PAGE = 500
_WRITES = "opsrunner_writes"


class Ledger:
    """Append to and read from the ledger below ``root``; no connection stays open between."""

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self.path = root / FILE
        self._engine = _engine(self.path, read_only=read_only)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Hold the write lock; commit at the end, roll back on an error. Raise EvidenceError."""
        with evidence_errors(f"write to {self.path}"), self._writer.begin() as connection:
            yield connection

    def create(self, first: Entry) -> None:
        """Given the first record, make the tables unless they are there. Raise EvidenceError."""
        with self.transaction() as connection:
            if not inspect(connection).get_table_names():
                schema.metadata.create_all(connection)
                connection.execute(insert(schema.ledger_version), {"version": schema.VERSION})
                append(connection, [first])

    def check_version(self) -> None:
        """Raise EvidenceError unless the ledger has the version that this code knows."""
        with evidence_errors(f"read {self.path}"), self._engine.begin() as connection:
            if schema.ledger_version.name not in inspect(connection).get_table_names():
                raise EvidenceError(f"{self.path} is not an evidence ledger")
            versions = list(connection.scalars(select(schema.ledger_version.c.version)))
        if versions != [schema.VERSION]:
            found = ", ".join(map(str, versions)) or "none"
            raise EvidenceError(
                f"{self.path} has schema version {found}; this opsrunner knows {schema.VERSION}"
            )

    def last(self) -> Record:
        """Return the newest record. Raise EvidenceError when there is none."""
        with evidence_errors(f"read {self.path}"), self._engine.begin() as connection:
            record = last(connection)
        if record is None:
            raise EvidenceError(f"{self.path} holds no record")
        return record

    def records(
        self, *where: ColumnElement[bool], after: int = 0, until: int | None = None
    ) -> Iterator[Record]:
        """Given conditions and a range of numbers, yield records in order, page by page.

        They are as read: ``Record.data`` checks each. Raise EvidenceError.
        """
        while page := self.page(*where, after=after, until=until):
            yield from page
            after = page[-1].seq

    def page(
        self, *where: ColumnElement[bool], after: int, until: int | None = None, limit: int = _PAGE
    ) -> list[Record]:
        """Given the same, return the next ``limit`` records. Raise EvidenceError."""
        ranged = [records.c.seq > after] + ([] if until is None else [records.c.seq <= until])
        query = select(records).where(*where, *ranged).order_by(records.c.seq).limit(limit)
        with evidence_errors(f"read {self.path}"), self._engine.begin() as connection:
            return [Record(*row) for row in connection.execute(query)]

    def milestones(self) -> Iterator[Record]:
        """Yield every record but the subjects': begins and ends of runs, documents."""
        return self.records(records.c.type != RecordType.SUBJECT.value)

    def integrity(self) -> list[str]:
        """Return what SQLite's own check of the file says; empty when it is sound."""
        with evidence_errors(f"check {self.path}"), self._engine.begin() as connection:
            lines = list(connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars())
        return [] if lines == ["ok"] else [" ".join(str(line).split()) for line in lines]


def last(connection: Connection) -> Record | None:
    """Given a connection, return the newest record, None when there is none."""
    row = connection.execute(select(records).order_by(records.c.seq.desc()).limit(1)).first()
    return None if row is None else Record(*row)


def append(connection: Connection, entries: Sequence[Entry]) -> Record:
    """Given a transaction and at least one entry, chain them on and return the last record."""
    newest = last(connection)
    tail = (0, GENESIS) if newest is None else (newest.seq, newest.hash)
    rows = []
    for entry in entries:
        rows.append(Record.following(tail, entry))
        tail = (rows[-1].seq, rows[-1].hash)
    connection.execute(insert(records), [asdict(row) for row in rows])
    return rows[-1]


def _engine(path: Path, *, read_only: bool) -> Engine:
    # mode=rw: a ledger that is gone must be an error, not a new empty file.
    uri = f"file:{quote(str(path.absolute()))}?mode={'ro&immutable=1' if read_only else 'rw'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        # EXTRA also syncs the folder: a commit is not undone by a power cut right after it.
        for pragma in ("synchronous=EXTRA", "trusted_schema=OFF", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
