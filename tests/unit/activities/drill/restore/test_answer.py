"""What a restore printed, read: what has no end proves nothing, and is not called damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.drill.restore.answer import parse

SET = "set 20261122T001500Z\n"
GOOD = (
    f"{SET}range 20261122T001500Z 20261122T010000Z\nsentinel 7\nreplayed log.000003\n"
    "recovered 9 20261122T005900Z\ncleaned yes\nlevel 4\nexit 0\n"
)


def test_a_restore_that_was_whole_says_what_was_recovered() -> None:
    found = parse(GOOD)
    assert found.whole
    assert found.clean
    assert found.recovered is not None
    assert found.recovered.isoformat() == "2026-11-22T00:59:00+00:00"


def test_without_numbered_rows_the_set_itself_is_the_newest_data() -> None:
    found = parse(f"{SET}cleaned yes\nlevel 4\nexit 0\n")
    assert found.whole
    assert found.recovered == found.made


@pytest.mark.parametrize(("said", "level", "why"), [
    (f"{SET}problem lacks or differs: rows app t 5\ncleaned yes\nlevel 3\nexit 1\n", 3,
     "lacks or differs: rows app t 5"),
    (f"{SET}problem damaged since it was written: dump\ncleaned yes\nlevel 0\nexit 1\n", 0,
     "damaged since it was written: dump"),
    (f"{SET}problem not verified: the disk is full\ncleaned yes\nexit 2\n", None,
     "not verified: the disk is full"),
    (f"{SET}cleaned yes\nexit 124\n", None, "its time was over"),
    (f"{SET}cleaned yes\nlevel 3\nexit 0\n", 3, "level 3 was proven alone"),
    (f"{SET}cleaned yes\nlevel 4\n", None, "the answer has no end"),
    ("cleaned yes\nlevel 4\nexit 0\n", None, "the answer has no end"),
    (f"{SET}cleaned yes\nlevel 9\nexit 0\n", None, "the answer has no end"),
    ("", None, "the answer has no end"),
])
def test_what_is_not_whole_says_why(said: str, level: int | None, why: str) -> None:
    found = parse(said)
    assert (found.level, found.why) == (level, why)
    assert not found.whole


@given(st.text(), st.integers(0, len(GOOD) - 7))
def test_an_answer_that_is_cut_off_proves_nothing(noise: str, cut: int) -> None:
    assert not parse(GOOD[:cut]).whole
    assert not parse(noise).whole
