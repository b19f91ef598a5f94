"""One attempt after another on the monotonic clock, none longer than its time.

The alarm clock of the process bounds an attempt as a whole: a server that sends a byte now and
then never lets a socket's own timeout pass. Only looking up a name cannot be cut short, so give
addresses; when it takes too long all the same, the journal shows it and the outage is unmeasured.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opsrunner.sources.watcher.aim import Order, Target
from opsrunner.sources.watcher.journal import WatchJournal

_AGAIN = 0.05  # seconds until the alarm rings once more, should somebody have slept through it
_CLOSING = 0.2  # seconds for letting go of a connection
_ERROR = 200  # characters
Stopped = Callable[[], str]


class LateError(TimeoutError):
    """The attempt's time was over."""


def run(order: Order, target: Target, journal: WatchJournal, stopped: Stopped) -> None:
    """Given an order, what is asked, its journal and what says why to stop, ask until then.

    ``stopped`` returns "" as long as the watch goes on. Raise EvidenceError when an attempt
    cannot be written down.
    """
    interval = order.interval_ms * 1_000_000
    began = time.monotonic_ns()
    last = began + order.limit_seconds * 1_000_000_000
    number = 0
    while not (why := stopped() or ("time limit" if time.monotonic_ns() >= last else "")):
        number += 1
        _attempt(number, order, target, journal)
        past = time.monotonic_ns() - began
        time.sleep((interval - past % interval) / 1e9)
    journal.put({"end": time.monotonic_ns(), "why": why})


def _attempt(number: int, order: Order, target: Target, journal: WatchJournal) -> None:
    journal.put({"n": number, "sent": time.monotonic_ns()})
    said: dict[str, str | int]
    try:
        with _at_most(order.timeout_ms / 1000):
            by = target.attempt(number)
        said = {"acked": time.monotonic_ns(), "by": by}
    except Exception as error:  # noqa: BLE001 - whatever kept the answer away is what is recorded
        said = {"failed": time.monotonic_ns(), "error": _told(error)}
    journal.put({"n": number, **said})
    if "failed" in said:
        try:
            with _at_most(_CLOSING):
                target.drop()
        except LateError:
            pass


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:_ERROR]


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise LateError in what is done meanwhile when it takes longer."""

    def ring(_number: int, _frame: object) -> None:
        raise LateError(f"no answer within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        # The alarm may ring in here; what follows must be done all the same.
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
