"""Frames <-> the bytes that are stored: JSON a person can read, split by how often it changes.

``stable`` holds what stays the same on an unchanged host, so that a second check adds nothing;
``volatile`` the rest (processes, clocks). Output that is no UTF-8 is kept in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

from opsrunner.models import Frame

STABLE = "stable"
VOLATILE = "volatile"


def encode(frames: Mapping[str, Frame], volatile: Collection[str]) -> dict[str, bytes]:
    """Given frames and the names of the volatile probes, return the stored bytes by label."""
    parts: dict[str, list[dict[str, Any]]] = {STABLE: [], VOLATILE: []}
    for name in sorted(frames):
        parts[VOLATILE if name in volatile else STABLE].append(_entry(frames[name]))
    return {label: _dump(entries) for label, entries in parts.items() if entries}


def decode(blobs: Iterable[bytes]) -> dict[str, Frame]:
    """Given stored bytes, return the frames in them by probe."""
    return {
        entry["probe"]: Frame(
            name=entry["probe"],
            exit_code=entry["exit_code"],
            stdout=_bytes(entry, "stdout"),
            stderr=_bytes(entry, "stderr"),
            truncated=entry["truncated"],
            complete=entry["complete"],
        )
        for blob in blobs
        for entry in orjson.loads(blob)
    }


def _entry(frame: Frame) -> dict[str, Any]:
    return {
        "probe": frame.name,
        "exit_code": frame.exit_code,
        "truncated": frame.truncated,
        "complete": frame.complete,
        **_text("stdout", frame.stdout),
        **_text("stderr", frame.stderr),
    }


def _text(key: str, data: bytes) -> dict[str, str]:
    try:
        return {key: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{key}_base64": base64.b64encode(data).decode("ascii")}


def _bytes(entry: Mapping[str, Any], key: str) -> bytes:
    text = entry.get(key)
    return base64.b64decode(entry[f"{key}_base64"]) if text is None else text.encode("utf-8")


def _dump(entries: list[dict[str, Any]]) -> bytes:
    return orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
