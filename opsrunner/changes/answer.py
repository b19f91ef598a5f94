"""What a host answered to a script of ``transaction`` -> an Answer. Pure, on untrusted bytes.

Inside the probe's wire form (``opsrunner/sources/wire.py``) stands one record a line,
``@MARK WORD<tab>FIELD...``; backslash, tab, newline and return in a field are escaped. Without
the record ``end`` the answer was cut, and what became of the host is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from opsrunner.sources.wire import unpack

LIMIT = 64 * 1024 * 1024  # bytes of one answer, unpacked
_ESCAPED = re.compile(r"\\([\\tnr])")
_PLAIN = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


class Outcome(StrEnum):
    """What an answer comes to. UNKNOWN: ask again with ``status_script``, change nothing."""

    DONE = "done"  # what was asked for was done: applied, confirmed, undone, cleaned, listed
    PARTLY = "partly"  # an undo left out what is not as the transaction left it
    DRIFT = "drift"  # the host is not as the plan saw it; nothing was touched
    REFUSED = "refused"  # for another reason, in ``refused``; nothing was touched
    INVALID = "invalid"  # a validator said no: nothing was put in place
    FAILED = "failed"  # something failed on the way; the host took everything back itself
    UNDO_FAILED = "undo_failed"  # taking back failed too: the host needs a person
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ran:
    """One command as it was run: for which item (0: for all), when (UTC), how it ended."""

    item: int
    when: str
    code: int
    command: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected of a target and what was found: a value, or KIND SHA256 MODE UID GID."""

    target: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A target an undo left alone: as it was before, as the transaction left it, as it is now."""

    target: str
    before: str
    after: str
    now: str


@dataclass(frozen=True, slots=True)
class Said:
    """A code or target, a sentence about it, and its code as ``plan/reasons.py`` lists it."""

    about: str
    words: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A transaction on the host: its state, since when, and by whom (timer, boot, failure, ...)."""

    tx: str
    state: str
    since: str
    by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All a host said to one script; ``reason`` says why an UNKNOWN one is."""

    action: str
    tx: str
    outcome: Outcome
    state: str = ""
    by: str = ""
    reason: str = ""
    refused: tuple[Said, ...] = ()
    drift: tuple[Difference, ...] = ()
    back: tuple[Difference, ...] = ()  # a preview's: not as the change left it, but as before it
    invalid: tuple[Ran, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    trouble: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()
    steps: tuple[Ran, ...] = ()
    transactions: tuple[Known, ...] = ()
    history: tuple[Known, ...] = ()  # the states the transaction went through
    started: str = ""
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON's own types, for the record of a run."""
        return asdict(self)


def parse(raw: bytes) -> Answer:
    """Given an answers file (the sender's header line, then what came), return the Answer."""
    head, _, body = raw.partition(b"\n")
    try:
        header = json.loads(head)
        mark = str(header["mark"])
    except (ValueError, KeyError, TypeError):
        return Answer("", "", Outcome.UNKNOWN, reason="the answers file has no header")
    stream = unpack(body, mark, limit=LIMIT)
    if stream is None:
        said = " ".join(str(header.get("stderr", "")).split())[-200:]
        reason = f"the script did not run: {said or 'exit code ' + str(header.get('rc'))}"
        return Answer("", "", Outcome.UNKNOWN, reason=reason)
    answer = read(stream, mark)
    seconds = float(header.get("seconds") or 0)
    return replace(answer, started=str(header.get("started", "")), seconds=seconds)


def read(stream: bytes, mark: str) -> Answer:
    """Given the unpacked stream of an answer and its one-time word, return the Answer."""
    return _answer(list(_records(stream, mark)))


def _records(stream: bytes, mark: str) -> Iterator[tuple[str, ...]]:
    begin = f"@{mark} "
    *lines, _cut = stream.decode("utf-8", "surrogateescape").split("\n")
    for line in lines:
        if line.startswith(begin):
            yield tuple(_ESCAPED.sub(_unescape, field) for field in
                        line.removeprefix(begin).split("\t"))


