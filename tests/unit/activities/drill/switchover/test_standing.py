"""How a pair stands, from what both servers printed; what is missing is never taken for fine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.drill.switchover.standing import Stand, Standing, server

WRITES = "read_only 0\naddress yes\nreplica \nposition 0-1-7\n"
FOLLOWS = "read_only 1\naddress no\nreplica YesYes\nposition 0-1-7\n"
FENCED = "read_only 1\naddress no\nreplica \nposition 0-1-7\n"


@pytest.mark.parametrize(("old", "new", "stand"), [
    (WRITES, FOLLOWS, Stand.BEFORE),
    (FENCED, FOLLOWS, Stand.FENCED),
    ("read_only 1\naddress yes\nreplica \nposition 0-1-7\n", FOLLOWS, Stand.FENCED),
    (FENCED, WRITES, Stand.SWITCHED),
    (FOLLOWS, WRITES, Stand.SWITCHED),
    (WRITES, WRITES, Stand.TWO_WRITERS),
    ("read_only 0\naddress no\nposition 1\n", FOLLOWS, Stand.UNCLEAR),
    (FENCED, "read_only 0\naddress no\nposition 1\n", Stand.UNCLEAR),
    (FENCED, "read_only 1\naddress yes\nposition 1\n", Stand.UNCLEAR),
    ("", FOLLOWS, Stand.UNCLEAR),
    (FENCED, "", Stand.UNCLEAR),
    (WRITES, "read_only 1\naddress no\n", Stand.UNCLEAR),
    (WRITES, "read_only ?\naddress no\nposition 1\n", Stand.UNCLEAR),
])
def test_a_pair_stands_as_both_say(old: str, new: str, stand: Stand) -> None:
    assert Standing(server(old), server(new)).stand is stand


@given(st.text(), st.integers(0, len(FOLLOWS)))
def test_an_answer_that_is_not_whole_says_nothing(noise: str, cut: int) -> None:
    assert server(noise).why
    assert server(FOLLOWS[:cut]).why or FOLLOWS[:cut].splitlines()[-1].startswith("position")


def test_two_writers_are_seen_in_words() -> None:
    assert str(Standing(server(WRITES), server(WRITES))).startswith("two writers: old primary")
