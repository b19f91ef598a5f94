"""A week's inspection: what is on record then, what is wrong, what cannot be known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsrunner.activities.backup.inspection import Code, Inspected, Said, State, inspect, monday
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.errors import InputError
from opsrunner.policy.backup import Level
from tests.unit.activities.backup.shop import DAY, DB, FILES, NOW, policy, verification

THURSDAY = datetime(2026, 11, 12, 2, tzinfo=UTC)  # of week 46
WEEK = "2026-W46"


def at(moment: datetime, level: Level | None = Level.L4, **changes: Any) -> Said:  # noqa: ANN401 - any field
    return Said(verification(moment, level, **changes), "r", "王工", moment)


def row(*said: Said, now: datetime = NOW, week: str = WEEK, **policy_changes: object) -> Inspected:
    made = inspect(policy(**policy_changes), said, week, now)  # type: ignore[arg-type]
    return next(one for one in made.rows if one.set.id == DB)


def codes(found: Inspected) -> set[Code]:
    return {one.code for one in found.anomalies}


def test_a_set_proven_to_the_level_wanted_is_well() -> None:
    found = row(at(THURSDAY))
    assert (found.state, found.level, codes(found)) == (State.WELL, Level.L4, set())
    assert found.age == timedelta(hours=4)


@pytest.mark.parametrize(("moment", "state"), [
    (datetime(2026, 11, 8, 15, 59, 59, tzinfo=UTC), State.MISSED),  # Sunday of week 45 in Shanghai
    (datetime(2026, 11, 8, 16, tzinfo=UTC), State.WELL),
    (datetime(2026, 11, 15, 15, 59, 59, tzinfo=UTC), State.WELL),
    (datetime(2026, 11, 15, 16, tzinfo=UTC), State.MISSED),  # looked at later: of a later week
])
def test_a_week_has_its_borders_by_the_policys_clock(moment: datetime, state: State) -> None:
    assert row(at(moment)).state is state


def test_nothing_on_record_is_missed_once_the_week_is_over_and_open_before() -> None:
    assert row().state is State.MISSED
    assert row(week="2026-W47").state is State.OPEN
    assert row(now=datetime(2026, 11, 15, 15, 59, tzinfo=UTC)).state is State.OPEN
    assert row().anomalies == ()


def test_before_the_policy_nothing_is_due() -> None:
    found = inspect(policy(since=THURSDAY.date()), [], WEEK, NOW)
    assert {one.state for one in found.rows} == {State.NOT_DUE}


def test_nobody_could_look_is_unknown_unless_somebody_could_later() -> None:
    down = at(THURSDAY, None, looked=False, copy=None, restored=(), reason="unreachable: x")
    before = at(THURSDAY - 2 * DAY, Level.L4)
    assert row(down).state is State.ANOMALY  # not even a copy is on record
    assert (row(before, down).state, codes(row(before, down))) == (State.UNKNOWN, {Code.UNLOOKED})
    assert row(down, at(THURSDAY + DAY)).state is State.WELL


def test_damage_that_was_seen_stays_on_the_weeks_record() -> None:
    found = row(at(THURSDAY, None, reason="damaged"), at(THURSDAY + DAY))
    assert found.state is State.ANOMALY
    assert [one.detail for one in found.anomalies] == ["damaged"]


def test_less_than_wanted_is_an_anomaly_where_it_is_wanted_every_week() -> None:
    assert codes(row(at(THURSDAY, Level.L3))) == {Code.SHORT}
    monthly = {"level": "L4", "cadence": {"every": "monthly"}, "weeks_a_year": 12}
    assert row(at(THURSDAY, Level.L0), verification=monthly).state is State.WELL


def copied(ago: timedelta, size: int | None) -> Copy:
    return Copy(f"{ago}", THURSDAY - ago, THURSDAY - ago, size)


def test_a_copy_past_its_cadence_is_old_by_then() -> None:
    assert codes(row(at(THURSDAY, copy=copied(2 * DAY, 10)))) == set()  # daily, a day to report it
    late = copied(2 * DAY + timedelta(seconds=1), 10)
    assert codes(row(at(THURSDAY, copy=late))) == {Code.OLD}


@pytest.mark.parametrize(("size", "found"), [(49, {Code.SHRUNK}), (50, set()), (None, set())])
def test_a_copy_of_less_than_half_is_told(size: int | None, found: set[Code]) -> None:
    before = copied(DAY, 100)
    newest = copied(timedelta(hours=1), size)
    assert codes(row(at(THURSDAY, copy=newest, others=(before,)))) == found


def test_no_copy_at_all_is_told() -> None:
    assert Code.NO_COPY in codes(row(at(THURSDAY, None, copy=None, reason="the job failed")))


def test_other_sets_do_not_count() -> None:
    other: Verification = verification(THURSDAY, set_id=FILES)
    assert row(Said(other, "r", "x", THURSDAY)).state is State.MISSED


@pytest.mark.parametrize("week", ["2026-47", "2026-W54", "2026-W00", "W47", "x", "2026-W47 ", ""])
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(InputError, match="is no ISO week"):
        monday(week)


@pytest.mark.parametrize(("week", "said"), [
    ("2026-W48", "is yet to come"), ("2025-W30", "the policy holds since 2026-01-01"),
])
def test_weeks_that_have_no_record_are_refused(week: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        inspect(policy(), [], week, NOW)
