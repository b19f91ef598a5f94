"""What the ledger shows, and what it never shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.backup.ledger import Cell, Duty, Ledger, Row
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.policy.backup import Level
from opsrunner.schedule.settle import State
from tests.unit.activities.backup.shop import (
    DAY,
    DB,
    FILES,
    NOW,
    ledger,
    policy,
    run,
    verification,
    weekly,
)

WEEK = 7 * DAY


def row(made: Ledger, set_id: str = DB) -> Row:
    return next(one for one in made.rows if one.set.id == set_id)


def cells(made: Ledger, set_id: str = DB) -> str:
    """Given the ledger, return a set's weeks: a level, x missed, - open, a dot not due."""
    def sign(cell: Cell) -> str:
        if cell.level is not None:
            return str(int(cell.level))
        return {State.MISSED: "x", State.OPEN: "-", None: "."}.get(cell.state, "?")

    return "".join(map(sign, row(made, set_id).cells))


def test_a_cell_is_the_highest_level_of_its_week_and_empty_without_a_run() -> None:
    runs = [*weekly(range(3, 5)), *weekly(range(1, 2), Level.L2), *weekly(range(1, 2), Level.L1)]
    made = ledger(runs, weeks=6)
    assert made.weeks[-1] == "2026-W47"
    assert cells(made) == "x44x2-"
    assert cells(made, FILES) == "xxxxx-"
    assert row(made).cells[1].run == "run-1024"


def test_only_level_three_and_above_is_recoverable() -> None:
    made = ledger([run_ for level, ago in zip(Level, range(6, 0, -1), strict=True)
                   for run_ in weekly(range(ago, ago + 1), level)], weeks=7)
    assert cells(made) == "012345-"
    assert (row(made).recoverable, row(made).due, row(made).short) == (3, 6, 3)


def test_a_verification_that_proved_nothing_leaves_the_cell_empty() -> None:
    unreached = {"looked": False, "reason": "unreachable: no route", "copy": None}
    runs = [*weekly(range(2, 3), None), *weekly(range(1, 2), None, **unreached)]
    made = ledger(runs, weeks=3)
    assert cells(made) == "xx-"
    assert made.refused == ()


def test_a_record_that_is_no_verification_is_named_and_proves_nothing() -> None:
    good = verification(NOW - WEEK).as_record()
    bad = [("host", "kind", good.tally), ("backup_set", "level", {**good.tally, "level": "L9"}),
           ("backup_set", "copy", {**good.tally, "copy": None})]
    for kind, _, tally in bad:
        values = {name: getattr(good, name) for name in good.__dataclass_fields__}
        record = type(good)(**values | {"kind": kind, "tally": tally})
        made = ledger([("run-x", NOW - WEEK, [record])], weeks=2)
        assert cells(made) == "x-"
        assert len(made.refused) == 1
        assert "run-x" in made.refused[0]


def test_work_done_later_does_not_fill_a_gap() -> None:
    late = NOW - timedelta(hours=1)
    old = Copy("s0", NOW - 3 * WEEK, NOW - 3 * WEEK)
    made = ledger([run(late, verification(late, copy=old))], weeks=4)
    assert cells(made) == "xxx-"  # neither then nor now: the copy is three weeks old


def test_a_copy_of_yesterday_proves_this_week_and_one_of_last_year_does_not() -> None:
    for age, shown in ((1, "4"), (3, "4"), (4, "-")):  # twice a day, and a day to report it
        copy = Copy("s", NOW - age * DAY, NOW - age * DAY)
        assert cells(ledger([run(NOW, verification(NOW, copy=copy))], weeks=1)) == shown


def test_what_was_proven_before_the_first_day_is_shown_and_not_counted() -> None:
    made = ledger(weekly(range(1, 6)), weeks=6, made_by=policy(since=date(2026, 11, 4)))
    assert cells(made) == "44444-"
    assert (row(made).recoverable, row(made).due) == (1, 1)


def test_before_the_first_day_nothing_is_due() -> None:
    made = ledger(weekly(range(1, 3)), weeks=6, made_by=policy(since=date(2026, 11, 4)))
    assert cells(made) == "...44-"
    assert row(made).short == 0


