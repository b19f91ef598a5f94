"""The time fields of a crontab entry."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.age import days
from opsrunner.parse.crontime import fault


@pytest.mark.parametrize(
    "time",
    ["5 4 * * *", "*/10 0-6,22 1 jan-mar mon", "@daily", "@Weekly", "0 0 31 2 sun", "0 0 29 2 *"],
)
def test_runs(time: str) -> None:
    assert fault(time) == ""


@pytest.mark.parametrize(
    "time",
    ["@reboot", "5 4 * *", "", "60 4 * * *", "5 4 31 2 *", "5 4 * * x", "*/0 * * * *",
     "5 24 * * *"],
)
def test_never_runs(time: str) -> None:
    assert fault(time)


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_never_fails(text: str) -> None:
    fault(text)


def test_an_age_is_never_guessed_when_the_mark_lies_ahead() -> None:
    assert days(1_000_000, 1_000_000 - 86400) == 1.0
    assert days(1_000_000, 1_000_060) == 0.0
    with pytest.raises(ValueError, match="future"):
        days(1_000_000, 1_100_000)
