"""What a watch and the rows found prove; lost rows, two writers and silence are never a pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from opsrunner.activities.drill.switchover.proof import Proof, Rows
from opsrunner.sources.watcher.lines import Attempt, Header, Reading

S, MS = 1_000_000_000, 1_000_000
INCIDENT = "2026-11-21T01:12:05.000Z"  # five seconds after the watch began


def reading(*servers: str) -> Reading:
    """Return a watch whose attempts, one each 200 ms, these servers acknowledged ("": nobody)."""
    attempts = tuple(
        Attempt(n, (n * 200) * MS, (n * 200 + 5) * MS, bool(by), by)
        for n, by in enumerate(servers, 1)
    )
    header = Header("w", {}, 200, 1000, "b", "2026-11-21T01:12:00.000Z", 200 * MS, 1)
    return Reading(header, attempts, (len(servers) * 200 + 200) * MS, "stopped")


GOOD = reading(*["a"] * 30, "", "", "", *["b"] * 10)
DIED = "the watcher did not end properly; its record ends after 8.4 s"
ALL = [(n, "x") for n in (*range(1, 31), *range(34, 44))]


@pytest.mark.parametrize(("seen", "rows", "wrong"), [
    (GOOD, {"db1": ALL, "db2": ALL}, []),
    (GOOD, {"db1": [*ALL, (31, "x")], "db2": ALL}, []),
    (GOOD, {"db1": ALL[:-2], "db2": ALL}, ["db1: 2 row(s) lost: 42, 43"]),
    (GOOD, {"db1": ALL, "db2": [*ALL, ALL[0]]}, ["db2: 1 row(s) there twice: 1"]),
    (GOOD, {"db1": ALL, "db2": [*ALL, (999, "x")]}, ["db2: 1 row(s) of nobody: 999"]),
    (GOOD, {"db1": ALL, "db2": "refused"}, ["rows of db2 could not be read: refused"]),
    (replace(GOOD, ended=None), {}, [f"outage unmeasured: {DIED}"]),
    (reading(*["a"] * 9), {}, ["only a ever acknowledged: nothing was switched over"]),
    (reading("a", "b", "a", "b"), {}, ["two writers: a acknowledged after b had"]),
    (reading("a", "b", *[""] * 9), {},
     ["outage unmeasured: nothing was acknowledged again: at least 2.0 s"]),
])
def test_what_is_wrong_is_named(
    seen: Reading, rows: Mapping[str, Rows | str], wrong: list[str],
) -> None:
    assert Proof(seen, rows).faults() == wrong


def test_with_every_row_there_nothing_from_before_the_incident_is_missing() -> None:
    proof = Proof(GOOD, {"db1": ALL, "db2": ALL})
    assert proof.recovered(INCIDENT) == INCIDENT
    assert "outage 0.80 s" in proof.told()
    assert "40 of 43 rows acknowledged, 0 lost on 2 server(s)" in proof.told()


def test_lost_rows_make_the_newest_before_them_what_was_recovered() -> None:
    proof = Proof(GOOD, {"db1": ALL, "db2": ALL[10:]})
    assert proof.recovered(INCIDENT) == ""  # the very first is lost
    early = Proof(GOOD, {"db1": ALL, "db2": [*ALL[:5], *ALL[6:]]})
    assert early.recovered(INCIDENT).startswith("2026-11-21T01:12:00.805")
    late = Proof(GOOD, {"db1": ALL, "db2": ALL[:-1]})
    assert late.recovered(INCIDENT) == "", "lost after the incident: no figure, and never zero"


def test_servers_that_cannot_be_read_leave_it_unmeasured() -> None:
    assert Proof(GOOD, {"db1": ALL, "db2": "refused"}).recovered(INCIDENT) == ""
