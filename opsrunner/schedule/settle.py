"""Was it done? Each occurrence is proven, missed or still open; pure.

What was done is proven by when it was **recorded**, too: the evidence store's own chain says
when that was. So a gap cannot be filled in afterwards: work done later proves a later occurrence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
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


class Settled(NamedTuple):
    """One occurrence and what became of it; ``run`` is the first that proves it, "" if none."""

    occurrence: Occurrence
    state: State
    run: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """Disjoint occurrences in order, and what is asked of them again and again.

    A fleet's thousands of backup sets are measured by a handful of such rows.
    """

    occurrences: tuple[Occurrence, ...]
    names: tuple[str, ...]
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]

    @classmethod
    def of(cls, occurrences: Iterable[Occurrence]) -> Expected:
        """Given occurrences in order, return the row of them."""
        row = tuple(occurrences)
        return cls(
            row, tuple(one.name for one in row), tuple(one.start for one in row),
            tuple(one.end for one in row),
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a row: the run that proves each place of it, and how many are closed."""

    expected: Expected
    runs: Mapping[int, str]
    closed: int

    @property
    def missed(self) -> tuple[str, ...]:
        """Return the names of the closed occurrences that nothing proves, in order."""
        names, begin = self.expected.names, 0
        found: list[str] = []
        for place in sorted(self.runs):
            found += names[begin : min(place, self.closed)]
            begin = place + 1
        return (*found, *names[begin : self.closed])

    @property
    def overdue(self) -> bool:
        """Return whether the newest closed one was missed.

        An older miss stays in the record; it is not overdue any more once a later one was proven.
        """
        return max(self.runs, default=-1) < self.closed - 1

    def settled(self) -> list[Settled]:
        """Return each occurrence with what became of it."""
        return [
            Settled(one, State.PROVEN, self.runs[place]) if place in self.runs
            else Settled(one, State.MISSED if place < self.closed else State.OPEN)
            for place, one in enumerate(self.expected.occurrences)
        ]


def settle(
    expected: Expected, proofs: Iterable[Proof], now: datetime, *, within: timedelta = _NONE,
) -> Kept:
    """Given a row of occurrences, proofs and the time, settle each; ``within``: below.

    A proof is for the occurrence that it lies in wholly. It counts when it was recorded no later
    than ``within`` after that occurrence's end, and not before it was done.
    """
    runs: dict[int, str] = {}
    for proof in sorted(proofs):
        place = bisect_right(expected.starts, proof.earliest) - 1
        if place >= 0 and _counts(proof, expected.ends[place], within):
            runs.setdefault(place, proof.run)
    return Kept(expected, runs, bisect_right(expected.ends, now - within))


def _counts(proof: Proof, end: datetime, within: timedelta) -> bool:
    """Given a proof, and when the period it may be of ends, return whether it counts."""
    return (
        proof.earliest < end and proof.latest < end
        and proof.latest <= proof.recorded < end + within
    )
