"""The time of a crontab entry: crontab(5)."""

from __future__ import annotations

import re

_NAMES = frozenset((
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "sun", "mon", "tue", "wed", "thu", "fri", "sat",
))  # fmt: skip
_PART = re.compile(r"(?:\*|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:/([1-9][0-9]*))?")
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_EACH = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_SHORT = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}  # the months without a 31st day


def fault(schedule: str) -> str:
    """Given the time fields, return why the entry never runs regularly, or an empty text."""
    words = schedule.split()
    if len(words) == 1 and words[0].startswith("@"):
        return "" if words[0].lower() in _EACH else f"runs at {words[0]} only"
    if len(words) != len(_LIMITS):
        return "the time is not five fields"
    for word, (low, high) in zip(words, _LIMITS, strict=True):
        if not all(_valid(part, low, high) for part in word.lower().split(",")):
            return f"{word} is no time"
    day, month, weekday = words[2:]
    if weekday == "*" and day.isdecimal() and month.isdecimal() and (
        int(day) > _SHORT.get(int(month), 31)
    ):
        return f"there is no day {day} in month {month}"
    return ""


def _valid(part: str, low: int, high: int) -> bool:
    match = _PART.fullmatch(part)
    return match is not None and all(
        edge is None or edge in _NAMES or (edge.isdecimal() and low <= int(edge) <= high)
        for edge in match.groups()[:2]
    )
