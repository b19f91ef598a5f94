"""Lists of snapshots of clouds, as JSON: what their interfaces and command lines print.

Alibaba Cloud ECS ``DescribeSnapshots`` (2014-05-26), Tencent Cloud CBS ``DescribeSnapshots``
(2017-03-12), Huawei Cloud EVS and CBR v3, OpenStack Block Storage v3 and ``openstack volume
snapshot list --long -f json``. A snapshot that is being made, or of a state that is not known
here, is neither good nor bad; a page of several is not the whole list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
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

TOOL = "cloud_snapshot"
_GIB = 2**30
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Format:
    """One list's form: where its rows are, and the names of a row's members.

    ``well`` and ``bad`` are the states that say so. ``total`` counts what the cloud has, ``more``
    names the next page. ``local``: a moment without an offset is of the policy's clock, else UTC.
    """

    rows: tuple[str, ...]
    id: str
    volume: tuple[str, ...]
    state: str
    well: tuple[str, ...]
    bad: tuple[str, ...]
    made: str
    size: str
    progress: str = ""
    total: str = ""
    more: str = ""
    local: bool = False


_CINDER_BAD = ("error", "error_deleting")
FORMATS: Final[Mapping[str, Format]] = {
    "aliyun": Format(
        ("Snapshots", "Snapshot"), "SnapshotId", ("SourceDiskId",), "Status", ("accomplished",),
        ("failed",), "CreationTime", "SourceDiskSize", "Progress", "TotalCount",
    ),
    "tencent": Format(
        ("SnapshotSet",), "SnapshotId", ("DiskId",), "SnapshotState", ("NORMAL",), (),
        "CreateTime", "DiskSize", "Percent", "TotalCount", local=True,
    ),
    "huawei_cbr": Format(
        ("backups",), "id", ("resource_id",), "status", ("available",), ("error",), "created_at",
        "resource_size", total="count",
    ),
    "cinder": Format(  # Huawei Cloud EVS prints the same
        ("snapshots",), "id", ("volume_id",), "status", ("available", "in-use"), _CINDER_BAD,
        "created_at", "size", "os-extended-snapshot-attributes:progress", "count",
        "snapshots_links",
    ),
    "openstack": Format(
        (), "ID", ("Volume",), "Status", ("available", "in-use"), _CINDER_BAD, "Created At",
        "Size",
    ),
}


def parse(text: str, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given a list and the policy's time zone, return a result for each snapshot."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return truncated(TOOL, "the list's closing bracket")
    if isinstance(value, dict) and isinstance(value.get("Response"), dict):
        value = value["Response"]  # Tencent's interface has it, its command line has not
    if isinstance(value, dict) and (said := _refused(value)):
        return unknown(TOOL, Reason.DENIED, said)
    found = next(((one, rows) for one in FORMATS.values()
                  if (rows := _rows(value, one.rows)) is not None), None)
    if found is None:
        return unknown(TOOL, Reason.UNPARSABLE, "is no list of snapshots of a cloud known here")
    form, rows = found
    if not rows:
        return unknown(TOOL, Reason.NOT_COLLECTED, "the list has no snapshot")
    results = tuple(_snapshot(row, form, zone) for row in rows)
    return (*results, *_rest(value, form, len(rows)))


def _refused(value: Mapping[str, Any]) -> str:
    """Given an answer, return what an error of the cloud says, "" when it is none."""
    error = value.get("Error") or value.get("error")
    if isinstance(error, dict):
        return as_line(f"{error.get('Code') or error.get('code')}: "
                       f"{error.get('Message') or error.get('message')}")
    if "Code" in value and "Message" in value and "Snapshots" not in value:
        return as_line(f"{value['Code']}: {value['Message']}")
    return ""


def _rows(value: Any, path: tuple[str, ...]) -> list[Any] | None:  # noqa: ANN401 - any JSON value
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def _rest(value: Any, form: Format, seen: int) -> tuple[JobResult, ...]:  # noqa: ANN401 - any JSON value
    """Given an answer, return that there is more than it holds, or nothing."""
    if not isinstance(value, dict):
        return ()
    total = value.get(form.total)
    if isinstance(total, int) and not isinstance(total, bool) and total > seen:
        return truncated(TOOL, f"{total} snapshots, of which {seen} are there: list all pages")
    if value.get(form.more):
        return truncated(TOOL, f"{form.more} names a next page: list all pages")
    return ()


def _snapshot(row: Any, form: Format, zone: ZoneInfo) -> JobResult:  # noqa: ANN401 - any JSON value
    try:
        name, state = _text(row, form.id), _text(row, form.state)
        volumes = tuple(_text(row, key) for key in form.volume)
        when = _when(_text(row, form.made), zone if form.local else UTC)
    except (KeyError, TypeError, AttributeError) as error:
        hint = " (give --long)" if str(error) in ("'Volume'", "'Created At'") else ""
        detail = f"a snapshot says no {as_line(str(error))}{hint}"
        return unknown(TOOL, Reason.NOT_COLLECTED, detail)[0]
    except (ValueError, OverflowError) as error:
        return unknown(TOOL, Reason.UNPARSABLE, f"a snapshot says {as_line(str(error))}")[0]
    result, reason = _judged(name, state, str(row.get(form.progress, "")), form)
    return JobResult(TOOL, result, reason, when, _size(row.get(form.size)), volumes, "full", (),
                     as_line(name))


def _judged(
    name: str, state: str, progress: str, form: Format,
) -> tuple[JobState, str | None]:
    """Given a snapshot's state and progress, return what they come to, and why it is not well."""
    told = as_line(f"snapshot {name} is {state}{f' ({progress})' if progress else ''}")
    if state in form.bad:
        return JobState.FAILED, told
    if state in form.well and progress.removesuffix("%") in ("", "100"):
        return JobState.ENDED, None
    return JobState.UNKNOWN, f"{Reason.NOT_COLLECTED}: {told}"


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value:
        raise KeyError(key)
    return value


def _when(text: str, clock: tzinfo) -> When:
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"made at {text!r}")
    # Nanoseconds: Python keeps six digits.
    known = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    known = known if known.tzinfo else known.replace(tzinfo=clock)
    return When(known, known)


def _size(value: object) -> int | None:
    """Given GiB of the volume as a number or its text, return bytes; None when it is no number."""
    text = str(value)
    return int(text) * _GIB if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - no disk has more digits