def test_a_missed_backup_is_noticed_without_anyone_asking() -> None:
    made = ledger(weekly(range(1, 9)))
    backup, verify, offsite = row(made).duties
    assert (backup.duty, backup.overdue) == (Duty.BACKUP, True)
    assert backup.missed[-1] == "2026-11-19"  # the 20th may still be reported until tonight
    assert backup.proven == 8
    assert (verify.duty, verify.overdue, verify.missed[-1]) == (Duty.VERIFY, False, "2026-W38")
    assert (offsite.duty, offsite.overdue, offsite.missed[-1]) == (Duty.OFFSITE, True, "2026-10")
    assert [one.set.id for one in made.overdue] == [FILES, DB]


def test_a_fleet_that_does_its_work_has_nothing_overdue() -> None:
    days = [NOW - ago * DAY for ago in range(400)]
    runs = [
        run(day, *(verification(day, set_id=name, source="offsite") for name in (DB, FILES)))
        for day in days
    ]
    made = ledger(runs, made_by=policy(since=date(2025, 11, 1)))
    assert made.overdue == ()
    assert cells(made) == "4" * 52
    assert all(not done.missed for one in made.rows for done in one.duties)
    assert (row(made).recoverable, row(made).short) == (52, 0)


def test_a_level_below_the_one_wanted_does_not_do() -> None:
    made = ledger(weekly(range(1, 9), Level.L3))
    assert row(made).duties[1].overdue
    assert row(made).recoverable == 8  # it is recoverable all the same


def test_the_contract_may_leave_room() -> None:
    half = {"level": "L4", "cadence": {"every": "weekly"}, "weeks_a_year": 26}
    made = ledger(weekly(range(1, 20)), made_by=policy(verification=half))
    assert row(made).due == 45  # of 2026 from the second week on: the first is no whole one
    assert row(made).short == 45 - 19 - 45 * 26 // 52


def test_the_week_is_that_of_the_local_clock() -> None:
    sunday = datetime.fromisoformat("2026-11-15T15:59:00+00:00")
    for moment, shown in ((sunday, "4-"), (sunday + timedelta(minutes=1), "x4")):
        assert cells(ledger([run(moment, verification(moment))], weeks=2)) == shown


def test_worst_first_inside_a_system() -> None:
    made = ledger(weekly(range(1, 9)))
    assert [one.set.id for one in made.rows] == [FILES, DB]


verifications = st.lists(
    st.tuples(st.integers(0, 60 * 24), st.sampled_from([None, *Level])), max_size=25,
)


@given(verifications, verifications, st.integers(0, 40))
def test_a_closed_cell_never_changes_whatever_is_done_later(
    early: list[tuple[int, Level | None]], later: list[tuple[int, Level | None]], days: int,
) -> None:
    """Hours before NOW and levels; then more of them within the days after NOW."""
    def runs(some: list[tuple[int, Level | None]], start: datetime, step: timedelta) -> list[Any]:
        return [run(at, verification(at, level)) for hours, level in some
                for at in [start + step * hours]]

    before = runs(early, NOW, timedelta(hours=-1))
    after = [one for one in runs(later, NOW, timedelta(hours=1)) if one[1] <= NOW + days * DAY]
    first, second = ledger(before), ledger(before + after, now=NOW + days * DAY)
    now = {cell.week: cell for cell in row(second).cells}
    for cell in row(first).cells[:-1]:
        assert cell.week not in now or now[cell.week] == cell


@pytest.mark.parametrize(
    "spoiled",
    [
        {"copy": None},
        {"looked": False},
        {"restored": ()},
        {"level": None, "reason": None},
    ],
)
def test_a_verification_that_cannot_be_is_refused(spoiled: dict[str, Any]) -> None:
    known = verification(NOW)
    values = {name: getattr(known, name) for name in known.__dataclass_fields__}
    with pytest.raises(ValueError, match=DB):
        Verification(**values | spoiled)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Copy("s", datetime(2026, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="latest is before earliest"):
        Copy("s", NOW, NOW - DAY)


def test_a_verification_comes_back_from_its_record() -> None:
    for known in (verification(NOW), verification(NOW, None, looked=False, copy=None),
                  verification(NOW, Level.L0, source="offsite", restored=())):
        assert Verification.from_record(known.as_record()) == known
