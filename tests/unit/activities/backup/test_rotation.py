"""All data is read within its period, one part at a time; what was missed is made up for."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.backup.proofs import Proven, proven_by_set
from opsrunner.activities.backup.rotation import Rotation
from opsrunner.policy.backup import Level
from tests.unit.activities.backup.shop import DAY, FILES, NOW, policy, run, verification

WEEK = 7 * DAY
MONTH = Rotation(4, WEEK, 28 * DAY)
SET = policy().sets[FILES]


def proofs(*read: tuple[int, int, tuple[int, ...], int]) -> list[Proven]:
    """Given (days ago, level, parts, of), return the proofs of those readings."""
    runs = [
        run(NOW - days * DAY, verification(
            NOW - days * DAY, Level(level), FILES, measured={"read": {"parts": parts, "of": of}},
        )) for days, level, parts, of in read
    ]
    return proven_by_set(runs)[0].get(FILES, [])


def test_a_week_reads_a_quarter_of_what_has_to_be_read_in_four() -> None:
    assert Rotation.of(SET, "local") == MONTH
    # The copy elsewhere is read once a month at most: whole.
    assert Rotation.of(SET, "offsite") == Rotation(1, 31 * DAY, 31 * DAY)


def test_the_part_that_waits_longest_is_next() -> None:
    known = proofs((21, 3, (1,), 4), (14, 3, (2,), 4), (7, 3, (3,), 4))
    assert MONTH.choose(MONTH.last_read(known, "local"), NOW) == (4,)
    known += proofs((0, 3, (4,), 4))
    later = NOW + WEEK
    assert MONTH.choose(MONTH.last_read(known, "local"), later) == (1,)


def test_another_partition_another_copy_and_what_proved_nothing_do_not_count() -> None:
    known = proofs((7, 3, (1, 2, 3), 5))
    assert MONTH.last_read(known, "local") == {}
    assert MONTH.last_read(proofs((7, 3, (1,), 4)), "offsite") == {}
    assert MONTH.last_read(proofs((7, 3, (1,), 4)), "local") == {1: NOW - WEEK}


def test_a_missed_week_is_made_up_for_at_once() -> None:
    known = proofs((28, 3, (1,), 4), (21, 3, (2,), 4), (14, 3, (3,), 4))
    assert MONTH.choose(MONTH.last_read(known, "local"), NOW) == (1, 4)


def test_all_is_read_when_every_part_was() -> None:
    some = proofs((21, 3, (1,), 4), (14, 3, (2,), 4), (7, 3, (3,), 4))
    assert MONTH.progress(some, "local", NOW).all_since is None
    whole = [*some, *proofs((0, 3, (4,), 4))]
    reading = MONTH.progress(whole, "local", NOW)
    assert (reading.parts_read, reading.all_since) == (4, NOW - 21 * DAY)
    assert MONTH.progress(whole, "local", NOW + 10 * DAY).parts_read == 3


@given(st.integers(1, 9), st.lists(st.integers(1, 4), min_size=12, max_size=24))
def test_whatever_is_missed_nothing_is_late_that_could_be_read_in_time(
    parts: int, gaps: list[int],
) -> None:
    """A run comes one to four weeks after the one before; a part is late only when no run could."""
    rotation = Rotation(parts, WEEK, max(parts, 4) * WEEK)
    read: dict[int, datetime] = {}
    now = NOW
    for number in range(1, parts + 1):  # all was read once, in turn
        read[number] = now
        now += WEEK
    for gap in gaps:
        chosen = rotation.choose(read, now)
        assert chosen
        assert all(now - moment <= rotation.within for part, moment in read.items()
                   if part not in chosen)
        read |= dict.fromkeys(chosen, now)
        now += gap * WEEK


@given(st.integers(1, 30), st.integers(0, 3600))
def test_without_a_gap_one_part_a_run_is_enough(parts: int, late: int) -> None:
    rotation = Rotation(parts, WEEK, parts * WEEK)
    read: dict[int, datetime] = {}
    now, more = NOW, 0
    for _ in range(3 * parts):
        chosen = rotation.choose(read, now)
        more += len(chosen) - 1
        read |= dict.fromkeys(chosen, now)
        now += WEEK
    assert more == 0
    assert len(read) == parts
    now += timedelta(seconds=late)  # a timer that starts late once costs one part more, once
    assert len(rotation.choose(read, now)) <= parts
