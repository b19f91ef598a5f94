"""Data Pump Export: its log file, in English and in Chinese, 10g to 23ai.

Oracle Database Utilities, "Oracle Data Pump Exit Codes": a job that completed with errors is a
success to its exit code (EX_SUCC_ERR); to us it is not, for something was not exported.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports.oracle import read_long
from opsrunner.sources.imports.result import (
    JobResult,
    JobState,
    When,
    as_line,
    moment,
    truncated,
    unknown,
)

TOOL = "expdp"
# What LOGTIME=ALL puts before every line.
_STAMP = re.compile(r"^\d\d-[A-Z]{3}-\d\d \d\d:\d\d:\d\d\.\d{3}: (?:W-\d+ )?", re.MULTILINE)
_HEAD = re.compile(r"^Export: Release .* (?:on|于) (.+)$", re.MULTILINE)
_JOB = r'(?:Job|作业) "(?P<owner>[^"]+)"\."(?P<job>[^"]+)" '
_ELAPSED = r" elapsed \d+ \d\d:\d\d:\d\d"
# 10g to 11.2.0.1 give the clock alone; later ones the day, and then always how long it took.
_AT = rf"(?P<at>\d\d:\d\d:\d\d|\S+ \S+ +\d+ \d\d:\d\d:\d\d \d{{4}}(?={_ELAPSED}))(?:{_ELAPSED})?"
_ENDS = (
    (JobState.ENDED, rf"{_JOB}successfully completed at {_AT}"),
    (JobState.ENDED, rf"{_JOB}已于 {_AT} 成功完成"),
    (JobState.FAILED, rf"{_JOB}completed with (?P<errors>\d+) error\(s\) at {_AT}"),
    (JobState.FAILED, rf"{_JOB}已经完成, 但是有 (?P<errors>\d+) 个错误 \(于 {_AT} 完成\)"),
    (JobState.FAILED, rf"{_JOB}stopped (?:due to fatal error|by user request) at .+"),
    (JobState.FAILED, rf"{_JOB}.*(?:致命错误|停止).*"),
)
_CODE = re.compile(r"^ORA-\d{5}:.*$", re.MULTILINE)
_TABLE = re.compile(
    r'^\. \. (?:exported|导出了) "(?P<schema>[^"]+)"\..*? +(?P<size>[\d.]+) (?P<unit>[KMGT]?B) ',
    re.MULTILINE,
)
_UNITS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given an export's log and the server's time zone, return the job.

    ``size`` is the sum of what the tables say, which the tool rounds.
    """
    text = _STAMP.sub("", text)
    said = tuple(as_line(found[0]) for found in _CODE.finditer(text))
    last = text.rstrip().rsplit("\n", 1)[-1]
    state, ending = _ending(last)
    if ending is None or state is None:
        if said and not _TABLE.search(text):  # it never got so far as to have a job
            return (JobResult(TOOL, JobState.FAILED, said[0], warnings=said[1:]),)
        return truncated(TOOL, 'Job "..." successfully completed')
    if "_IMPORT_" in ending["job"] or text.lstrip("; \n").startswith("Import:"):
        return unknown(TOOL, Reason.NOT_COLLECTED, "is the log of an import")
    reason = None if state is JobState.ENDED else as_line("; ".join([last, *said]))
    when = _when(ending.groupdict().get("at"), text, zone)
    late = () if when else ("the log names no day",)
    return (JobResult(
        TOOL, state, reason, when, _size(text),
        tuple(dict.fromkeys(found["schema"] for found in _TABLE.finditer(text))),
        "full", (*(said if state is JobState.ENDED else ()), *late), ending["job"],
    ),)


def _ending(line: str) -> tuple[JobState | None, re.Match[str] | None]:
    for state, pattern in _ENDS:
        if found := re.fullmatch(pattern, line.strip()):
            return state, found
    return None, None


def _when(at: str | None, text: str, zone: ZoneInfo) -> When | None:
    """Given the end as the log has it, return it; a clock alone is on the day of the head."""
    if at is None:
        return None
    if known := read_long(at):
        return moment(known, zone)
    head = _HEAD.search(text)
    begun = read_long(head[1]) if head else None
    if begun is None:
        return None
    try:
        ended = datetime.combine(begun.date(), datetime.strptime(at, "%H:%M:%S").time())  # noqa: DTZ007 - a wall clock
    except ValueError:
        return None
    return moment(ended if ended >= begun else ended + timedelta(days=1), zone)


def _size(text: str) -> int | None:
    sizes = [_bytes(found["size"], found["unit"]) for found in _TABLE.finditer(text)]
    return sum(size for size in sizes if size is not None) if sizes else None


def _bytes(size: str, unit: str) -> int | None:
    try:
        return int(float(size) * 1024 ** _UNITS[unit])
    except (ValueError, OverflowError):  # 1.2.3, or more digits than there are bytes
        return None
