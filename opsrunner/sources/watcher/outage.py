"""Attempts -> the outage as a client saw it, or why nobody knows it; pure.

The outage is the longest time between two acknowledged attempts. What lies between two attempts
is not seen, so it is known to within its resolution: interval and timeout together. A watcher
that died, stood still or never saw the service come back has measured nothing, and that is never
zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from opsrunner.models import Unmeasured
from opsrunner.sources.watcher.lines import Reading

_SLACK_NS = 1_000_000_000  # a busy machine may be this late; the resolution says how late it was


@dataclass(frozen=True, slots=True)
class Outage:
    """Seconds, known to within ``resolution`` seconds; between two moments of the monotonic clock.

    ``began`` is the last acknowledgement before it, ``ended`` the first one after it.
    """

    seconds: float
    resolution: float
    began: int
    ended: int


def measure(reading: Reading, since: int = 0, until: int | None = None) -> Outage | Unmeasured:
    """Given a journal and perhaps a span of the monotonic clock, return the longest outage in it.

    An outage counts when it overlaps the span. Unmeasured: the watcher died, stood still, saw
    nothing acknowledged, or no more after the outage.
    """
    acked = sorted(one.ended for one in reading.attempts if one.acknowledged and one.ended)
    end = until if until is not None else reading.ended or 0
    gaps = [(b - a, a, b) for a, b in pairwise(acked) if b > since and a < end]
    if why := _why_not(reading, acked, end):
        return why
    if not gaps:
        return Unmeasured("too little was acknowledged", "too_little")
    length, began, ended = max(gaps)
    resolution = max(_limit(reading), *_distances(reading))
    return Outage(length / 1e9, resolution / 1e9, began, ended)


def outages(reading: Reading) -> list[Outage]:
    """Given a journal, return every stretch between two answers in which an attempt failed.

    In order, each known to within the resolution. What has no answer after it is not among them:
    ``measure`` says that.
    """
    limit = max(_limit(reading), *_distances(reading), 0)
    failed = [one.sent for one in reading.attempts if not one.acknowledged]
    acked = sorted(one.ended for one in reading.attempts if one.acknowledged and one.ended)
    return [
        Outage((b - a) / 1e9, limit / 1e9, a, b)
        for a, b in pairwise(acked) if any(a <= sent < b for sent in failed)
    ]


def _why_not(reading: Reading, acked: Sequence[int], end: int) -> Unmeasured | None:
    """Given a journal, its acknowledgements and the end asked for, return why nothing is known."""
    if reading.ended is None:
        last = max((one.ended or one.sent for one in reading.attempts), default=0)
        seen = max(0, last - reading.header.began) / 1e9
        why = f"the watcher did not end properly; its record ends after {seen:.1f} s"
        return Unmeasured(why, "watcher_died")
    if stood := next(_stood_still(reading), None):
        return Unmeasured(f"the watcher itself stood still for {stood:.1f} s", "watcher_stood")
    if not acked or acked[0] > end:
        return Unmeasured("nothing was acknowledged", "none_acknowledged")
    if end - acked[-1] > _limit(reading):
        why = f"nothing was acknowledged again: at least {(end - acked[-1]) / 1e9:.1f} s"
        return Unmeasured(why, "not_again")
    return None


def _limit(reading: Reading) -> int:
    return (reading.header.interval_ms + reading.header.timeout_ms) * 1_000_000


def _distances(reading: Reading) -> Iterator[int]:
    """Yield how long after an attempt began the next one did."""
    return (b.sent - a.sent for a, b in pairwise(reading.attempts))


def _stood_still(reading: Reading) -> Iterator[float]:
    """Yield seconds in which the watcher neither asked nor waited as it should have."""
    header = reading.header
    interval, timeout = header.interval_ms * 1_000_000, header.timeout_ms * 1_000_000
    before = header.began
    for one in reading.attempts:
        ended = one.sent if one.ended is None else one.ended
        if one.sent - before > interval + _SLACK_NS:
            yield (one.sent - before) / 1e9
        if ended - one.sent > timeout + _SLACK_NS:
            yield (ended - one.sent) / 1e9
        before = ended
    if reading.ended is not None and reading.ended - before > interval + _SLACK_NS:
        yield (reading.ended - before) / 1e9
