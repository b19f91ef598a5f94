"""Proven, missed or open; and what was missed stays missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.schedule.cadence import Cadence, occurrences
from opsrunner.schedule.settle import Expected, Kept, Proof, State, settle

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 11, 1, tzinfo=SHANGHAI)
END = BEGIN + timedelta(days=28)
WEEKS = Expected.of(occurrences(Cadence(every="weekly"), SHANGHAI, BEGIN, END))
HOUR = timedelta(hours=1)
P, M, O = State.PROVEN, State.MISSED, State.OPEN  # noqa: E741 - as a row of letters


def proof(day: float, recorded: float | None = None, length: float = 0) -> Proof:
    """Given days after BEGIN, return the proof of something done then."""
    done = BEGIN + timedelta(days=day)
    told = BEGIN + timedelta(days=day + length if recorded is None else recorded)
    return Proof(done, done + timedelta(days=length), told, f"run-{day}")


def states(proofs: list[Proof], day: float, **options: timedelta) -> list[State]:
    now = BEGIN + timedelta(days=day)
    return [one.state for one in settle(WEEKS, proofs, now, **options).settled()]


def test_what_was_done_in_time_is_proven_and_a_gap_is_missed() -> None:
    # 1 November 2026 is a Sunday: the first week ends after one day.
    kept = settle(WEEKS, [proof(0.5), proof(9), proof(10)], BEGIN + timedelta(days=16))
    found = kept.settled()
    assert [one.state for one in found] == [P, M, P, O, O]
    assert [one.run for one in found] == ["run-0.5", "", "run-9", "", ""]
    assert kept.missed == (found[1].occurrence.name,)


def test_work_done_later_proves_the_later_one_only() -> None:
    assert states([proof(9)], 30) == [M, M, P, M, M]


def test_what_is_recorded_too_late_proves_nothing() -> None:
    assert states([proof(2, recorded=9)], 30) == [M, M, M, M, M]
    assert states([proof(2, recorded=9)], 40, within=timedelta(days=2)) == [M, P, M, M, M]
    assert states([], 9, within=timedelta(days=2)) == [M, O, O, O, O]  # somebody may yet tell
    assert states([], 11, within=timedelta(days=2)) == [M, M, O, O, O]


def test_what_is_recorded_before_it_was_done_proves_nothing() -> None:
    assert states([proof(9, recorded=2)], 30) == [M, M, M, M, M]


def test_a_proof_that_may_lie_in_either_of_two_proves_neither() -> None:
    assert states([proof(7.5, length=1)], 30) == [M, M, M, M, M]
    assert states([proof(6.5, length=0.5)], 30) == [M, P, M, M, M]


def test_a_border_belongs_to_what_begins_there() -> None:
    begin = WEEKS.starts[2]
    assert states([Proof(begin, begin, begin, "r")], 30)[1:3] == [M, P]
    last = begin - timedelta(microseconds=1)
    assert states([Proof(last, last, last, "r")], 30)[1:3] == [P, M]


def test_overdue_is_about_the_newest_that_is_closed() -> None:
    def overdue(closed: int, *proven: int) -> bool:
        return Kept(WEEKS, dict.fromkeys(proven, "r"), closed).overdue

    assert overdue(3, 0, 1)
    assert not overdue(3, 2)
    assert not overdue(3, 0, 2, 3)  # the one that is still open is proven already
    assert not overdue(0)


instants = st.integers(-48, 40 * 24).map(lambda hours: BEGIN + hours * HOUR)
proofs = st.builds(
    lambda done, length, told: Proof(done, done + length * HOUR, told, "r"),
    instants, st.integers(0, 30), instants,
)
slack = st.integers(0, 80).map(lambda hours: hours * HOUR)


@given(st.lists(proofs, max_size=30), st.lists(proofs, max_size=30), instants, instants, slack)
def test_missed_stays_missed_and_proven_stays_proven(
    early: list[Proof], later: list[Proof], one: datetime, two: datetime, within: timedelta,
) -> None:
    now, then = sorted((one, two))
    known = [proof for proof in early if proof.recorded <= now]
    added = [proof for proof in later if now < proof.recorded <= then]
    before = settle(WEEKS, known, now, within=within).settled()
    after = settle(WEEKS, known + added, then, within=within).settled()
    for was, became in zip(before, after, strict=True):
        assert became.state is was.state or was.state is State.OPEN


@given(st.lists(proofs, max_size=30), instants, slack)
def test_the_search_says_what_looking_at_every_pair_says(
    some: list[Proof], now: datetime, within: timedelta,
) -> None:
    kept = settle(WEEKS, some, now, within=within)
    settled = kept.settled()
    assert list(kept.missed) == [one.occurrence.name for one in settled if one.state is M]
    closed = [one.state for one in settled if one.state is not O]
    assert kept.overdue == (closed[-1:] == [M])
    for one in settled:
        period, closes = one.occurrence, one.occurrence.end + within
        proven = any(
            period.start <= p.earliest and p.latest < period.end
            and p.latest <= p.recorded < closes
            for p in some
        )
        missed = State.MISSED if now >= closes else State.OPEN
        assert one.state is (State.PROVEN if proven else missed)


def test_moments_of_other_zones_are_the_same_moments() -> None:
    utc = Proof(*(BEGIN.astimezone(UTC) + HOUR,) * 3, "r")
    assert settle(WEEKS, [utc], END).settled()[0].state is P
