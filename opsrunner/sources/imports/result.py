"""What a backup job that we did not run says of itself, as far as its own words prove it.

A text that stops before its end mark proves nothing: it is ``unknown``, never ``ended``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from opsrunner.models import Reason

_DAY = timedelta(days=1) - timedelta(microseconds=1)
# What a tool printed goes into reports: a line of it, without what would act on a terminal.
_LINE = 300


class JobState(StrEnum):
    """``ended``: the job says that it is done, and well. ``unknown`` is neither good nor bad."""

    ENDED = "ended"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class When:
    """A moment as far as it is known: the two are the same, or the first and last of a day."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class JobResult:
    """One job, or one copy of a catalogue.

    ``reason`` says why it is not ``ended``: ``CODE: detail`` as a finding's for ``unknown``, the
    tool's words for ``failed``. ``what`` is full, incremental, log, control, check or "" (not
    said); ``size`` in bytes; ``covers`` names databases, schemas or paths; ``id`` is the copy's.
    ``when`` is None where the tool does not say, or not in a form that is certain.
    """

    tool: str
    state: JobState
    reason: str | None = None
    when: When | None = None
    size: int | None = None
    covers: tuple[str, ...] = ()
    what: str = ""
    warnings: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError when a result that is not ``ended`` gives no reason, or one that is."""
        if (self.state is JobState.ENDED) == bool(self.reason):
            raise ValueError(f"{self.tool}: {self.state} with reason {self.reason!r}")


def unknown(tool: str, code: Reason, detail: str) -> tuple[JobResult, ...]:
    """Given why nobody can tell, return the one result that says so."""
    return (JobResult(tool, JobState.UNKNOWN, f"{code}: {detail}"),)


def truncated(tool: str, mark: str) -> tuple[JobResult, ...]:
    """Given the end mark that is missing, return the one result that says so."""
    return unknown(tool, Reason.TRUNCATED, f"the end mark is missing ({mark})")


def moment(naive: datetime, zone: ZoneInfo) -> When:
    """Given a wall clock and its zone, return the moment."""
    known = naive.replace(tzinfo=zone)
    return When(known, known)


def whole_day(naive: datetime, zone: ZoneInfo) -> When:
    """Given a day and its zone, return all of it."""
    return When(naive.replace(tzinfo=zone), (naive + _DAY).replace(tzinfo=zone))


def as_line(text: str) -> str:
    """Given text of a tool, return it as one line that fits a report."""
    return " ".join(text.split())[:_LINE]


def decoded(data: bytes) -> str | None:
    """Given a file's bytes, return its text, None when it is no text of a known encoding.

    UTF-8 and UTF-16 by their marks, UTF-8, else GB 18030, which Chinese Windows and older Oracle
    servers write.
    """
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    found = [encoding for mark, encoding in marked.items() if data.startswith(mark)]
    for encoding in found or ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else re.sub(r"\r\n?", "\n", text)
    return None
