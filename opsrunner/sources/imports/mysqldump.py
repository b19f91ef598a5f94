"""mysqldump and mariadb-dump: the dump itself, by its first and its last lines.

MySQL and MariaDB manuals, mysqldump: with comments on (the default) a dump that was written whole
ends with ``-- Dump completed``; ``--skip-comments`` and ``--compact`` leave that away, and then
nobody can tell.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports.result import (
    JobResult,
    JobState,
    as_line,
    moment,
    truncated,
    unknown,
)

TOOL = "mysqldump"
_HEAD = re.compile(r"^-- (?:MySQL|MariaDB) dump \S+", re.MULTILINE)
_DATABASE = re.compile(
    r"^-- (?:Host: .* Database: (\S+)|Current Database: `(.+)`) *$", re.MULTILINE,
)
_ERROR = re.compile(r"^(?:mysqldump|mariadb-dump): (?:\[ERROR\] )?(?:Got e|E)rror.*$", re.MULTILINE)
_WARNING = re.compile(r"^(?:mysqldump|mariadb-dump): \[Warning\].*$", re.MULTILINE)
_DATED = re.compile(r"-- Dump completed on (\d{4}-\d\d-\d\d) +(\d{1,2}:\d\d:\d\d)")
_UNDATED = "-- Dump completed"
# Set at the head and set back at the tail of every dump with comments.
_NOTES = ("@OLD_SQL_NOTES=@@SQL_NOTES", "SQL_NOTES=@OLD_SQL_NOTES")


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given a dump's text (its head and tail will do) and the host's time zone, return the job."""
    if found := _ERROR.search(text):
        return (JobResult(TOOL, JobState.FAILED, as_line(found[0])),)
    if not _HEAD.search(text):
        return unknown(TOOL, Reason.UNPARSABLE, "has no head of a dump; made without comments?")
    last = text.rstrip("\n").rsplit("\n", 1)[-1].rstrip()
    dated = _DATED.fullmatch(last)
    # Without a date the mark is the beginning of one with: only its line's end tells.
    if dated is None and not (last == _UNDATED and text.endswith("\n")):
        return truncated(TOOL, _UNDATED)
    if _NOTES[0] in text and _NOTES[1] not in text.partition(_NOTES[0])[2]:
        return truncated(TOOL, _NOTES[1])
    when = None
    if dated is not None:
        try:
            clock = datetime.strptime(f"{dated[1]} {dated[2]}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - a wall clock
        except ValueError:
            return unknown(TOOL, Reason.UNPARSABLE, f"no such moment: {dated[1]} {dated[2]}")
        when = moment(clock, zone)
    covers = tuple(dict.fromkeys(one or two for one, two in _DATABASE.findall(text)))
    warnings = tuple(as_line(found[0]) for found in _WARNING.finditer(text))
    late = () if when else ("the dump names no day (--skip-dump-date)",)
    return (JobResult(
        TOOL, JobState.ENDED, None, when, None, covers, "full", (*warnings, *late),
    ),)
