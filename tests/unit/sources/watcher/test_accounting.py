"""Every acknowledged row is accounted for, and two writers at once are seen."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.sources.watcher.accounting import Account, SplitBrain, account, split_brain
from opsrunner.sources.watcher.lines import Attempt


def attempt(n: int, *, acknowledged: bool, by: str = "") -> Attempt:
    return Attempt(n, n * 10, n * 10 + 5, acknowledged, by)


def test_lost_duplicated_unexpected_and_strange_rows_are_told_apart() -> None:
    attempts = [attempt(n, acknowledged=n not in (4, 5)) for n in range(1, 8)]
    found = account(attempts, [1, 2, 2, 4, 6, 7, 99])
    assert found == Account(5, lost=(3,), duplicated=(2,), unexpected=(4,), strange=(99,))
    assert not found.intact


def test_rows_that_nobody_acknowledged_harm_no_client() -> None:
    attempts = [attempt(1, acknowledged=True), attempt(2, acknowledged=False), Attempt(3, 30)]
    assert account(attempts, [1, 2, 3]).intact
    assert account(attempts, [1]).intact
    assert not account(attempts, [2, 3]).intact


@given(
    st.lists(st.booleans(), max_size=40), st.lists(st.integers(0, 60), max_size=80),
)
def test_each_number_is_in_its_place_and_none_is_forgotten(
    acknowledged: list[bool], rows: list[int],
) -> None:
    attempts = [attempt(n, acknowledged=good) for n, good in enumerate(acknowledged, start=1)]
    acked = {one.n for one in attempts if one.acknowledged}
    found = account(attempts, rows)
    assert set(found.lost) == acked - set(rows)
    assert set(found.lost) | (acked & set(rows)) == acked
    assert set(rows) == (acked - set(found.lost)) | set(found.unexpected) | set(found.strange)
    assert set(found.duplicated) == {n for n in rows if rows.count(n) > 1}
    assert found.acknowledged == len(acked)


def servers(pattern: str) -> list[Attempt]:
    return [attempt(n, acknowledged=mark != "x", by=mark) for n, mark in enumerate(pattern, 1)]


def test_a_former_writer_that_writes_again_is_split_brain() -> None:
    assert split_brain(servers("AAAxxxBBBB")) is None
    assert split_brain(servers("AAAxBABB")) == SplitBrain("A", "B", 65)
    assert split_brain([]) is None


def test_a_planned_way_back_is_none_when_it_is_said() -> None:
    there_and_back = servers("AAABBBBBBBBAAA")
    assert split_brain(there_and_back) == SplitBrain("A", "B", 125)
    assert split_brain(there_and_back, within_ns=30) is None
    assert split_brain(servers("AAABABBB"), within_ns=30) == SplitBrain("A", "B", 55)


def test_watches_of_both_servers_are_laid_over_each_other() -> None:
    first = [Attempt(n, n * 10, n * 10 + 5, acknowledged=True, by="A") for n in range(1, 9)]
    second = [Attempt(n, n * 10, n * 10 + 7, acknowledged=n > 5, by="B") for n in range(1, 9)]
    assert split_brain([*first, *second]) == SplitBrain("A", "B", 75)


@given(st.text("AB", max_size=30))
def test_one_way_is_the_only_way_without_split_brain(pattern: str) -> None:
    changes = sum(a != b for a, b in pairwise(pattern))
    assert (split_brain(servers(pattern)) is None) == (changes < 2)
