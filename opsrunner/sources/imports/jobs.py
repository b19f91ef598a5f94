"""Bytes of a tool's file -> results, by the kind of job that the backup policy names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports import cloud_snapshot, expdp, mssql, mysqldump, restic, rman
from opsrunner.sources.imports.result import JobResult, decoded, unknown

Parser = Callable[[str, ZoneInfo], tuple[JobResult, ...]]
PARSERS: Final[Mapping[str, Parser]] = {
    module.TOOL: module.parse for module in (cloud_snapshot, expdp, mssql, mysqldump, restic, rman)
}


# A session's echo of "connect target user/password@service", and of passwords in commands.
_SECRET = re.compile(
    rb"""(\bconnect\s+(?:target|catalog|auxiliary)\s+['"]?[^\s/'"]+/|\bidentified\s+by\s+['"]?|"""
    rb"""\b(?:password|pwd)\s*=\s*['"]?)[^\s@'";,]+""", re.IGNORECASE,
)
_OF_A_DUMP = (b"--", b"/*!", b"/*M!", b"mysqldump:", b"mariadb-dump:")


def on_record(kind: str, data: bytes) -> bytes:
    """Given a job's kind and a file's bytes, return what of it may go on record.

    Passwords are masked. Of a dump its comments remain, which is what its result rests on: the
    data of others has no place in the evidence.
    """
    if kind == mysqldump.TOOL:
        lines = data.splitlines(keepends=True)
        data = b"".join(line for line in lines if line.startswith(_OF_A_DUMP) or not line.strip())
    return _SECRET.sub(rb"\1******", data)


def read_job(kind: str, data: bytes, zone: ZoneInfo) -> tuple[JobResult, ...]:
    """Given a job's kind, a file's bytes and the zone of its clock, return at least one result.

    It never raises: what cannot be read is ``unknown`` with the reason.
    """
    parser = PARSERS.get(kind)
    if parser is None:
        return unknown(kind, Reason.MISSING_TOOL, "no parser for this kind of job")
    if not data.strip():
        return unknown(kind, Reason.TRUNCATED, "is empty")
    text = decoded(data)
    if text is None:
        return unknown(kind, Reason.UNPARSABLE, "is no text (UTF-8, UTF-16, GB 18030)")
    return parser(text, zone)
