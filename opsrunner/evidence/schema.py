"""The ledger's tables: the one place that knows them, and every version they ever had.

The ledger is append-only. Nothing updates or deletes a row; what changes (a run that ends) is
another record. An unknown version is an error, never a guess at a migration.

Versions
    1  records, ledger_version
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

VERSION = 1


class RecordType(StrEnum):
    """What a record says. Every type but ``subject`` is rare (a few for each run)."""

    STORE = "store"  # the first record: which store this is
    RUN_BEGIN = "run_begin"  # the intent, durable before a host is touched
    SUBJECT = "subject"  # one subject of the run, with the blobs it rests on
    RUN_END = "run_end"  # the only type that makes a run believed
    RUN_FAILED = "run_failed"  # an error ended it
    RUN_INTERRUPTED = "run_interrupted"  # killed or stopped by the operator
    DOCUMENT = "document"  # a person's attached document


metadata = MetaData()

# One row, one number: the version of this text that made the ledger.
ledger_version = Table(
    "ledger_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False)
)

# On SQLite "INTEGER PRIMARY KEY" is the row's own number; BIGINT would cost a second index.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")

# Every column is part of the record's hash (chain.py), so none can change unnoticed.
records = Table(
    "records",
    metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=False),  # 1, 2, 3, ... no gaps
    Column("run_id", String(40), nullable=False),  # empty for what belongs to no run
    Column("type", String(20), nullable=False),  # a RecordType
    Column("wall", String(30), nullable=False),  # ISO 8601, UTC, microseconds
    Column("monotonic_ns", BigInteger, nullable=False),  # orders records when the clock jumps
    Column("body", Text, nullable=False),  # canonical JSON, its form is the type's
    Column("prev", String(64), nullable=False),  # hash of the record before, zeros for the first
    Column("hash", String(64), nullable=False),
    # One run's records, in order.
    Index("records_of_run", "run_id", "seq"),
)

# The list of runs and documents, without reading the subjects between them.
Index(
    "records_but_subjects",
    records.c.seq,
    sqlite_where=records.c.type != RecordType.SUBJECT.value,
    postgresql_where=records.c.type != RecordType.SUBJECT.value,
)
