"""A week's inspection of backups: what is on record of each set, and what is wrong; pure.

It rests on runs that the evidence store accepts and nothing else. A week without one is missed:
what is looked at later is on record of a later week.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.errors import InputError, Problem
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level

_WEEK = timedelta(weeks=1)
_SHRUNK = 0.5  # of the copy before; less is called an anomaly


class State(StrEnum):
    """What became of a set's inspection. ``open``: the week is not over."""

    WELL = "well"
    ANOMALY = "anomaly"
    UNKNOWN = "unknown"  # somebody tried, and could not look
    MISSED = "missed"
    OPEN = "open"
    NOT_DUE = "not_due"


class Code(StrEnum):
    """What can be wrong; its words are in the paper."""

    UNLOOKED = "unlooked"  # nobody could look; detail: the reason
    FAILED = "failed"  # a job failed, or the copy is not what it should be; detail: the reason
    SHORT = "short"  # less was proven than is wanted every week; detail: both levels
    NO_COPY = "no_copy"  # no copy is on record at all
    OLD = "old"  # the newest copy is older than the cadence allows
    SHRUNK = "shrunk"  # the newest copy is less than half of the one before; detail: in percent


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that is wrong."""

    code: Code
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One verification with its run, who ran it, and when it went on record."""

    what: Verification
    run: str
    who: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Inspected:
    """One set in one week. ``newest`` is its newest copy on record by the week's end.

    ``age`` is of that copy when the set was last looked at; when it was not, at the week's end.
    """

    set: BackupSet
    state: State
    said: tuple[Said, ...]
    level: Level | None
    newest: Copy | None
    age: timedelta | None
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True)
class Inspection:
    """A week by name, its sets in the policy's order, and what evidence was not accepted."""

    week: str
    first: date
    over: bool
    generated: datetime
    rows: tuple[Inspected, ...]
    policy: BackupPolicy
    head: str = ""
    refused: tuple[str, ...] = ()

    def of(self, *states: State) -> list[Inspected]:
        """Given states, return the rows that are in one of them."""
        return [row for row in self.rows if row.state in states]


def monday(week: str) -> date:
    """Given an ISO week such as ``2026-W47``, return its first day. Raise InputError."""
    found = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)  # type: ignore[index]  # below
    except (TypeError, ValueError):
        message = "is no ISO week; it looks like 2026-W47"
        raise InputError([Problem("--week", week, message)]) from None


def inspect(
    policy: BackupPolicy, said: Iterable[Said], week: str, now: datetime, *, head: str = "",
    refused: Iterable[str] = (),
) -> Inspection:
    """Given the policy, everything on record, a week and the time, return the week's inspection.

    Raise InputError for no week, one that is yet to come, or one before the policy holds.
    """
    first = monday(week)
    if all(_begin(first, one.zone) > now for one in policy.sets.values()):
        raise InputError([Problem("--week", week, "is yet to come")])
    if all(first + timedelta(days=6) < one.since for one in policy.sets.values()):
        since = min(one.since for one in policy.sets.values())
        raise InputError([Problem("--week", week, f"the policy holds since {since} (since:)")])
    by_set: dict[str, list[Said]] = {}
    for one in sorted(said, key=lambda one: one.recorded):
        by_set.setdefault(one.what.set_id, []).append(one)
    rows = tuple(
        _inspected(one, by_set.get(one.id, ()), first, now) for one in policy.sets.values()
    )
    over = all(_begin(first, one.zone) + _WEEK <= now for one in policy.sets.values())
    return Inspection(week, first, over, now, rows, policy, head, tuple(refused))


def _begin(first: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _inspected(one: BackupSet, said: Sequence[Said], first: date, now: datetime) -> Inspected:
    begin, end = _begin(first, one.zone), _begin(first + _WEEK, one.zone)
    known = [each for each in said if each.recorded < end]
    mine = tuple(each for each in known if each.recorded >= begin)
    copies = sorted({
        copy for each in known for copy in (each.what.copy, *each.what.others) if copy
    }, key=lambda copy: (copy.latest, copy.id))
    newest = copies[-1] if copies else None
    looks = [each.recorded for each in mine if each.what.looked]
    looked = looks[-1] if looks else min(now, end)
    age = max(looked - newest.latest, timedelta(0)) if newest else None
    level = max((each.what.level for each in mine if each.what.level is not None), default=None)
    wrong = tuple(_wrong(one, mine, level, copies, age))
    return Inspected(one, _state(one, mine, wrong, (first, end), now), mine, level, newest, age,
                     wrong if mine else ())


def _state(
    one: BackupSet, mine: Sequence[Said], wrong: Sequence[Anomaly], week: tuple[date, datetime],
    now: datetime,
) -> State:
    first, end = week
    if first < one.since:  # some days of it do not count: nothing is due
        return State.NOT_DUE
    if not mine:
        return State.OPEN if now < end else State.MISSED
    codes = {each.code for each in wrong}
    if codes - {Code.UNLOOKED, Code.SHORT}:
        return State.ANOMALY
    if Code.UNLOOKED in codes:  # then it is not known either whether more could be proven
        return State.UNKNOWN
    return State.ANOMALY if codes else State.WELL


def _wrong(
    one: BackupSet, mine: Sequence[Said], level: Level | None, copies: Sequence[Copy],
    age: timedelta | None,
) -> Iterable[Anomaly]:
    seen = {each.what.source: place for place, each in enumerate(mine) if each.what.looked}
    for place, each in enumerate(mine):
        if each.what.reason and each.what.looked:  # it happened, even when it was mended since
            yield Anomaly(Code.FAILED, each.what.reason)
        elif each.what.reason and place > seen.get(each.what.source, -1):
            yield Anomaly(Code.UNLOOKED, each.what.reason)
    wanted = Level[one.backup.verification.level]
    weekly = one.backup.verification.cadence.longest <= _WEEK
    if weekly and (level is None or level < wanted):
        yield Anomaly(Code.SHORT, f"{level.name if level is not None else '-'} < {wanted.name}")
    if age is None:
        yield Anomaly(Code.NO_COPY)
    elif age > one.backup.cadence.longest + one.backup.report_within:
        yield Anomaly(Code.OLD)
    sizes = [copy.size for copy in copies if copy.size]
    if len(sizes) > 1 and sizes[-1] < sizes[-2] * _SHRUNK:
        yield Anomaly(Code.SHRUNK, f"{100 - 100 * sizes[-1] // sizes[-2]}")
