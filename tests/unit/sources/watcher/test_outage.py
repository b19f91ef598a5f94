"""The outage: the longest time without an answer, or why nobody knows it; never zero by mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.models import Unmeasured
from opsrunner.sources.watcher.lines import Attempt, Header, Reading
from opsrunner.sources.watcher.outage import Outage, measure, outages

MS = 1_000_000
HEAD = Header("w", {"kind": "tcp"}, 200, 1000, "b", "2026-11-21T10:00:00.000Z", 0, 1)


def reading(pattern: str, took: int = 5) -> Reading:
    """Given a dot for each acknowledged attempt, an x for each failed one, return the journal."""
    attempts = tuple(
        Attempt(n, n * 200 * MS, (n * 200 + took) * MS, acknowledged=mark == ".")
        for n, mark in enumerate(pattern)
    )
    return Reading(HEAD, attempts, ended=len(pattern) * 200 * MS, why="stopped")


def test_the_outage_is_the_longest_gap_between_acknowledged_attempts() -> None:
    found = measure(reading("...x..xxxxxxxxx..xx..."))
    assert found == Outage(2.0, 1.2, 1005 * MS, 3005 * MS)


def test_without_failures_it_is_one_interval_and_the_resolution_is_said() -> None:
    assert measure(reading("....")) == Outage(0.2, 1.2, 405 * MS, 605 * MS)


@given(st.integers(0, 100), st.integers(1, 20), st.integers(1, 20))
def test_it_is_found_wherever_it_lies(lost: int, before: int, after: int) -> None:
    found = measure(reading("." * before + "x" * lost + "." * after))
    assert isinstance(found, Outage | Unmeasured)
    if isinstance(found, Outage):
        assert found.seconds == pytest.approx(0.2 * (lost + 1))
    else:
        assert before + after < 2


@pytest.mark.parametrize(("wrong", "why"), [
    (replace(reading("..xx.."), ended=None), "did not end properly"),
    (reading("xxxxxxx"), "nothing was acknowledged"),
    (reading("....xxxxxxxx"), "nothing was acknowledged again: at least 1.8 s"),
    (reading("."), "too little"),
    (Reading(HEAD, (), ended=100 * MS), "nothing was acknowledged"),
    (replace(reading("......"), ended=5000 * MS), "stood still for 4.0 s"),
])
def test_what_nobody_saw_is_unmeasured(wrong: Reading, why: str) -> None:
    found = measure(wrong)
    assert isinstance(found, Unmeasured)
    assert why in found.reason


def test_a_watcher_that_stood_still_has_measured_nothing() -> None:
    slept = reading("......")
    late = tuple(
        replace(one, sent=one.sent + 3000 * MS, ended=(one.ended or 0) + 3000 * MS)
        if one.n > 2 else one for one in slept.attempts
    )
    found = measure(replace(slept, attempts=late, ended=(slept.ended or 0) + 3000 * MS))
    assert found == Unmeasured("the watcher itself stood still for 3.2 s", "watcher_stood")
    long = replace(slept.attempts[2], ended=slept.attempts[2].sent + 2500 * MS)  # one slow name
    shifted = (*slept.attempts[:2], long, *(
        replace(one, sent=one.sent + 2400 * MS, ended=(one.ended or 0) + 2400 * MS)
        for one in slept.attempts[3:]
    ))
    found = measure(replace(slept, attempts=shifted, ended=(slept.ended or 0) + 2400 * MS))
    assert found == Unmeasured("the watcher itself stood still for 2.5 s", "watcher_stood")


def test_only_the_span_asked_for_counts() -> None:
    two = reading("..xxxxxxxxx...." + "..xxx....")
    assert measure(two) == Outage(2.0, 1.2, 205 * MS, 2205 * MS)
    later = measure(two, since=3000 * MS)
    assert isinstance(later, Outage)
    assert later.seconds == pytest.approx(0.8)
    first = measure(two, until=3000 * MS)
    assert isinstance(first, Outage)
    assert first.seconds == pytest.approx(2.0)
    assert isinstance(measure(two, until=-1), Unmeasured)


def test_every_stretch_in_which_an_attempt_failed_is_listed_in_order() -> None:
    found = outages(reading("...x..xxxxxxxxx..xx..."))
    assert [one.seconds for one in found] == pytest.approx([0.4, 2.0, 0.6])
    assert max(found, key=lambda one: one.seconds) == measure(reading("...x..xxxxxxxxx..xx..."))
    assert outages(reading("....")) == []
    assert outages(reading("..xxx")) == []  # it never came back: measure says that
    assert outages(reading("")) == []


@given(st.text(".x", max_size=60))
def test_the_longest_of_them_is_the_outage(pattern: str) -> None:
    found, longest = outages(reading(pattern)), measure(reading(pattern))
    if found and isinstance(longest, Outage):
        assert max(one.seconds for one in found) == longest.seconds
