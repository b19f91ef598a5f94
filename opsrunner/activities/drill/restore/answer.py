"""What a restore on a host printed -> how far it came; pure, of untrusted text.

The contract is in the head of ``roles/backup_mariadb/files/verify-mariadb.sh``. "Nobody could
look" is never "damaged".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_STAMP = "%Y%m%dT%H%M%SZ"
_PROVEN, _DAMAGED = 0, 1
_CUT = (124, 137)
_FULL = 4  # the level at which the content is that of the manifest
_LONG = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """How far a restore came. ``level`` None: nobody could look, and ``why``.

    ``set`` is the backup set's name, ``recovered`` the moment of the newest row of its numbered
    table that was found, else of the set; None when there is none.
    """

    set: str = ""
    made: datetime | None = None
    level: int | None = None
    recovered: datetime | None = None
    clean: bool = False
    why: str = ""

    @property
    def whole(self) -> bool:
        """Return whether all of it was restored and is what it was."""
        return self.level == _FULL and not self.why

    def told(self) -> str:
        """Return it in one line."""
        level = "not looked at" if self.level is None else f"level {self.level}"
        cleaned = "scratch removed" if self.clean else "scratch NOT removed"
        parts = (f"set {self.set or '-'}", level, cleaned, self.why)
        return "; ".join(part for part in parts if part)


def parse(text: str) -> Answer:
    """Given what the restore printed, return its answer; what has no end is of nobody's looking."""
    lines: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        lines.setdefault(name, []).append(rest.strip())
    last = {name: found[-1] for name, found in lines.items()}
    name, made = last.get("set", ""), _moment(last.get("set", ""))
    clean = last.get("cleaned") == "yes"
    problems = "; ".join(lines.get("problem", ()))[:_LONG]
    code = int(last["exit"]) if last.get("exit", "").isdecimal() else None
    if code in _CUT:
        return Answer(name, made, clean=clean, why="its time was over")
    level = int(last["level"]) if re.fullmatch("[0-4]", last.get("level", "")) else None
    if code not in (_PROVEN, _DAMAGED) or level is None or made is None:
        return Answer(name, made, clean=clean, why=problems or "the answer has no end")
    why = problems if code == _DAMAGED else ""
    why = why or ("" if code == _PROVEN and level == _FULL else f"level {level} was proven alone")
    newest = _moment(last.get("recovered", "").rpartition(" ")[2])
    return Answer(name, made, level, newest or (made if level == _FULL else None), clean, why)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
