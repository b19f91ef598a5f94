"""Bytes of a tool's file -> results, by the kind of job that the backup policy names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from opsrunner.models import Reason
from opsrunner.sources.imports import expdp, mssql, mysqldump, restic, rman
from opsrunner.sources.imports.result import JobResult, decoded, unknown

Parser = Callable[[str, ZoneInfo], tuple[JobResult, ...]]
PARSERS: Final[Mapping[str, Parser]] = {
    module.TOOL: module.parse for module in (expdp, mssql, mysqldump, restic, rman)
}


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
