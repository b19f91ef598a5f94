"""The time that windows and expiry are decided by: not turned back by evidence, nor in mid-run."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from opsrunner.errors import InputError, Problem

_BEARABLE = timedelta(minutes=2)  # what a time server may correct at once


def _wall() -> datetime:
    return datetime.now(UTC)


def _boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the machine sleeps


class Clock:
    """A wall clock held against the seconds since boot, which nobody can set."""

    def __init__(
        self, wall: Callable[[], datetime] = _wall, boot: Callable[[], float] = _boot,
    ) -> None:
        """Given a wall clock and a counter of seconds, begin to hold one against the other."""
        self._wall, self._boot = wall, boot
        self._began, self._since = wall(), boot()

    def now(self) -> datetime:
        """Return the time. Raise InputError when the clock was set since this began."""
        now = self._wall()
        should = self._began + timedelta(seconds=self._boot() - self._since)
        if abs(now - should) > _BEARABLE:
            said = f"was set in mid-run: it says {now:%FT%TZ}, by what passed it is {should:%FT%TZ}"
            raise InputError([Problem("clock", "", said, code="clock_set")])
        return now


def no_earlier(now: datetime, known: str) -> datetime:
    """Given the time and a moment on evidence (ISO 8601 in UTC), return the later of the two.

    A clock that was set back does not bring an expired plan or key to life.
    """
    return max(now, datetime.fromisoformat(known)) if known else now
