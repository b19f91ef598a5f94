"""A limit on computing: a parser that never ends on what a host printed must not hold up a run.

It is counted in seconds of processor time, for what it bounds is pure: a busy or suspended
control node makes nothing overdue. Python lets only the main thread of a process take signals;
elsewhere nothing is bounded.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 10.0  # a rule takes milliseconds, on the longest output a probe may print a few seconds


class Overdue(BaseException):
    """Computing took longer than it may; no ``except Exception`` on its way can keep it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"did not end within {seconds:g} s of computing")


_limit: list[float] = []  # of the block that is being computed; empty outside of one


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Given seconds, raise Overdue in the block when it computes longer, and each time again.

    Inside a block that is bounded already, the outer limit holds.
    """
    if _limit or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGPROF, _ring)  # and stays: a signal on its way must find it
    _limit.append(seconds)
    try:
        # It rings again and again: what follows a fact that was given up is bounded as well.
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
        try:
            yield
        finally:
            _limit.clear()
    finally:  # twice, for it may ring just before the first
        _limit.clear()
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    if _limit:
        raise Overdue(_limit[0])
