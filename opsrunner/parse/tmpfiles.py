"""What cleans a folder: tmpfiles.d(5) for systemd, tmpwatch(8) for EL 6."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

FOLDERS = ("/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d")
_SECONDS = {
    "us": 1e-6, "usec": 1e-6, "ms": 1e-3, "msec": 1e-3, "": 1.0, "s": 1.0, "sec": 1.0,
    "second": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0,
    "days": 86400.0, "w": 604800.0, "week": 604800.0, "weeks": 604800.0, "month": 2629800.0,
    "months": 2629800.0, "M": 2629800.0, "y": 31557600.0, "year": 31557600.0, "years": 31557600.0,
}  # fmt: skip
_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")
_AGED = frozenset("dDevqQC")  # types of line whose age field empties a folder
_AGE_FIELD = 5
_QUOTING = frozenset("\"'\\#")
_TMPWATCH = re.compile(r"\btmpwatch\b(.*)")


def days(age: str) -> float | None:
    """Given an age field, return days, None for none (``-``) or a text that is no age."""
    text = age.lstrip("~")
    text = text.rpartition(":")[2].strip()
    if not text or text == "-":
        return None
    total, position = 0.0, 0
    while position < len(text):
        match = _NUMBER.match(text, position)
        if not match or match.group(2) not in _SECONDS:
            return None
        total += float(match.group(1)) * _SECONDS[match.group(2)]
        position = match.end()
    return total / 86400


def age_of(texts: Mapping[str, str], folder: str) -> float | None:
    """Given files by path, return after how many days systemd empties a folder, None for never.

    Files are read by name whatever their folder, an earlier folder hides the same name, and the
    first line for a path counts. A line ``x`` for the folder or all in it keeps it untouched.
    """
    age: float | None = None
    settled = False
    for text in _in_order(texts):
        for line in text.splitlines():
            fields = _fields(line)
            if len(fields) < 2:  # noqa: PLR2004 - a line needs a type and a path
                continue
            kind, path = fields[0][:1], fields[1].rstrip("/") or "/"
            if kind == "x" and (fnmatchcase(folder, path) or path == f"{folder}/*"):
                return None
            if kind in _AGED and path == folder and not settled:
                age = days(fields[_AGE_FIELD]) if len(fields) > _AGE_FIELD else None
                settled = True
    return age


def _in_order(texts: Mapping[str, str]) -> list[str]:
    chosen: dict[str, str] = {}
    for folder in reversed(FOLDERS):
        for path, text in texts.items():
            parent, _, name = path.rpartition("/")
            if parent == folder and name.endswith(".conf"):
                chosen[name] = text
    return [chosen[name] for name in sorted(chosen)]


@lru_cache(maxsize=4096)  # packages bring the same lines to every host of a fleet
def _fields(line: str) -> tuple[str, ...]:
    if line.lstrip()[:1] in ("", "#"):
        return ()
    if not set(line) & _QUOTING:
        return tuple(line.split())  # twenty times as fast as shlex, and nearly every line
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return ()


def tmpwatch_age(script: str, folder: str) -> float | None:
    """Given a cron script, return after how many days its tmpwatch empties a folder, else None.

    A bare number is hours. A longer age later in the script does not undo a shorter one.
    """
    joined = script.replace("\\\n", " ")
    found: list[float] = []
    for line in joined.splitlines():
        if line.lstrip().startswith("#") or not (match := _TMPWATCH.search(line)):
            continue
        words = _fields(match.group(1))
        ages = [i for i, word in enumerate(words) if re.fullmatch(r"[0-9]+[dhms]?", word)]
        if ages and folder in words[ages[-1] + 1 :]:
            age = words[ages[-1]]
            found.append(days(age if age[-1].isalpha() else f"{age}h") or 0.0)
    return min(found) if found else None
