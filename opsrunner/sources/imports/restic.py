"""restic: ``snapshots --json``, and what ``check`` prints, with ``--json`` or without.

restic documentation, "Scripting". A check that could not open the repository (wrong password, no
repository, lock) prints a summary with ``num_errors: 1`` too: that is no damage, it is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports.result import (
    JobResult,
    JobState,
    When,
    as_line,
    truncated,
    unknown,
)

TOOL = "restic"
_WELL = "no errors were found"
_BAD = "Fatal: repository contains errors"
_FATAL = re.compile(r"^Fatal: .*$", re.MULTILINE)
_DAMAGED = re.compile(
    r"^ *(?:error for tree [0-9a-f]+|[Pp]ack [0-9a-f]+|.*(?:ciphertext verification failed|"
    r"not found in (?:repository|index)|contains \d+ errors|hash mismatch|"
    r"does not match)).*$", re.MULTILINE,
)
_READ = re.compile(r"(\d+) / (\d+) packs")
_PARTS = ("snapshots", "packs")


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:  # noqa: ARG001 - as all parsers; restic's moments carry their zone
    """Given restic's output, return one result for each snapshot, or the check's."""
    start = text.lstrip()[:1]
    if start == "[" and not text.lstrip().startswith("[0:"):
        return _snapshots(text)
    if start == "{":
        return (_check_json(text),)
    if text.strip() == "null":
        return unknown(TOOL, Reason.NOT_COLLECTED, "the repository has no snapshot")
    return (_check_text(text),)


def _snapshots(text: str) -> tuple[JobResult, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return truncated(TOOL, "the list's closing bracket")
    if not value:
        return unknown(TOOL, Reason.NOT_COLLECTED, "the repository has no snapshot")
    return tuple(_snapshot(one) for one in value)


def _snapshot(one: Any) -> JobResult:  # noqa: ANN401 - any JSON value
    try:
        summary = one.get("summary") or {}
        end = _moment(summary.get("backup_end") or one["time"])
        size = summary.get("total_bytes_processed")
        if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
            raise TypeError("total_bytes_processed is no number")  # noqa: TRY301 - one place to end in
        covers = tuple(f"{one['hostname']}:{path}" for path in one["paths"])
        warnings = () if summary else (
            "made by restic before 0.17: the moment is that of its beginning",
        )
        return JobResult(TOOL, JobState.ENDED, None, end, size, covers, "full", warnings,
                         str(one["id"]))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        return unknown(TOOL, Reason.UNPARSABLE, f"a snapshot says {as_line(repr(error))}")[0]


def _moment(text: str) -> When:
    # Nanoseconds: Python keeps six digits.
    known = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    if known.tzinfo is None:
        raise ValueError("no time zone")
    return When(known, known)


def _check_json(text: str) -> JobResult:
    messages = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return truncated(TOOL, "a line of JSON that is whole")[0]
        messages.append(value if isinstance(value, dict) else {})
    summary = next((one for one in messages if one.get("message_type") == "summary"), None)
    said = [as_line(str(one.get("message", ""))) for one in messages
            if one.get("message_type") in ("error", "exit_error")]
    if summary is None:
        return truncated(TOOL, "the summary" + (f"; it says: {said[0]}" if said else ""))[0]
    return _judged(summary, said)


def _judged(summary: Mapping[str, Any], said: list[str]) -> JobResult:
    errors, packs = summary.get("num_errors"), summary.get("broken_packs")
    if isinstance(errors, bool) or not isinstance(errors, int):
        return unknown(TOOL, Reason.UNPARSABLE, "num_errors is no number")[0]
    if not isinstance(packs, list | None):
        return unknown(TOOL, Reason.UNPARSABLE, "broken_packs is no list")[0]
    repair = bool(summary.get("suggest_repair_index"))
    named = [line for line in said if _DAMAGED.match(line)]
    if packs or repair or named:
        parts = [*(f"pack {pack}" for pack in packs or ()), *named]
        reason = as_line("; ".join(parts) or "the index must be repaired")
        return JobResult(TOOL, JobState.FAILED, reason, what="check")
    if errors or said:
        why = as_line("; ".join(said) or "errors, and nothing that is named damaged")
        return unknown(TOOL, Reason.DENIED, f"could the repository be opened? {why}")[0]
    return JobResult(TOOL, JobState.ENDED, None, what="check", covers=_PARTS[:1])


def _check_text(text: str) -> JobResult:
    last = text.rstrip().rsplit("\n", 1)[-1].strip()
    damaged = [as_line(found[0]) for found in _DAMAGED.finditer(text)]
    if damaged or _BAD in text:
        reason = as_line("; ".join(damaged) or _BAD)
        return JobResult(TOOL, JobState.FAILED, reason, what="check")
    if found := _FATAL.search(text):
        return unknown(TOOL, Reason.DENIED, as_line(found[0]))[0]
    if last != _WELL:
        return truncated(TOOL, _WELL)[0]
    read = _READ.findall(text)
    covers = ("structure", *(f"packs {some} of {of}" for some, of in read[-1:]))
    return JobResult(TOOL, JobState.ENDED, None, what="check", covers=covers)
