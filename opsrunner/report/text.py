"""Values from hosts, made safe to show: what a host printed is data, never an instruction.

Escaping for a language (HTML, XML, CSV quoting) is the writer's library's work; this module only
makes characters visible that would otherwise act (terminal control, reading direction) or that a
format cannot hold (lone surrogates, XML's forbidden characters).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import orjson

NOTHING = "—"

_ENCODER = json.JSONEncoder(ensure_ascii=False)  # not orjson: it refuses lone surrogates

# C0 but tab and newline, DEL and C1, soft hyphen, direction marks and overrides, zero width,
# line separators, lone surrogates, byte order mark, non-characters, tag characters.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]",
)
# Excel, WPS and LibreOffice take a cell for a formula by its first character; in East Asian
# settings the full-width forms count as well.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-\d+(\.\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - one byte


def visible(text: str) -> str:
    r"""Given any text, return it with every acting character as ``\x1b`` or ``\u202e``.

    Tab and newline stay: they lay text out and do nothing else.
    """
    return text if text.isprintable() else _ACTING.sub(_escape, text)


def as_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Given a JSON value, return it for a reader: strings bare, the rest as compact JSON.

    None is a dash and an empty string shows its quotes, so that the two cannot be confused.
    """
    if isinstance(value, str):
        return visible(value) if value else '""'
    if value is None:
        return NOTHING
    try:
        return _as_text(orjson.dumps(value))
    except TypeError:  # see _ENCODER
        return visible(_ENCODER.encode(value))


@lru_cache(maxsize=4096)  # alike hosts say alike things
def _as_text(data: bytes) -> str:
    return visible(_ENCODER.encode(orjson.loads(data)))


def formula_proof(text: str) -> str:
    """Given the text of a CSV cell, return it so that no spreadsheet takes it for a formula.

    A plain number stays one: it computes nothing.
    """
    if not text.lstrip(" ").startswith(_FORMULA_START) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def clipped(text: str, limit: int) -> str:
    """Given text and a limit in UTF-16 units, return it cut to fit, the cut said aloud."""
    if len(text) * 2 <= limit or len(text.encode("utf-16-le")) // 2 <= limit:
        return text
    mark = "…（截断，全文见 JSON 报告 / cut, see the JSON report）"
    room = (limit - len(mark)) * 2
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + mark


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Given a JSON value, return its bytes; what JSON cannot hold is made visible, not an error.

    That is lone surrogates and integers beyond 64 bits, which readers would round.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_representable(value))


def _representable(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return _SURROGATE.sub(_escape, value)
    if isinstance(value, int) and value.bit_length() > 63:  # noqa: PLR2004 - signed 64 bits
        return str(value)
    if isinstance(value, dict):
        return {_representable(str(key)): _representable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_representable(item) for item in value]
    return value
