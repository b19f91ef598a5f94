"""Periods tile time: no gap, no overlap, the right wall clock, and weeks as ISO 8601 has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from opsrunner.schedule.cadence import Cadence, occurrences
from opsrunner.schedule.duration import parse_duration, show_duration

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ("Asia/Shanghai", "UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia")
moments = st.datetimes(
    datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC),  # noqa: DTZ001 - bounds are naive
)
cadences = st.one_of(
    st.builds(
        Cadence,
        every=st.sampled_from(["daily", "weekly", "monthly", "quarterly", "half-yearly"]),
        at=st.sampled_from(["00:00", "02:30", "12:00", "23:59"]),
    ),
    st.builds(
        Cadence, every=st.integers(1, 400).map("every {} days".format),
        anchor=st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    ),
)


@given(cadences, st.sampled_from(ZONES), moments, st.timedeltas(timedelta(0), timedelta(800)))
def test_no_gap_and_no_overlap(
    cadence: Cadence, zone: str, begin: datetime, length: timedelta,
) -> None:
    end = begin + length
    found = occurrences(cadence, ZoneInfo(zone), begin, end)
    if not length:
        assert found == ()
        return
    assert found[0].start <= begin < found[0].end
    assert found[-1].start < end <= found[-1].end
    assert all(one.end == two.start for one, two in pairwise(found))
    assert all(one.start < one.end for one in found)
    assert len({one.name for one in found}) == len(found)
    assert max(one.end - one.start for one in found) <= cadence.longest + timedelta(days=1)


@given(cadences, moments, moments, moments)
def test_a_period_is_the_same_whatever_range_it_is_asked_for_in(
    cadence: Cadence, one: datetime, two: datetime, three: datetime,
) -> None:
    begin, middle, end = sorted((one, two, three))
    whole = occurrences(cadence, SHANGHAI, begin, end)
    assert set(occurrences(cadence, SHANGHAI, begin, middle)) <= set(whole)
    assert set(occurrences(cadence, SHANGHAI, middle, end)) <= set(whole)


@pytest.mark.parametrize(
    ("cadence", "moment", "name", "start", "end"),
    [
        ({"every": "daily"}, "2026-11-20T16:00Z", "2026-11-21", "2026-11-20T16:00Z",
         "2026-11-21T16:00Z"),
        ({"every": "daily"}, "2026-11-20T15:59Z", "2026-11-20", "2026-11-19T16:00Z",
         "2026-11-20T16:00Z"),
        ({"every": "daily", "at": "12:00"}, "2026-11-20T18:00Z", "2026-11-20",
         "2026-11-20T04:00Z", "2026-11-21T04:00Z"),  # two in the morning of the 21st
        ({"every": "weekly"}, "2026-11-22T15:59Z", "2026-W47", "2026-11-15T16:00Z",
         "2026-11-22T16:00Z"),
        ({"every": "weekly"}, "2027-01-01T00:00Z", "2026-W53", "2026-12-27T16:00Z",
         "2027-01-03T16:00Z"),
        ({"every": "weekly"}, "2020-12-31T00:00Z", "2020-W53", "2020-12-27T16:00Z",
         "2021-01-03T16:00Z"),
        ({"every": "weekly"}, "2024-12-30T00:00Z", "2025-W01", "2024-12-29T16:00Z",
         "2025-01-05T16:00Z"),
        ({"every": "monthly"}, "2026-12-31T15:00Z", "2026-12", "2026-11-30T16:00Z",
         "2026-12-31T16:00Z"),
        ({"every": "quarterly"}, "2026-11-21T00:00Z", "2026-Q4", "2026-09-30T16:00Z",
         "2026-12-31T16:00Z"),
        ({"every": "half-yearly"}, "2026-06-30T15:00Z", "2026-H1", "2025-12-31T16:00Z",
         "2026-06-30T16:00Z"),
        ({"every": "half-yearly"}, "2026-06-30T16:00Z", "2026-H2", "2026-06-30T16:00Z",
         "2026-12-31T16:00Z"),
        ({"every": "every 10 days", "anchor": date(2026, 11, 1)}, "2026-10-31T00:00Z",
         "2026-10-22", "2026-10-21T16:00Z", "2026-10-31T16:00Z"),
    ],
)
def test_a_moment_is_in_the_period_of_the_local_wall_clock(
    cadence: dict[str, object], moment: str, name: str, start: str, end: str,
) -> None:
    begin = datetime.fromisoformat(moment)
    (found,) = occurrences(
        Cadence.model_validate(cadence), SHANGHAI, begin, begin + timedelta(seconds=1),
    )
    assert (found.name, found.start, found.end) == (
        name, datetime.fromisoformat(start), datetime.fromisoformat(end),
    )


def test_a_year_of_53_weeks_has_53_and_all_others_have_52() -> None:
    def weeks(year: int) -> int:
        begin = datetime(year - 1, 12, 20, tzinfo=SHANGHAI)
        found = occurrences(Cadence(every="weekly"), SHANGHAI, begin, begin + timedelta(days=390))
        return sum(one.name.startswith(f"{year}-W") for one in found)

    counts = {year: weeks(year) for year in range(2015, 2033)}
    assert [year for year, count in counts.items() if count == 53] == [2015, 2020, 2026, 2032]
    assert set(counts.values()) == {52, 53}


def test_days_are_as_long_as_the_zone_makes_them() -> None:
    def hours(zone: str, begin: str) -> list[float]:
        start = datetime.fromisoformat(begin).replace(tzinfo=ZoneInfo(zone))
        found = occurrences(
            Cadence(every="daily"), ZoneInfo(zone), start, start + timedelta(hours=60),
        )
        return [(one.end - one.start).total_seconds() / 3600 for one in found]

    assert hours("Europe/Berlin", "2026-03-28") == [24, 23, 24]
    assert hours("Europe/Berlin", "2026-10-24") == [24, 25, 24]
    assert hours("Asia/Shanghai", "2026-03-28") == [24, 24, 24]
    assert hours("Pacific/Apia", "2011-12-29") == [24, 24]  # it has no 30th


@pytest.mark.parametrize(
    "spoiled",
    [
        {"every": "hourly"},
        {"every": "every 0 days", "anchor": date(2026, 1, 1)},
        {"every": "every 10 days"},
        {"every": "daily", "anchor": date(2026, 1, 1)},
        {"every": "daily", "at": "24:00"},
        {"every": "daily", "on": "monday"},
    ],
)
def test_a_cadence_that_cannot_be_meant_is_refused(spoiled: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Cadence.model_validate(spoiled)


@given(st.integers(1, 99999), st.sampled_from("mhd"))
def test_a_length_of_time_is_read_as_it_is_shown(number: int, unit: str) -> None:
    length = parse_duration(f"{number}{unit}")
    assert parse_duration(show_duration(length)) == length


@pytest.mark.parametrize("text", ["", "4", "0h", "-1h", "4 h", "1h30m", "1w", 4, None, "٣h"])
def test_what_is_no_length_of_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="a number and m, h or d"):
        parse_duration(text)
