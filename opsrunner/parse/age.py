"""How old something is by a host's clock: never a guess when clock and mark disagree."""

from __future__ import annotations

DAY = 86400
_SKEW = 3600  # seconds that a mark may lie ahead of the clock (file servers, time zones of tools)


def days(now: int, mark: float) -> float:
    """Given a clock and a mark in seconds, return the days between them, to one decimal.

    Raise ValueError when the mark lies in the future: then the clock or the mark is wrong.
    """
    if mark > now + _SKEW:
        raise ValueError("dated in the future by the host's clock")
    return round(max(0.0, now - mark) / DAY, 1)
