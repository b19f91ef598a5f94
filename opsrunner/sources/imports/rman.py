"""RMAN: the log of a session (``log=``, ``msglog``), and ``list backup summary``.

Oracle Database Backup and Recovery Reference: BACKUP, LIST; messages in English and in Chinese
(NLS_LANG). The codes of messages (RMAN-nnnnn, ORA-nnnnn) are the same in every language.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports.oracle import DATE, read_date
from opsrunner.sources.imports.result import (
    JobResult,
    JobState,
    When,
    as_line,
    truncated,
    unknown,
)

TOOL = "rman"
_END = ("Recovery Manager complete.", "恢复管理器完成。")
_LIST = re.compile(r"^(List of Backups|备份列表)$", re.MULTILINE)
_DATABASE = re.compile(r"(?:connected to target database|连接到目标数据库): ?([\w.$#:-]+)")
_START = re.compile(r"^(?:Starting backup at|启动 backup 于) (.+)$", re.MULTILINE)
_FINISH = re.compile(r"^(?:Finished backup at|完成 backup 于) (.+)$", re.MULTILINE)
_CODE = re.compile(r"^(?:RMAN|ORA)-\d{5}:.*$", re.MULTILINE)
# The head of the error stack, failures of commands, exceptions; every ORA- message is one.
_STACK = "RMAN-00569"
_FATAL = re.compile(r"RMAN-0300[29]|RMAN-1\d{4}|ORA-")
_KINDS = (
    ("full", re.compile(r"full datafile backup set|incremental level 0|"
                        r"全部数据文件备份集|增量级别 0")),
    ("incremental", re.compile(r"incremental level [12]|增量级别 [12]")),
    ("log", re.compile(r"archived log backup set|归档日志备份集")),
    ("control", re.compile(r"current control file|当前控制文件")),
)
_ROW = re.compile(
    rf"^(?P<key>\d+) +(?P<ty>[BP]) +(?P<lv>[0-9AF]) +(?P<s>[AUXD*]) +(?P<device>\S+) +"
    rf"(?P<when>{DATE.pattern}) +(?P<pieces>\d+) +(?P<copies>\d+) +(?P<packed>YES|NO) +"
    r"(?P<tag>\S+)$",
)
_LEVELS = {"0": "full", "F": "full", "1": "incremental", "A": "log"}
_STATES = {"U": "unavailable", "X": "expired", "D": "deleted", "*": "some copies not available"}


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given RMAN's output and the server's time zone, return its session or its catalogue's copies.

    A catalogue's copy is ``failed`` when RMAN marks it unavailable or expired.
    """
    return _listed(text, zone) if _LIST.search(text) else (_session(text, zone),)


def _session(text: str, zone: ZoneInfo) -> JobResult:
    said = [match[0] for match in _CODE.finditer(text) if "====" not in match[0]]
    fatal = [line for line in said if _FATAL.match(line)]
    warnings = tuple(as_line(line) for line in said if not _FATAL.match(line))
    starts, ends = _START.findall(text), _FINISH.findall(text)
    covers = tuple(dict.fromkeys(_DATABASE.findall(text)))
    when = read_date(ends[-1], zone) if ends else None
    if fatal or _STACK in text:
        reason = as_line("; ".join(fatal or said) or "it shows an error stack")
        return JobResult(TOOL, JobState.FAILED, reason, when, covers=covers, warnings=warnings)
    if not text.rstrip().endswith(tuple(f"\n{mark}" for mark in _END)):
        return truncated(TOOL, _END[0])[0]
    if not starts:
        return unknown(TOOL, Reason.NOT_COLLECTED, "the session made no backup")[0]
    if len(starts) != len(ends):
        return JobResult(
            TOOL, JobState.FAILED, f"{len(starts)} backups were begun, {len(ends)} finished", when,
            covers=covers, warnings=warnings,
        )
    what = next((name for name, pattern in _KINDS if pattern.search(text)), "")
    return JobResult(
        TOOL, JobState.ENDED, None, when, None, covers, what, (*warnings, *_no_time(when)),
    )


def _listed(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    *lines, last = text.split("\n")  # a line that is not ended may be half of one
    found = tuple(
        _copy(row, zone) for row in (_ROW.match(line.rstrip()) for line in lines) if row
    )
    # A row that is there but reads otherwise must not pass for none.
    strange = [line for line in lines if re.match(r"\d+ +[BP] ", line) and not _ROW.match(
        line.rstrip())]
    if re.match(r"\s*\d", last):
        return (*found, *truncated(TOOL, "the list's last line is not ended"))
    if strange:
        return (*found, *unknown(TOOL, Reason.UNPARSABLE, f"line {as_line(strange[0])!r}"))
    return found or unknown(TOOL, Reason.NOT_COLLECTED, "the catalogue lists no backup")


def _copy(row: re.Match[str], zone: ZoneInfo) -> JobResult:
    when = read_date(row["when"], zone)
    what = _LEVELS.get(row["lv"], "")
    fault = _STATES.get(row["s"])
    if fault is None:
        return JobResult(TOOL, JobState.ENDED, None, when, what=what, warnings=_no_time(when),
                         id=f"{row['key']} {row['tag']}")
    return JobResult(TOOL, JobState.FAILED, f"backup {row['key']} is {fault}", when, what=what,
                     id=f"{row['key']} {row['tag']}")


def _no_time(when: When | None) -> tuple[str, ...]:
    return () if when else ("its time is in a form that is not certain; set NLS_DATE_FORMAT",)
