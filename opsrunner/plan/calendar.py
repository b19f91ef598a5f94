"""``policies/calendar/*.yml``: maintenance windows, freezes (special periods), public holidays.

Times are the wall clock of the file's time zone. Several files are one calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from opsrunner.errors import InputError, PolicyError, Problem
from opsrunner.plan.models import Name, Strict, Words
from opsrunner.plan.selector import Selector
from opsrunner.policy.load import read_models

FOLDER = "calendar"
_DATE = 10  # characters of 2027-03-01
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "restday"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"this machine knows no time zone {zone!r}") from error
    return zone


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        raise ValueError("is the wall clock of the file's time zone; leave the offset away")
    return moment


def _whole_day(value: Any) -> Any:  # noqa: ANN401 - whatever YAML made of it
    """Given an end, read a bare date as the end of that day: "to the 15th" includes the 15th."""
    if isinstance(value, str) and len(value) == _DATE:
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day) + timedelta(days=1)  # noqa: DTZ001 - wall clock
    return value


Zone = Annotated[str, AfterValidator(_known)]
Wall = Annotated[
    datetime, AfterValidator(_naive),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$"}),
]
Clock = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]  # quoted in YAML


class Window(Strict):
    """When changes may be made: on these days from ``from`` to ``to``, past midnight if need be.

    ``workday`` and ``restday`` follow the holidays of the year; a day counts by its beginning.
    """

    title: Words
    subjects: Selector = Selector()
    days: Annotated[tuple[Day, ...], Field(min_length=1)] = WEEK
    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")


class Freeze(Strict):
    """A special period (重保): no change unless the plan is marked for it by its name."""

    title: Words
    subjects: Selector = Selector()
    start: Wall = Field(alias="from")
    end: Annotated[Wall, BeforeValidator(_whole_day)] = Field(alias="to")

    @model_validator(mode="after")
    def _order(self) -> Freeze:
        if self.end <= self.start:
            raise ValueError("to is not after from")
        return self


class Holidays(Strict):
    """One year's notice: days off, and weekend days worked."""

    rest: tuple[date, ...]
    work: tuple[date, ...] = ()


class CalendarFile(Strict):
    """One file of ``policies/calendar/``; the names of freezes are what ``--period`` takes."""

    timezone: Zone = "Asia/Shanghai"
    windows: dict[Name, Window] = Field(default_factory=dict)
    freezes: dict[Name, Freeze] = Field(default_factory=dict)
    holidays: dict[Annotated[int, Field(ge=2000, le=2200)], Holidays] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _years(self) -> CalendarFile:
        for year, days in self.holidays.items():
            if strange := [str(day) for day in (*days.rest, *days.work) if day.year != year]:
                raise ValueError(f"holidays of {year}: {', '.join(strange)} is another year's")
            if both := [str(day) for day in set(days.rest) & set(days.work)]:
                raise ValueError(f"holidays of {year}: {', '.join(both)} is both rest and work")
        return self


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything there is, windows and freezes with their time zone, by name."""

    windows: Mapping[str, tuple[Window, ZoneInfo]]
    freezes: Mapping[str, tuple[Freeze, ZoneInfo]]
    holidays: Mapping[int, Holidays]

    def works_on(self, day: date) -> bool | None:
        """Given a day, return whether it is a working day; None when nobody wrote down its year."""
        year = self.holidays.get(day.year)
        if year is None:
            return None
        return day in year.work or (day.weekday() < WEEK.index("sat") and day not in year.rest)

    def require_period(self, name: str) -> None:
        """Given what a plan shall be marked for, raise InputError when there is no such period."""
        if name not in self.freezes:
            known = ", ".join(self.freezes) or "none"
            raise InputError([Problem("--period", name, f"no such special period; known: {known}")])


def load_calendar(policies: Path) -> Calendar:
    """Given the policies folder, return its calendar. Raise PolicyError with every problem."""
    problems: list[Problem] = []
    files = read_models(sorted((policies / FOLDER).glob("*.yml")), CalendarFile, problems)
    calendar = Calendar({}, {}, {})
    for path, file in files.items():
        zone = ZoneInfo(file.timezone)
        windows = {name: (window, zone) for name, window in file.windows.items()}
        freezes = {name: (freeze, zone) for name, freeze in file.freezes.items()}
        for kind, new, old in (
            ("windows", windows, calendar.windows),
            ("freezes", freezes, calendar.freezes),
            ("holidays", file.holidays, calendar.holidays),
        ):
            problems += [
                Problem(str(path), f"{kind}.{name}", "stands in another file of the calendar too")
                for name in new if name in old
            ]
        calendar = Calendar(
            {**calendar.windows, **windows}, {**calendar.freezes, **freezes},
            {**calendar.holidays, **file.holidays},
        )
    if problems:
        raise PolicyError(problems)
    return calendar
