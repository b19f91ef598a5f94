"""Attempts and the rows found afterwards -> what became of each row, and who wrote; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opsrunner.sources.watcher.lines import Attempt


@dataclass(frozen=True, slots=True)
class Account:
    """Numbers of rows, ascending.

    ``lost``: acknowledged and not there. ``duplicated``: there more than once. ``unexpected``:
    there, though nobody acknowledged them (a client would write them again). ``strange``: there,
    and never sent by this watch.
    """

    acknowledged: int
    lost: tuple[int, ...]
    duplicated: tuple[int, ...]
    unexpected: tuple[int, ...]
    strange: tuple[int, ...]

    @property
    def intact(self) -> bool:
        """Return whether every acknowledged row is there, once, and no row from elsewhere."""
        return not (self.lost or self.duplicated or self.strange)


def account(attempts: Sequence[Attempt], rows: Iterable[int]) -> Account:
    """Given all attempts of a watch and the numbers of the rows found, return the account."""
    sent = {one.n for one in attempts}
    acked = {one.n for one in attempts if one.acknowledged}
    found = Counter(rows)
    there = set(found)
    return Account(
        acknowledged=len(acked),
        lost=tuple(sorted(acked - there)),
        duplicated=tuple(sorted(n for n, count in found.items() if count > 1)),
        unexpected=tuple(sorted((there & sent) - acked)),
        strange=tuple(sorted(there - sent)),
    )


@dataclass(frozen=True, slots=True)
class SplitBrain:
    """``former`` acknowledged a row after ``newer`` had; a moment of the monotonic clock."""

    former: str
    newer: str
    at: int


def split_brain(attempts: Iterable[Attempt], within_ns: int | None = None) -> SplitBrain | None:
    """Given the attempts of one or several watches of one machine, return the first split brain.

    A switchover goes one way: once another server has acknowledged, the former must not. With
    ``within_ns`` only a return within that time after its last acknowledgement counts, which lets
    a planned way back be. None is "none was seen": watch each server directly to see more.
    """
    acked = sorted(
        (one.ended, one.by) for one in attempts if one.acknowledged and one.ended and one.by
    )
    last: dict[str, int] = {}
    newest = ""
    for moment, server in acked:
        if server != newest and server in last and (
            within_ns is None or moment - last[server] <= within_ns
        ):
            return SplitBrain(server, newest, moment)
        last[server] = moment
        newest = server
    return None
