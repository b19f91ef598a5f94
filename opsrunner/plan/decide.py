"""May these subjects be changed now? Windows, freezes and the plan's marks; pure.

A subject's windows are those that mean it most closely (by name, else group, else system, else
all). Where none is known to be open, the answer is no: a change waits, it is never let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opsrunner.models import Subject
from opsrunner.plan.calendar import WEEK, Calendar, Window
from opsrunner.plan.file import expired, utc
from opsrunner.plan.intervals import Interval, covering, difference, intersection, union
from opsrunner.plan.models import Plan, Words
from opsrunner.plan.reasons import Why

HORIZON = timedelta(days=400)  # how far the next window is looked for
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Subjects that may not be changed now, why, and the reason's code."""

    subjects: tuple[str, ...]
    reason: Words
    code: str = ""


class _Barred(NamedTuple):
    words: Words
    code: str


@dataclass(frozen=True, slots=True)
class Decision:
    """``until``: when it ends to be allowed. ``next``: when all subjects may be changed together.

    Both are None when that is not within the horizon.
    """

    allowed: bool
    refusals: tuple[Refusal, ...] = ()
    until: datetime | None = None
    next: Interval | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the calendar says of a subject: the names of its windows and of its freezes."""

    windows: tuple[str, ...]
    freezes: tuple[str, ...]


def decide(
    calendar: Calendar, now: datetime, subjects: Sequence[Subject], plan: Plan,
) -> Decision:
    """Given a calendar, the time, the subjects to be changed together and the plan, decide."""
    kinds: dict[_Kind, list[str]] = {}
    for subject in subjects:
        kinds.setdefault(_kind(calendar, subject, plan), []).append(subject.id)
    span = (now, now + HORIZON)
    together, refusals = [span], []
    for kind, names in kinds.items():
        mine = _allowed(calendar, kind, plan, span)
        together = intersection(together, mine)
        if covering(mine, now) is None:
            refusals.append(Refusal(tuple(names), *_why(calendar, kind, now)))
    if refusals:
        return Decision(allowed=False, refusals=tuple(refusals), next=next(iter(together), None))
    until = together[0][1]
    return Decision(allowed=True, until=until if until < span[1] else None)


def gate(
    calendar: Calendar, plan: Plan, subjects: Mapping[str, Subject],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Callable[[Sequence[str]], tuple[Why, ...]]:
    """Given a calendar, a plan, its subjects by id and a clock, return what a batch asks first.

    That answers why the batch may not begin now, nothing when it may.
    """

    def ask(names: Sequence[str]) -> tuple[Why, ...]:
        now = clock()
        if late := expired(plan, now):
            return (Why("expired", late),)
        decision = decide(calendar, now, [subjects[name] for name in names], plan)
        return () if decision.allowed else refusal(decision)

    return ask


def refusal(decision: Decision) -> tuple[Why, ...]:
    """Given a decision that says no, return who may not and why, and when they may."""
    later = "no later time is known"
    if decision.next is not None:
        later = f"next: {utc(decision.next[0])} to {utc(decision.next[1])}"
    return (
        *(Why(one.code, one.reason.en, ", ".join(one.subjects)) for one in decision.refusals),
        Why("next_window", later),
    )


def _kind(calendar: Calendar, subject: Subject, plan: Plan) -> _Kind:
    near = {name: one.subjects.nearness(subject) for name, (one, _) in calendar.windows.items()}
    nearest = max(near.values(), default=-1)
    return _Kind(
        windows=tuple(name for name, rank in near.items() if rank == nearest >= 0),
        freezes=tuple(
            name for name, (freeze, _) in calendar.freezes.items()
            if name != plan.period and freeze.subjects.nearness(subject) >= 0
        ),
    )


def _allowed(calendar: Calendar, kind: _Kind, plan: Plan, span: Interval) -> list[Interval]:
    frozen = union(_frozen(calendar, name) for name in kind.freezes)
    if plan.emergency:
        return difference([span], frozen)
    windows = (calendar.windows[name] for name in kind.windows)
    times = union(one for window, zone in windows for one in _times(calendar, window, zone, span))
    return difference(intersection(times, [span]), frozen)


def _frozen(calendar: Calendar, name: str) -> Interval:
    freeze, zone = calendar.freezes[name]
    return _utc(freeze.start, zone), _utc(freeze.end, zone)


def _times(
    calendar: Calendar, window: Window, zone: ZoneInfo, span: Interval,
) -> Iterator[Interval]:
    """Given a window, yield when it is open around the span."""
    day = span[0].astimezone(zone).date() - 2 * _DAY
    last = span[1].astimezone(zone).date() + _DAY
    while day <= last:
        if _opens(calendar, window, day):
            over = _DAY if window.end <= window.start else timedelta()
            yield _utc(_at(day, window.start), zone), _utc(_at(day, window.end) + over, zone)
        day += _DAY


def _opens(calendar: Calendar, window: Window, day: date) -> bool:
    works = calendar.works_on(day)
    return (
        WEEK[day.weekday()] in window.days
        or ("workday" in window.days and works is True)
        or ("restday" in window.days and works is False)
    )


def _at(day: date, clock: str) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + _DAY, time())
    return datetime.combine(day, time.fromisoformat(clock))


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _why(calendar: Calendar, kind: _Kind, now: datetime) -> _Barred:
    """Return why such subjects may not be changed now, and the reason's code."""
    for name in kind.freezes:
        if covering([_frozen(calendar, name)], now):
            title, end = calendar.freezes[name][0].title, utc(_frozen(calendar, name)[1])
            return _Barred(Words(
                zh=f"特殊时期（{title.zh}）冻结变更，至 {end}；计划须以 --period {name} 标明",
                en=f"frozen for {title.en} until {end}; a plan for it says --period {name}",
            ), code="frozen")
    if not kind.windows:
        return _Barred(Words(
            zh="没有维护窗口：请在 policies/calendar/ 中登记",
            en="no maintenance window is meant for it; write one into policies/calendar/",
        ), code="no_window")
    windows = [calendar.windows[name] for name in kind.windows]
    titles = [window.title for window, _ in windows]
    zh, en = "、".join(t.zh for t in titles), ", ".join(t.en for t in titles)
    years = {now.astimezone(zone).year for window, zone in windows
             if {"workday", "restday"} & set(window.days)} - calendar.holidays.keys()
    if years:
        year = min(years)
        return _Barred(Words(
            zh=f"不在维护窗口内（{zh}）；{year} 年节假日未登记，无法判断工作日",
            en=f"outside its window ({en}); nobody wrote down the holidays of {year}",
        ), code="holidays_unknown")
    said = Words(zh=f"不在维护窗口内（{zh}）", en=f"outside its window ({en})")
    return _Barred(said, code="outside_window")
