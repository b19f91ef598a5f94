"""How often something has to happen, and the stretches of time that this comes to.

A cadence tiles time: every moment is in exactly one of its periods, and a period ends where the
next one begins. Borders are the wall clock of a time zone; weeks are ISO 8601 weeks (Monday, and
some years have 53). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from opsrunner.plan.models import Strict

_DAYS = re.compile(r"every (\d+) days")
_EVERY = r"^(daily|weekly|monthly|quarterly|half-yearly|every [1-9][0-9]{0,2} days)$"
_DAY = timedelta(days=1)
_MONTHS: Final[Mapping[str, int]] = {"monthly": 1, "quarterly": 3, "half-yearly": 6}
_NAMES: Final[Mapping[str, Callable[[date], str]]] = {
    "daily": lambda day: day.isoformat(),
    "weekly": lambda day: "{}-W{:02}".format(*day.isocalendar()),
    "monthly": lambda day: f"{day:%Y-%m}",
    "quarterly": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "half-yearly": lambda day: f"{day.year}-H{(day.month + 5) // 6}",
}


class Cadence(Strict):
    """Once in every period; ``at`` is the wall clock at which a period's first day begins.

    With ``at: "12:00"`` a nightly job is in one period whether it ends before midnight or after.
    ``anchor`` is the first day of one of the periods of ``every N days``.
    """

    every: Annotated[str, Field(pattern=_EVERY)]
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "00:00"
    anchor: date | None = None

    @model_validator(mode="after")
    def _anchored(self) -> Cadence:
        if (self.anchor is None) == bool(_DAYS.fullmatch(self.every)):
            raise ValueError("anchor goes with 'every N days', and only with it")
        return self

    @cached_property
    def days(self) -> int | None:
        """Return the days of a period of ``every N days``, None for the others."""
        found = _DAYS.fullmatch(self.every)
        return int(found[1]) if found else None

    @property
    def longest(self) -> timedelta:
        """Return how long a period can be: from one run to the next may be twice that."""
        known = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "half-yearly": 184}
        return timedelta(days=self.days or known[self.every])

    @property
    def a_year(self) -> int:
        """Return how many periods begin in a year, at least."""
        known = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4, "half-yearly": 2}
        return 365 // self.days if self.days else known[self.every]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One period by name (``2026-W47``): from ``start`` to before ``end``, both in UTC."""

    name: str
    start: datetime
    end: datetime


def first_day(cadence: Cadence, day: date) -> date:
    """Given a cadence and a day, return the first day of the period that the day is in."""
    if cadence.days is not None and cadence.anchor is not None:
        return day - timedelta(days=(day - cadence.anchor).days % cadence.days)
    if cadence.every == "weekly":
        return day - timedelta(days=day.weekday())
    if cadence.every == "daily":
        return day
    months = _MONTHS[cadence.every]
    return date(day.year, day.month - (day.month - 1) % months, 1)


def next_day(cadence: Cadence, first: date) -> date:
    """Given a cadence and the first day of a period, return the first day of the next one."""
    if cadence.every in _MONTHS:
        months = first.year * 12 + first.month - 1 + _MONTHS[cadence.every]
        return date(months // 12, months % 12 + 1, 1)
    return first + (cadence.days or {"daily": 1, "weekly": 7}[cadence.every]) * _DAY


def occurrences(
    cadence: Cadence, zone: ZoneInfo, begin: datetime, end: datetime,
) -> tuple[Occurrence, ...]:
    """Given a cadence, its time zone and two moments, return the periods that meet [begin, end).

    They are in order, without a gap and without an overlap. ``begin`` and ``end`` carry a time
    zone. Empty when ``end`` is not after ``begin``.
    """
    return _expanded(cadence, zone, begin, end) if begin < end else ()


@lru_cache(maxsize=256)  # a fleet has thousands of backup sets and a handful of cadences
def _expanded(
    cadence: Cadence, zone: ZoneInfo, begin: datetime, end: datetime,
) -> tuple[Occurrence, ...]:
    days = list(_first_days(cadence, zone, begin, end))
    borders = [_border(cadence, zone, day) for day in days]
    name = _NAMES.get(cadence.every, _NAMES["daily"])
    return tuple(
        Occurrence(name(day), start, stop)
        for day, (start, stop) in zip(days, pairwise(borders), strict=False)
        if start < stop and start < end and begin < stop  # a zone may skip a whole day
    )


def _first_days(
    cadence: Cadence, zone: ZoneInfo, begin: datetime, end: datetime,
) -> Iterator[date]:
    """Yield first days from before ``begin`` until one whose period begins at ``end`` or later."""
    day = first_day(cadence, begin.astimezone(zone).date() - _DAY)
    while True:
        yield day
        if _border(cadence, zone, day) >= end:
            return
        day = next_day(cadence, day)


def _border(cadence: Cadence, zone: ZoneInfo, day: date) -> datetime:
    """Return when a period that begins on that day begins, in UTC.

    A wall clock that the zone skips or has twice on that day (daylight saving) is the moment that
    ``fold=0`` names; two days never share one, so periods stay in order.
    """
    clock = time.fromisoformat(cadence.at)
    return datetime.combine(day, clock, zone).astimezone(UTC)
