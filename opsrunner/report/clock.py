"""Times as papers show them: the wall clock of China, which has one zone and no summer time.

Records, journals and plans keep UTC; a change made at two in the morning in Beijing must not
carry the date of the day before on a paper that is signed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

_LENGTH = 19  # characters of a time as it is shown
CHINA = timezone(timedelta(hours=8), "UTC+8")


def clock(moment: str) -> str:
    """Given a time in ISO 8601 (UTC where it names no offset), return ``2026-11-21 02:00:00``.

    What is no time, as "-" for one that was never reached or whatever a host may say, is
    returned as it is, cut to the length of one.
    """
    try:
        found = datetime.fromisoformat(moment)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):  # the last hours of the year 9999 have no clock here
        return moment[:_LENGTH]


def day(moment: str) -> str:
    """Given the same, return its date, ``2026-11-21``."""
    return clock(moment)[:10]
