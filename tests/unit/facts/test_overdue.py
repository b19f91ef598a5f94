"""What never ends is given up, again and again, and nothing rings afterwards."""

from __future__ import annotations

import re
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from opsrunner.facts.overdue import Overdue, at_most

CATASTROPHE = (r"(a+)+$", "a" * 40 + "!")


def never_end() -> None:
    while True:
        pass


def given_up() -> str:
    """Return what is said of something that does not end."""
    try:
        with at_most(0.1):
            never_end()
    except Overdue as overdue:
        return str(overdue)
    return "ended"


def test_what_does_not_end_is_given_up() -> None:
    assert given_up() == "did not end within 0.1 s of computing"


def test_what_does_not_end_is_given_up_in_a_worker_process_too() -> None:
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        assert pool.submit(given_up).result() == given_up()


def test_a_pattern_that_backtracks_for_ever_is_given_up() -> None:
    with pytest.raises(Overdue), at_most(0.1):
        re.match(*CATASTROPHE)


def taken_no_notice_of(times: int) -> None:
    """Go on although it rings, that many times, then once more."""
    for _ in range(times):
        try:
            with at_most(1000):
                never_end()
        except Overdue:
            continue
    never_end()


def test_it_rings_again_for_who_took_no_notice_and_the_outer_limit_holds() -> None:
    with pytest.raises(Overdue, match=r"0\.05 s"), at_most(0.05):
        taken_no_notice_of(3)


def test_what_ends_in_time_is_left_alone_and_nothing_rings_later() -> None:
    with at_most(0.1):
        pass
    for _ in range(3_000_000):
        pass
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_another_thread_is_not_bounded_and_not_refused() -> None:
    def work() -> bool:
        with at_most(0.001):
            return threading.current_thread() is not threading.main_thread()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result()
