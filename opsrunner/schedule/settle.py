"""Was it done? Each occurrence is proven, missed or still open; pure.

What was done is proven by when it was **recorded**, too: the evidence store's own chain says
when that was. So a gap cannot be filled in afterwards: work done later proves a later occurrence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from opsrunner.schedule.cadence import Occurrence

_NONE = timedelta(0)


class State(StrEnum):
    """What became of an occurrence. ``missed`` is for ever."""

    PROVEN = "proven"
    MISSED = "missed"
    OPEN = "open"  # there is still time, to do it or to record it


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """That something was done between two moments, by a run of the evidence store.

    Both moments are the same when the time is known to the second; a log that only names a day
    leaves the whole day. ``recorded`` is when the run was ended in the store's chain.
    """

    earliest: datetime
    latest: datetime
    recorded: datetime
    run: str


class Settled(NamedTuple):  # made by the hundred thousand
    """One occurrence and what became of it; ``run`` is the first that proves it, "" if none."""

    occurrence: Occurrence
    state: State
    run: str = ""


def settle(
    expected: Sequence[Occurrence],
    proofs: Iterable[Proof],
    now: datetime,
    *,
    within: timedelta = _NONE,
) -> list[Settled]:
    """Given disjoint occurrences in order, proofs and the time, settle each; ``within``: below.

    A proof is for the occurrence that it lies in wholly. It counts when it was recorded no later
    than ``within`` after that occurrence's end, and not before it was done.
    """
    starts = [one.start for one in expected]
    runs: dict[int, str] = {}
    for proof in sorted(proofs):
        place = bisect_right(starts, proof.earliest) - 1
        if place >= 0 and _counts(proof, expected[place], expected[place].end + within):
            runs.setdefault(place, proof.run)
    closed = bisect_right([one.end for one in expected], now - within)
    return [
        Settled(one, State.PROVEN, runs[place]) if place in runs
        else Settled(one, State.MISSED if place < closed else State.OPEN)
        for place, one in enumerate(expected)
    ]


def _counts(proof: Proof, one: Occurrence, closes: datetime) -> bool:
    """Given a proof, the period it may be of, and when that closes, return whether it counts."""
    return (
        proof.earliest < one.end and proof.latest < one.end
        and proof.latest <= proof.recorded < closes
    )


def overdue(settled: Sequence[Settled]) -> bool:
    """Given what became of a row of occurrences, return whether the newest closed one was missed.

    An older miss stays in the record; it is not overdue any more once a later one was proven.
    """
    closed = [one for one in settled if one.state is not State.OPEN]
    return bool(closed) and closed[-1].state is State.MISSED
