"""The hash chain: what a record is, and the one definition of its hash.

    hash = SHA-256( prev + content )

``prev`` is the hash of the record before (64 hexadecimal characters) and ``content`` the
canonical JSON of all other columns, as UTF-8. Both are plain text, so an exported record is
proved by ``printf '%s%s' "$prev" "$content" | sha256sum``.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from opsrunner.errors import EvidenceError
from opsrunner.evidence.schema import RecordType

GENESIS = "0" * 64
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# A number that is not whole, as a member and as an item; inside a text it only costs time. Two
# patterns, for each alone is searched for by how it begins.
_NOT_WHOLE = (re.compile(r'":-?[0-9]+[.eE]'), re.compile(r"[,\[]-?[0-9]+[.eE]"))


def canonical(value: object) -> str:
    """Given a JSON value, return its one canonical text: sorted keys, no spaces, no NaN.

    Raise EvidenceError when the value has no JSON form.
    """
    try:
        # Twice: keys that are numbers become texts in the first pass and are sorted as such.
        text = _dump(json.loads(_dump(value)))
    except (TypeError, ValueError, RecursionError) as error:
        raise EvidenceError(f"a record holds something that is not JSON: {error}") from error
    # A lone surrogate (a byte of the host that is no UTF-8) has no UTF-8 form of its own.
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def line_hash(content: Mapping[str, Any]) -> str:
    """Given a line of a chained file with its ``prev``, return the hash that the next one names."""
    return hashlib.sha256(f"{content['prev']}{canonical(content)}".encode()).hexdigest()


def _plainly(text: str) -> object:
    """Given JSON, return its value when a fast parser already proves the text canonical, or None.

    What the two may write differently (numbers that are not whole) is left to ``canonical``.
    """
    if any(pattern.search(text) for pattern in _NOT_WHOLE):
        return None
    try:
        loaded = orjson.loads(text)
        same = orjson.dumps(loaded, option=orjson.OPT_SORT_KEYS) == text.encode()
    except (ValueError, TypeError):  # a lone surrogate, a number beyond 64 bits
        return None
    return loaded if same else None


def _quoted(text: str) -> str:
    """Given a text, return it as JSON; plain texts, which nearly all are, cost nothing."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return json.dumps(text)


def _dump(value: object) -> str:
    return json.dumps(
        value,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=_frozen,
    )


def _frozen(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: the run ("" for none), the type, and the body as a JSON value."""

    run_id: str
    type: RecordType
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the ledger, as it was read; ``body`` is still text."""

    seq: int
    run_id: str
    type: str
    wall: str
    monotonic_ns: int
    body: str
    prev: str
    hash: str

    @classmethod
    def following(cls, last: tuple[int, str], entry: Entry) -> Record:
        """Given number and hash of the last record, return the next one. Raise EvidenceError."""
        new = cls(
            seq=last[0] + 1,
            run_id=entry.run_id,
            type=entry.type.value,
            wall=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            monotonic_ns=time.monotonic_ns(),
            body=canonical(entry.body),
            prev=last[1],
            hash="",
        )
        return replace(new, hash=new.digest)

    @property
    def content(self) -> str:
        """Return what the hash covers besides ``prev``, from the columns as they are."""
        run, kind, wall = _quoted(self.run_id), _quoted(self.type), _quoted(self.wall)
        return (
            f'{{"body":{self.body},"monotonic_ns":{self.monotonic_ns},"run":{run},'
            f'"seq":{self.seq},"type":{kind},"wall":{wall}}}'
        )

    @property
    def digest(self) -> str:
        """Return the hash that the columns as they are give."""
        # A changed record may hold anything; what has no UTF-8 form simply gives another hash.
        return hashlib.sha256((self.prev + self.content).encode("utf-8", "replace")).hexdigest()

    @property
    def data(self) -> dict[str, Any]:
        """Return the body as a JSON value. Raise EvidenceError when the record was changed."""
        self.check()
        loaded: dict[str, Any] = json.loads(self.body)
        return loaded

    def check(self) -> None:
        """Raise EvidenceError when the record was changed."""
        if fault := self.fault():
            raise EvidenceError(f"{self.name} {fault}; run `opsrunner verify`")

    @property
    def name(self) -> str:
        """Return what to call the record in a message."""
        return f"record {self.seq}" + (f" of run {self.run_id}" if self.run_id else "")

    @property
    def time(self) -> str:
        """Return the wall clock to the second, as reports show it."""
        return f"{self.wall[:19]}Z"

    def fault(self) -> str | None:
        """Return what is wrong with the record taken by itself, None when nothing is."""
        texts = (self.run_id, self.type, self.wall, self.body, self.prev, self.hash)
        numbers = (self.seq, self.monotonic_ns)
        if {*map(type, texts)} != {str}:  # SQLite gives these types and no others of their kind
            return "holds something else than text in a text column"
        if {*map(type, numbers)} != {int}:
            return "holds something else than a number in a number column"
        actual = self.digest
        if actual != self.hash:
            return f"was changed: its content hashes to {actual}, its hash column says {self.hash}"
        return None

    def is_canonical(self) -> bool:
        """Return whether the body is the one text of a JSON object.

        The hash covers texts put together; this keeps a body from passing for other columns.
        """
        return self.canonical_body() is not None

    def canonical_body(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, None when it is not the one text of one."""
        try:
            if isinstance(plain := _plainly(self.body), dict):
                return plain
            loaded = json.loads(self.body)
            if isinstance(loaded, dict) and canonical(loaded) == self.body:
                return loaded
        except (ValueError, RecursionError, EvidenceError):
            pass
        return None
