"""The ledger of recoverability: per backup set and ISO week, the highest level proven; pure.

A cell without an accepted run is empty, and stays empty. What is due and was not done is named
without anybody asking: backups, their verification, and the verification of the copy elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.proofs import Proven, fresh, levels_by_week
from opsrunner.activities.backup.record import SOURCES, Source
from opsrunner.activities.backup.rotation import Reading, Rotation
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level
from opsrunner.schedule.cadence import Cadence, Occurrence, occurrences
from opsrunner.schedule.settle import Expected, Kept, Proof, State, settle

_WEEKLY = Cadence(every="weekly")
_WEEK = timedelta(weeks=1)
_YEAR = 52


class Duty(StrEnum):
    """What has to be done again and again for a backup set."""

    BACKUP = "backup"
    VERIFY = "verify"
    OFFSITE = "offsite"


@dataclass(frozen=True, slots=True)
class Cell:
    """One week of one set. ``state``: proven (to some level), missed, open; None: not yet due."""

    week: str
    state: State | None
    level: Level | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """How one duty was kept: the periods missed by name, how many proven, whether overdue now."""

    duty: Duty
    every: str
    proven: int
    missed: tuple[str, ...]
    overdue: bool


@dataclass(frozen=True)
class Row:
    """One backup set: its weeks, its duties, and when its newest copy on record was made.

    ``reading``: of which copy how much was read; of files that opsrunner backs up, else empty.
    """

    set: BackupSet
    cells: tuple[Cell, ...]
    duties: tuple[Done, ...]
    newest: datetime | None
    reading: Mapping[Source, Reading] = field(default_factory=dict)

    @cached_property
    def due(self) -> int:
        """Return how many weeks had to have a proof; the current one once it has one."""
        return sum(cell.state in (State.PROVEN, State.MISSED) for cell in self.cells)

    @cached_property
    def recoverable(self) -> int:
        """Return in how many weeks it was proven that the data can be had back (L3 and above)."""
        counted = [cell.level for cell in self.cells if cell.state is State.PROVEN]
        return sum(level is not None and level.recoverable for level in counted)

    @property
    def unread(self) -> Mapping[Source, Reading]:
        """Return the copies of which not all data was read within its period."""
        return {source: one for source, one in self.reading.items() if one.parts_read < one.parts}

    @property
    def short(self) -> int:
        """Return how many weeks more were without such a proof than there is room for.

        What the contract leaves of a year's weeks is room in proportion to the weeks due.
        """
        room = (_YEAR - self.set.backup.verification.weeks_a_year) * self.due // _YEAR
        return max(0, self.due - self.recoverable - room)

    @property
    def overdue(self) -> tuple[Done, ...]:
        """Return the duties that are overdue now."""
        return tuple(done for done in self.duties if done.overdue)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows, worst first inside a system; ``weeks`` are the columns, oldest first.

    ``refused`` says which evidence was not accepted, and why: its cells are empty.
    """

    generated: str
    weeks: tuple[str, ...]
    rows: tuple[Row, ...]
    policy_sha256: str
    head: str
    refused: tuple[str, ...]

    @property
    def overdue(self) -> tuple[Row, ...]:
        """Return the rows that need somebody today."""
        return tuple(row for row in self.rows if row.overdue)


def build(
    policy: BackupPolicy,
    proven: Mapping[str, Sequence[Proven]],
    now: datetime,
    *,
    weeks: int,
    head: str = "",
    refused: Iterable[str] = (),
) -> Ledger:
    """Given the policy, the proofs by set, the time and a number of weeks, return the ledger."""
    zones = {one.zone for one in policy.sets.values()} or {ZoneInfo("Asia/Shanghai")}
    begin = now - (weeks + 1) * _WEEK
    columns = {
        zone: occurrences(_WEEKLY, zone, begin, now + timedelta(microseconds=1))[-weeks:]
        for zone in zones
    }
    moments = {proof.recorded for proofs in proven.values() for proof in proofs}
    week_of = {zone: _weeks_of(moments, found) for zone, found in columns.items()}
    rows = [
        _row(one, proven.get(one.id, ()), columns[one.zone], week_of[one.zone], now)
        for one in policy.sets.values()
    ]
    names = sorted({week.name for found in columns.values() for week in found})[-weeks:]
    order = {name: number for number, name in enumerate(policy.systems)}
    rows.sort(key=lambda row: (order[row.set.system_id], not row.overdue, row.recoverable))
    return Ledger(
        now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), tuple(names), tuple(rows),
        policy.sha256, head, tuple(refused),
    )