def _unescape(match: re.Match[str]) -> str:
    return _PLAIN[match.group(1)]


def _answer(records: list[tuple[str, ...]]) -> Answer:
    def of(word: str, fields: int) -> list[tuple[str, ...]]:
        return [record[1:] for record in records
                if record[0] == word and len(record) == fields + 1]

    engine = of("engine", 3)
    _, action, tx = engine[0] if engine else ("", "", "")
    history = tuple(Known(*fields) for fields in of("state", 4))
    last = history[-1] if history and action != "status" else Known("", "", "", "")
    refused = (
        *(Said(code, words, f"refused.{code}") for code, words in of("refused", 2)),
        *(Said(f"{code}: {target}", words, f"blocked.{code}")
          for target, code, words in of("blocked", 3)),
    )
    invalid = tuple(Ran(0, last.since, 1, command, f"{name}: {said}")
                    for name, command, said in of("invalid", 3))
    transactions = tuple(Known(*fields) for fields in of("transaction", 4))
    differing = tuple(Difference(*fields) for fields in of("drift", 4))
    back = _back(action, transactions, differing, of("stands", 2))
    answer = Answer(
        action, tx, Outcome.DONE, last.state, last.by,
        refused=refused,
        drift=tuple(one for one in differing if one not in back),
        back=back,
        invalid=invalid,
        conflicts=tuple(Conflict(*fields) for fields in of("changed", 4)),
        trouble=_coded("trouble", of("trouble", 3)),
        notes=_coded("note", of("note", 3)),
        steps=tuple(_ran(*fields) for fields in of("ran", 5)),
        transactions=transactions,
        history=history,
    )
    return _judged(answer, ended=bool(engine) and bool(records) and records[-1] == ("end",))


def _back(
    action: str, transactions: Sequence[Known], differing: Sequence[Difference],
    stands: Sequence[tuple[str, ...]],
) -> tuple[Difference, ...]:
    """Given what is not as the change left it, return what of it is as before the change.

    The host looks for that only where a part was taken back, and names what is not.
    """
    if action != "preview" or [one.state for one in transactions] != ["partly_undone"]:
        return ()
    return tuple(one for one in differing if (one.target, one.what) not in stands)


def _coded(word: str, records: list[tuple[str, ...]]) -> tuple[Said, ...]:
    return tuple(Said(target, words, f"{word}.{code}") for target, code, words in records)


def _ran(item: str, when: str, code: str, command: str, said: str) -> Ran:
    def number(text: str) -> int:
        return int(text) if text.isascii() and text.isdigit() else -1

    return Ran(number(item), when, number(code), command, said)


_WANTED = {
    "begin": "applied", "confirm": "confirmed", "undo": "undone", "clean": "cleaned",
}


def _judged(answer: Answer, *, ended: bool) -> Answer:
    """Return the answer with its outcome: DONE only when the wanted state was announced."""
    if not ended:
        reason = "the answer was cut: whether it was done is not known"
        return replace(answer, outcome=Outcome.UNKNOWN, reason=reason)
    return replace(answer, outcome=_outcome(answer))


def _outcome(answer: Answer) -> Outcome:
    took_back = Outcome.INVALID if answer.invalid else Outcome.FAILED
    return next((outcome for holds, outcome in (
        (answer.action == "status", Outcome.DONE),
        (answer.action == "preview" and not answer.refused,
         Outcome.DRIFT if answer.drift else Outcome.DONE),
        (answer.state == "undo_failed", Outcome.UNDO_FAILED),
        (answer.state == "undone" and answer.action == "begin", took_back),
        (bool(answer.refused), Outcome.REFUSED),
        (answer.state == "partly_undone", Outcome.PARTLY),
        (answer.state == _WANTED.get(answer.action, "-"), Outcome.DONE),
        (bool(answer.drift) and not answer.state, Outcome.DRIFT),
    ) if holds), Outcome.UNKNOWN)
