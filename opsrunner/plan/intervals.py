"""Sets of moments as sorted, disjoint half-open intervals in UTC; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Given intervals in any order, return the moments in any of them; touching ones are one."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def intersection(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """Given two sets, return the moments in both."""
    both: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return both


def difference(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """Given two sets, return the moments of the first that are not in the second."""
    rest: list[Interval] = []
    for begin, end in left:
        start = begin
        for out, back in right:
            if back <= start or out >= end:
                continue
            if start < out:
                rest.append((start, out))
            start = back
        if start < end:
            rest.append((start, end))
    return rest


def covering(intervals: Iterable[Interval], now: datetime) -> Interval | None:
    """Given a set and a moment, return the interval it is in."""
    return next((one for one in intervals if one[0] <= now < one[1]), None)
