"""Record small runs for the tests of the evidence store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from opsrunner.evidence.chain import Record
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.run import RunWriter
from opsrunner.evidence.store import Store

POLICY = "ab" * 32


def begin(store: Store, subjects: Sequence[str], *, activity: str = "check") -> RunWriter:
    """Given a store and ids, begin a run over them with one input."""
    return store.begin(
        activity,
        inventory="inventories/lab",
        policy_sha256=POLICY,
        operator="王工",
        code_version="0.1.0",
        options={"limit": None},
        subjects=subjects,
        inputs={"policies": store.put(b"rules: []\n")},
    )


def subject(store: Store, name: str, *, raw: bytes = b"raw") -> SubjectRecord:
    """Given a subject's id, store its three blobs and return its record."""
    return SubjectRecord(
        kind="host",
        id=name,
        platform="redhat8",
        profile="l3-linux",
        reached=True,
        reason=None,
        started="2026-11-21T06:15:00Z",
        ended="2026-11-21T06:15:09Z",
        rules=2,
        blobs={
            "stable": store.put(b"stable of " + name.encode("utf-8", "surrogatepass") + raw),
            "volatile": store.put(b"uptime of " + name.encode("utf-8", "surrogatepass")),
            "findings": store.put(b"[]"),
        },
        tally={"pass": 1, "fail": 1},
    )


def record_run(store: Store, names: Sequence[str] = ("web-01", "web-02", "db-01")) -> str:
    """Given a store and ids, record a finished run over them and return its id."""
    with begin(store, names) as run:
        for name in names:
            run.subject(subject(store, name))
        run.finish(outputs={"blobs": {"report": store.put(b"<html>")}, "score": 0.5})
    return run.run.id


def attempt(
    store: Store,
    targeted: Sequence[str],
    *recorded: SubjectRecord,
    error: BaseException | None = None,
    activity: str = "check",
) -> None:
    """Given what is targeted and what is recorded, record it, then raise the error or finish."""
    with begin(store, targeted, activity=activity) as run:
        for record in recorded:
            run.subject(record)
        run.flush()
        if error:
            raise error
        run.finish(outputs={})


def alter(store: Store, sql: str, *values: object) -> None:
    """Given SQL, change the ledger behind the store's back, as an intruder would."""
    with closing(sqlite3.connect(store.root / "ledger.db")) as connection:
        connection.execute(sql, values)
        connection.commit()


def flip(path: Path, offset: int) -> None:
    """Given a file and an offset, flip one bit of that byte."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x04]))


def chain(store: Store) -> list[Record]:
    """Return all records of a store."""
    return list(store.records())


def rewrite(store: Store, records: Sequence[Record]) -> None:
    """Given records, put them in place of the ledger's, with links and hashes made anew."""
    alter(store, "DELETE FROM records")
    prev = "0" * 64
    for record in records:
        linked = replace(record, prev=prev)
        linked = replace(linked, hash=linked.digest)
        row = asdict(linked)
        alter(store, "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row.values())
        prev = linked.hash
