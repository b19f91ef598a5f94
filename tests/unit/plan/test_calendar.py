"""Windows, freezes and holidays: what a file may say, and what it comes to at a given moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import InputError, PolicyError
from opsrunner.models import Subject
from opsrunner.plan.calendar import Calendar, CalendarFile, load_calendar
from opsrunner.plan.decide import Decision, decide, gate, refusal
from opsrunner.plan.intervals import difference, intersection, union
from opsrunner.plan.reasons import text
from tests.unit.plan.plans import plan

SHIPPED = Path(__file__).parents[3] / "policies"
SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)


def title(said: str) -> dict[str, str]:
    return {"zh": said, "en": said}


def calendar(policies: Path, **files: Any) -> Calendar:  # noqa: ANN401 - any YAML
    (policies / "calendar").mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        path = policies / "calendar" / f"{name}.yml"
        path.write_text(yaml.safe_dump(value, allow_unicode=True), "utf-8")
    return load_calendar(policies)


def window(begin: str, end: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    return {"title": title(f"{begin}-{end}"), "from": begin, "to": end, **more}


def freeze(begin: str, end: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    return {"title": title("两会"), "from": begin, "to": end, **more}


def host(name: str = "web01", system: str = "", groups: tuple[str, ...] = ()) -> Subject:
    return Subject("host", name, "centos-7", "level3", groups, {"system": system})


def at(when: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=SHANGHAI)


def test_the_shipped_calendar_opens_at_night_and_shuts_for_special_periods() -> None:
    shipped = load_calendar(SHIPPED)
    assert decide(shipped, at("2026-11-21T23:00"), [host()], plan()).allowed
    noon = decide(shipped, at("2026-11-21T12:00"), [host()], plan())
    assert not noon.allowed
    assert noon.next == (at("2026-11-21T22:00"), at("2026-11-22T06:00"))
    assert decide(shipped, at("2026-11-21T12:00"), [host("lab-centos7-1")], plan()).allowed
    assert not decide(shipped, at("2027-03-05T23:00"), [host()], plan()).allowed
    assert shipped.works_on(date(2026, 2, 14)) is True  # a Saturday worked
    assert shipped.works_on(date(2026, 10, 1)) is False


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"windows": {"w": window("22:00", "25:00")}}, "windows.w.to"),
        ({"windows": {"w": {**window("22:00", "23:00"), "from": 1320}}}, "windows.w.from"),
        ({"windows": {"w": window("22:00", "23:00", days=["someday"])}}, "windows.w.days.0"),
        ({"windows": {"w": window("22:00", "23:00", days=[])}}, "windows.w.days"),
        ({"windows": {"w": window("22:00", "23:00", subjects={"host": ["x"]})}}, "unknown key"),
        ({"freezes": {"f": freeze("2027-03-02", "2027-03-01")}}, "to is not after from"),
        ({"freezes": {"f": freeze("2027-03-02T00:00:00Z", "2027-03-03")}}, "leave the offset away"),
        ({"timezone": "Asia/Nowhere"}, "this machine knows no time zone"),
        ({"holidays": {2026: {"rest": [date(2027, 1, 1)]}}}, "2027-01-01 is another year's"),
        ({"holidays": {2026: {"rest": [date(2026, 1, 1)], "work": [date(2026, 1, 1)]}}}, "both"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused(
    tmp_path: Path, spoil: dict[str, Any], said: str,
) -> None:
    with pytest.raises(PolicyError, match=said):
        calendar(tmp_path, one=spoil)


def test_a_name_stands_in_one_file(tmp_path: Path) -> None:
    once = {"windows": {"w": window("22:00", "23:00")}}
    assert calendar(tmp_path, one=once).windows.keys() == {"w"}
    with pytest.raises(PolicyError, match=r"two\.yml: windows\.w: stands in another file"):
        calendar(tmp_path, one=once, two=once)


def test_without_a_calendar_nothing_is_changed(tmp_path: Path) -> None:
    nothing = decide(calendar(tmp_path), at("2026-11-21T23:00"), [host()], plan())
    assert not nothing.allowed
    assert nothing.next is None
    assert "no maintenance window is meant for it" in nothing.refusals[0].reason.en


def test_the_nearest_windows_are_a_subjects_windows(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={"windows": {
        "all": window("20:00", "24:00"),
        "core": window("02:00", "04:00", subjects={"systems": ["核心"]}),
        "db": window("04:00", "05:00", subjects={"groups": ["oracle"]}),
        "one": window("06:00", "07:00", subjects={"hosts": ["db-*"]}),
    }})

    def hours(subject: Subject) -> list[int]:
        days = (at(f"2026-11-21T{hour:02}:30") for hour in range(24))
        return [one.hour for one in days if decide(found, one, [subject], plan()).allowed]

    assert hours(host()) == [20, 21, 22, 23]
    assert hours(host(system="核心")) == [2, 3]
    assert hours(host(system="核心", groups=("oracle",))) == [4]
    assert hours(host("db-1", "核心", ("oracle",))) == [6]


def test_all_subjects_of_a_batch_must_be_allowed_together(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={"windows": {
        "all": window("20:00", "24:00"),
        "db": window("23:00", "02:00", subjects={"groups": ["db"]}),
    }})
    both = [host("web01"), host("db01", groups=("db",))]
    early = decide(found, at("2026-11-21T21:00"), both, plan())
    assert [one.subjects for one in early.refusals] == [("db01",)]
    assert early.next == (at("2026-11-21T23:00"), at("2026-11-22T00:00"))
    inside = decide(found, at("2026-11-21T23:10"), both, plan())
    assert inside.allowed
    assert inside.until == at("2026-11-22T00:00")


def test_a_special_period_is_for_the_plans_marked_for_it(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={
        "windows": {"all": window("00:00", "24:00")},
        "freezes": {"两会-2027": freeze("2027-03-03", "2027-03-13"),
                    "演练": freeze("2027-03-10T08:00", "2027-03-10T18:00")},
    })
    inside, marked = at("2027-03-05T10:00"), plan(period="两会-2027")
    refused = decide(found, inside, [host()], plan())
    assert not refused.allowed
    assert "两会" in refused.refusals[0].reason.zh
    assert refused.next is not None
    assert refused.next[0] == at("2027-03-14T00:00")  # "to the 13th" is all of that day
    assert decide(found, inside, [host()], marked).allowed
    assert not decide(found, at("2027-03-10T10:00"), [host()], marked).allowed  # the other one
    assert not decide(found, inside, [host()], plan(period="春节")).allowed
    found.require_period("演练")
    with pytest.raises(InputError, match="春节: no such special period; known: 两会-2027, 演练"):
        found.require_period("春节")


def test_an_emergency_waits_for_no_window_but_for_a_freeze(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={
        "windows": {"night": window("22:00", "23:00")},
        "freezes": {"f": freeze("2027-03-03", "2027-03-13")},
    })
    urgent = plan(emergency="漏洞通报，1 小时内处置")
    assert decide(found, at("2026-11-21T12:00"), [host()], urgent).allowed
    assert not decide(found, at("2026-11-21T12:00"), [host()], plan()).allowed
    assert not decide(found, at("2027-03-05T12:00"), [host()], urgent).allowed


def test_a_year_nobody_wrote_down_opens_no_workday_window(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={
        "windows": {"w": window("09:00", "18:00", days=["workday"])},
        "holidays": {2026: {"rest": [date(2026, 10, 1)], "work": [date(2026, 10, 10)]}},
    })
    assert decide(found, at("2026-10-10T10:00"), [host()], plan()).allowed  # a Saturday
    assert not decide(found, at("2026-10-01T10:00"), [host()], plan()).allowed
    next_year = decide(found, at("2027-01-04T10:00"), [host()], plan())
    assert not next_year.allowed
    assert next_year.next is None
    assert "nobody wrote down the holidays of 2027" in text(refusal(next_year))


def test_the_gate_answers_in_one_line(tmp_path: Path) -> None:
    found = calendar(tmp_path, one={"windows": {"night": window("22:00", "23:00")}})
    dated = plan(expires="2026-11-22T00:00:00Z")
    subjects = {"web01": host()}

    def asked(when: str) -> str:
        return text(gate(found, dated, subjects, lambda: at(when))(["web01"]))

    assert asked("2026-11-21T22:30") == ""
    assert asked("2026-11-21T12:00") == (
        "web01: outside its window (22:00-23:00); next: "
        "2026-11-21T14:00:00Z to 2026-11-21T15:00:00Z"
    )
    assert "expired" in asked("2026-11-22T22:30")


CLOCKS = st.sampled_from(["00:00", "02:30", "06:00", "12:15", "22:00", "23:45", "24:00"])
DAYS = st.lists(
    st.sampled_from(["mon", "wed", "sat", "sun", "workday", "restday"]), min_size=1, max_size=3,
)
START = datetime(2026, 3, 25, tzinfo=UTC)  # around a change of the clocks in Europe


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    windows = {
        f"w{n}": window(draw(CLOCKS), draw(CLOCKS), days=draw(DAYS))
        for n in range(draw(st.integers(0, 2)))
    }
    freezes = {}
    for n in range(draw(st.integers(0, 2))):
        begin = datetime(2026, 3, 25) + timedelta(hours=draw(st.integers(0, 150)))  # noqa: DTZ001 - wall
        end = begin + timedelta(hours=draw(st.integers(1, 60)))
        freezes[f"f{n}"] = freeze(begin.isoformat(), end.isoformat())
    file = CalendarFile.model_validate({
        "timezone": draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"])),
        "windows": windows, "freezes": freezes,
        "holidays": {2026: {"rest": [date(2026, 3, 27)], "work": [date(2026, 3, 28)]}},
    })
    zone = ZoneInfo(file.timezone)
    return Calendar(
        {n: (w, zone) for n, w in file.windows.items()},
        {n: (f, zone) for n, f in file.freezes.items()}, file.holidays,
    )


def simply(found: Calendar, now: datetime, marked: str) -> bool:
    """Decide for one moment the long way: is it in a window of some day up to it."""
    for name, (freeze_, zone) in found.freezes.items():
        begin, end = (one.replace(tzinfo=zone) for one in (freeze_.start, freeze_.end))
        if name != marked and begin.astimezone(UTC) <= now < end.astimezone(UTC):
            return False
    for window_, zone in found.windows.values():
        for back in range(3):
            day = now.astimezone(zone).date() - timedelta(days=back)
            works = found.works_on(day)
            kind = "neither" if works is None else "workday" if works else "restday"
            names = {f"{day:%a}".lower(), kind}
            hours = [int(t[:2]) * 60 + int(t[3:]) for t in (window_.start, window_.end)]
            length_over = 24 * 60 if window_.end <= window_.start else 0
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock
            begin, end = (
                (midnight + timedelta(minutes=m)).replace(tzinfo=zone).astimezone(UTC)
                for m in (hours[0], hours[1] + length_over)
            )
            if names & set(window_.days) and begin <= now < end:
                return True
    return False


@settings(max_examples=60)
@given(calendars(), st.integers(0, 7 * 24 * 4), st.sampled_from(["", "f0"]))
def test_decisions_are_those_of_the_long_way(found: Calendar, quarter: int, marked: str) -> None:
    now = START + timedelta(minutes=15 * quarter)
    decision = decide(found, now, [host()], plan(period=marked))
    assert decision.allowed == simply(found, now, marked)
    if decision.allowed:
        later = decision.until
        assert later is None or (now < later and simply(found, later - MINUTE, marked)
                                 and not simply(found, later, marked))
    else:
        check_next(found, now, decision, marked)


def check_next(found: Calendar, now: datetime, decision: Decision, marked: str) -> None:
    """See that what is said to be next is allowed, and that nothing between now and then is."""
    later = now + timedelta(days=3) if decision.next is None else decision.next[0]
    if decision.next is not None:
        assert decide(found, later, [host()], plan(period=marked)).allowed
        assert not decide(found, later - MINUTE, [host()], plan(period=marked)).allowed
    moment = now
    while moment < min(later, now + timedelta(days=3)):
        assert not simply(found, moment, marked)
        moment += 15 * MINUTE


Pairs = list[tuple[int, int]]
MINUTES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


@given(MINUTES, MINUTES)
def test_sets_of_moments_are_sets(left: Pairs, right: Pairs) -> None:
    def moments(pairs: Pairs) -> set[int]:
        return {n for a, b in pairs for n in range(a, b)}

    def of(pairs: Pairs) -> list[tuple[datetime, datetime]]:
        return union((START + a * MINUTE, START + b * MINUTE) for a, b in pairs)

    def back(intervals: list[tuple[datetime, datetime]]) -> set[int]:
        assert intervals == union(intervals)  # sorted, disjoint, not empty
        return moments([((a - START) // MINUTE, (b - START) // MINUTE) for a, b in intervals])

    assert back(of(left)) == moments(left)
    assert back(intersection(of(left), of(right))) == moments(left) & moments(right)
    assert back(difference(of(left), of(right))) == moments(left) - moments(right)
