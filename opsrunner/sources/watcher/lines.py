"""A watcher's journal as bytes: one line for each thing that happened, each with its checksum.

    1f2e3d4c {"acked":81234567890,"by":"db1:3306 #1","n":7}

CRC-32 of the JSON, a space, the JSON, a line feed. A last line without its line feed was torn by
whatever killed the watcher and is left out; any other line that is not as written is named.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opsrunner.errors import EvidenceError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; moments are nanoseconds of the monotonic clock of the start ``Header.boot``.

    ``ended`` None: the watcher died while it waited. ``by`` is who acknowledged; ``error`` says
    why nobody did.
    """

    n: int
    sent: int
    ended: int | None = None
    acknowledged: bool = False
    by: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What was asked, and when it began by both clocks: ``wall`` is UTC, ISO 8601."""

    watch: str
    aim: Mapping[str, Any]
    interval_ms: int
    timeout_ms: int
    boot: str
    wall: str
    began: int
    pid: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole journal. ``ended`` None: the watcher runs or has died; ``why`` it ended otherwise."""

    header: Header
    attempts: tuple[Attempt, ...]
    ended: int | None = None
    why: str = ""
    torn_bytes: int = 0


def line(content: Mapping[str, Any]) -> bytes:
    """Given what happened, return its line."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def parse(data: bytes, name: str) -> Reading:
    """Given a journal's bytes and its name, return what it holds up to the last whole line.

    Raise EvidenceError naming the first line that is not as it was written, or when there is not
    even the first.
    """
    whole = data.rfind(b"\n") + 1
    header: Header | None = None
    attempts: dict[int, Attempt] = {}
    end: tuple[int | None, str] = (None, "")
    for number, content in _contents(data[:whole], name):
        try:
            _require(end[0] is None, "stands after the end")
            if header is None:
                header = _header(content)
            elif "end" in content:
                end = int(content["end"]), str(content["why"])
            else:
                _attempt(content, attempts)
        except (ValueError, TypeError, KeyError) as error:
            raise EvidenceError(f"watch {name}: line {number} is broken: {error!r}") from error
    if header is None:
        raise EvidenceError(f"watch {name}: holds no whole line: the watcher never began")
    return Reading(header, tuple(attempts.values()), *end, torn_bytes=len(data) - whole)


def _contents(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            checksum, body = text[:8], text[9:]
            same = text[8:9] == b" " and checksum == b"%08x" % zlib.crc32(body)
            _require(same, "its checksum is another")
            content = json.loads(body)
            _require(isinstance(content, dict), "is no object")
        except (ValueError, TypeError, RecursionError) as error:
            raise EvidenceError(f"watch {name}: line {number} is broken: {error}") from error
        yield number, content


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _header(content: dict[str, Any]) -> Header:
    _require(content.pop("format") == FORMAT, "is of another format")
    return Header(**content)


def _attempt(content: Mapping[str, Any], attempts: dict[int, Attempt]) -> None:
    number = int(content["n"])
    if "sent" in content:
        _require(number not in attempts, "was sent before")
        attempts[number] = Attempt(number, int(content["sent"]))
        return
    before = attempts[number]
    _require(before.ended is None, "has ended before")
    moment = int(content["acked"] if "acked" in content else content["failed"])
    _require(moment >= before.sent, "ended before it was sent")
    attempts[number] = Attempt(
        number, before.sent, moment, "acked" in content,
        str(content.get("by", "")), str(content.get("error", "")),
    )