def _weeks_of(moments: Iterable[datetime], weeks: Sequence[Occurrence]) -> dict[datetime, str]:
    """Given moments and weeks, return each moment's week; what is outside of them has none."""
    settled = {
        moment: next((w.name for w in weeks if w.start <= moment < w.end), "")
        for moment in moments
    }
    return {moment: name for moment, name in settled.items() if name}


def _row(
    one: BackupSet,
    proofs: Sequence[Proven],
    weeks: Sequence[Occurrence],
    week_of: Mapping[datetime, str],
    now: datetime,
) -> Row:
    counted = fresh(one, proofs)
    best = levels_by_week(counted, week_of)
    since = datetime.combine(one.since, datetime.min.time(), one.zone).astimezone(UTC)
    begin = max(since, weeks[0].start)
    copies = [proof.said.copy.latest for proof in proofs if proof.said.copy]
    return Row(
        one,
        tuple(_cell(week, best.get(week.name), since, now) for week in weeks),
        _duties(one, proofs, counted, begin, now),
        max(copies, default=None),
        _reading(one, proofs, now),
    )


def _reading(
    one: BackupSet, proofs: Sequence[Proven], now: datetime,
) -> Mapping[Source, Reading]:
    if one.backup.made_by != "opsrunner" or not one.backup.paths:
        return {}
    return {
        source: Rotation.of(one, source).progress(proofs, source, now) for source in SOURCES
    }


def _cell(week: Occurrence, best: Proven | None, since: datetime, now: datetime) -> Cell:
    level, run = (best.level, best.run) if best else (None, "")
    if week.start < since:  # shown, not counted; a week of which only some days count is no gap
        return Cell(week.name, None, level, run)
    if best:
        return Cell(week.name, State.PROVEN, level, run)
    return Cell(week.name, State.OPEN if now < week.end else State.MISSED)


def _duties(
    one: BackupSet, proofs: Sequence[Proven], counted: Sequence[Proven], begin: datetime,
    now: datetime,
) -> tuple[Done, ...]:
    wanted = Level[one.backup.verification.level]
    enough = [proof.when() for proof in counted if proof.level >= wanted]
    elsewhere = [
        proof.when() for proof in counted
        if proof.said.source == "offsite" and proof.level.recoverable
    ]
    made = [copy for proof in proofs for copy in proof.made()]
    plan: tuple[tuple[Duty, Cadence, list[Proof], timedelta], ...] = (
        (Duty.BACKUP, one.backup.cadence, made, one.backup.report_within),
        (Duty.VERIFY, one.backup.verification.cadence, enough, timedelta(0)),
        (Duty.OFFSITE, one.backup.verification.offsite, elsewhere, timedelta(0)),
    )
    return tuple(
        _done(duty, cadence, settle(_whole(cadence, one.zone, begin, now), found, now,
                                    within=within))
        for duty, cadence, found, within in plan
    )


@lru_cache(maxsize=256)  # a fleet has thousands of backup sets and a handful of cadences
def _whole(cadence: Cadence, zone: ZoneInfo, begin: datetime, now: datetime) -> Expected:
    """Given a cadence and a stretch, return its periods; one that began before is not due."""
    return Expected.of(
        one for one in occurrences(cadence, zone, begin, now) if one.start >= begin
    )


def _done(duty: Duty, cadence: Cadence, kept: Kept) -> Done:
    return Done(duty, cadence.every, len(kept.runs), kept.missed, kept.overdue)
