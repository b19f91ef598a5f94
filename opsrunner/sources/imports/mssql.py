"""SQL Server: rows of ``msdb.dbo.backupset``, exported as JSON or CSV.

Microsoft Learn, backupset (Transact-SQL): one row for each successful backup operation, so a
failed one shows by its absence; ``is_damaged`` says that damage was found while it was made. JSON
is that of FOR JSON or ConvertTo-Json, CSV that of Export-Csv or ``sqlcmd -s , -W``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports.result import (
    JobResult,
    JobState,
    When,
    as_line,
    moment,
    truncated,
    unknown,
)

TOOL = "mssql"
_NEEDED = ("database_name", "type", "backup_finish_date")
_TYPES = {"D": "full", "I": "incremental", "L": "log", "F": "", "G": "", "P": "", "Q": ""}
_COUNT = re.compile(r"\((\d+) (?:rows? affected|行受影响|行受到影响)\)")
_RULE = re.compile(r"-+(?:[,\t]-+)+")
_DATE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d\d):(\d\d)(?:\.\d{1,7})?",
)
_YES = ("1", "true", "True", "TRUE")


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given an export and the server's time zone, return a result for each row."""
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(text, zone)
    return _from_csv(text, zone)


def _from_json(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return unknown(TOOL, Reason.TRUNCATED, "the JSON does not end as it should")
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return unknown(TOOL, Reason.UNPARSABLE, "is no list of rows")
    texts = [
        {str(key): "" if item is None else str(item) for key, item in row.items()} for row in rows
    ]
    return _rows(texts, zone)


def _from_csv(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    lines = text.split("\n")
    unended = lines.pop()  # "" when the last line is ended
    counts = [int(found[1]) for line in lines if (found := _COUNT.fullmatch(line.strip()))]
    kept = [
        line for line in lines
        if line.strip() and not _COUNT.fullmatch(line.strip()) and not _RULE.fullmatch(line.strip())
    ]
    try:
        table = list(csv.reader(kept, delimiter="\t" if kept and "\t" in kept[0] else ","))
    except csv.Error as error:
        return unknown(TOOL, Reason.UNPARSABLE, as_line(str(error)))
    if not table:
        return unknown(TOOL, Reason.TRUNCATED, "has no row, not even the names of columns")
    head = [name.strip() for name in table[0]]
    rows = [dict(zip(head, row, strict=False)) for row in table[1:] if len(row) == len(head)]
    results = _rows(rows, zone)
    if unended or len(rows) != len(table) - 1:
        return (*results, *truncated(TOOL, "the export's last line is not ended"))
    if counts and counts[0] != len(rows):
        return (*results, *truncated(TOOL, f"{counts[0]} rows, of which {len(rows)} are there"))
    return results


def _rows(rows: list[dict[str, str]], zone: ZoneInfo) -> tuple[JobResult, ...]:
    if not rows:
        return unknown(TOOL, Reason.NOT_COLLECTED, "no backup is in the export")
    if missing := [name for name in _NEEDED if name not in rows[0]]:
        return unknown(TOOL, Reason.NOT_COLLECTED, f"has no column {', '.join(missing)}")
    return tuple(_row(row, zone) for row in rows)


def _row(row: Mapping[str, str], zone: ZoneInfo) -> JobResult:
    name, when = row.get("database_name", ""), _when(row.get("backup_finish_date", ""), zone)
    what = _TYPES.get(row.get("type", "").strip(), "")
    size = row.get("compressed_backup_size") or row.get("backup_size") or ""
    whole = size.partition(".")[0]
    common = {
        "when": when, "covers": (name,) if name else (), "what": what,
        "size": int(whole) if whole.isascii() and whole.isdigit() else None,
        "id": row.get("backup_set_id", ""),
    }
    if when is None or not name:
        shown = as_line(row.get("backup_finish_date", ""))
        reason = f"{Reason.UNPARSABLE}: {name or 'no name'}: finished {shown!r}"
        return JobResult(TOOL, JobState.UNKNOWN, reason, **common)  # type: ignore[arg-type]
    if row.get("is_damaged") in _YES:
        return JobResult(TOOL, JobState.FAILED, f"{name}: damage was found while it was backed up",
                         **common)  # type: ignore[arg-type]
    warnings = tuple(
        f"{name}: {said}" for said, wrong in (
            ("copy-only: differential backups do not rest on it", row.get("is_copy_only") in _YES),
            ("made without checksums", row.get("has_backup_checksums") in ("0", "False", "false")),
            ("its metadata is incomplete", row.get("has_incomplete_metadata") in _YES),
        ) if wrong
    )
    return JobResult(TOOL, JobState.ENDED, None, warnings=warnings, **common)  # type: ignore[arg-type]


def _when(text: str, zone: ZoneInfo) -> When | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return moment(datetime(*map(int, found.groups())), zone)  # type: ignore[arg-type]  # noqa: DTZ001 - a wall clock
    except ValueError:
        return None
