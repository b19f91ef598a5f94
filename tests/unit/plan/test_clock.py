"""A clock that is set in mid-run is noticed; one set back brings nothing to life again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsrunner.errors import InputError
from opsrunner.plan.clock import Clock, no_earlier

NOW = datetime(2026, 11, 21, 4, 0, 0, tzinfo=UTC)


class Hands:
    """A wall clock and a counter of seconds, each to be set."""

    def __init__(self) -> None:
        """Begin at an hour."""
        self.wall, self.boot = NOW, 1000.0

    def pass_by(self, seconds: float, set_by: float = 0) -> None:
        """Let time pass, and somebody set the wall clock besides."""
        self.wall += timedelta(seconds=seconds + set_by)
        self.boot += seconds


@pytest.mark.parametrize("by", [-3600, -121, 121, 86400])
def test_a_clock_that_was_set_is_no_clock(by: float) -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.boot)
    hands.pass_by(600)
    assert clock.now() == NOW + timedelta(minutes=10)
    hands.pass_by(600, by)
    with pytest.raises(InputError, match="was set in mid-run"):
        clock.now()


@pytest.mark.parametrize("by", [-119, 0, 119])
def test_what_a_time_server_corrects_is_borne(by: float) -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.boot)
    hands.pass_by(7200, by)
    assert clock.now() == hands.wall


def test_the_real_clocks_agree() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_what_is_on_evidence_has_passed() -> None:
    assert no_earlier(NOW, "2026-11-21T05:00:00.000Z") == NOW + timedelta(hours=1)
    assert no_earlier(NOW, "2026-11-21T03:00:00.000Z") == NOW
    assert no_earlier(NOW, "") == NOW
