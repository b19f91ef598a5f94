"""The journal's bytes: what was written comes back, what was torn is left out or named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError
from opsrunner.sources.watcher.lines import Attempt, line, parse

HEAD: dict[str, Any] = {
    "format": 1, "watch": "w", "aim": {"kind": "tcp"}, "interval_ms": 200, "timeout_ms": 1000,
    "boot": "b", "wall": "2026-11-21T10:00:00.000Z", "began": 0, "pid": 1,
}


def journal(*contents: dict[str, Any]) -> bytes:
    return b"".join(line(one) for one in (HEAD, *contents))


attempts = st.lists(
    st.tuples(st.integers(0, 10**9), st.booleans(), st.text(max_size=30)), max_size=30,
).map(lambda found: [
    Attempt(n, n * 10**10, n * 10**10 + took, good, text if good else "", "" if good else text)
    for n, (took, good, text) in enumerate(found, start=1)
])


def contents(found: list[Attempt]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for one in found:
        lines.append({"n": one.n, "sent": one.sent})
        said = {"acked": one.ended, "by": one.by} if one.acknowledged else (
            {"failed": one.ended, "error": one.error})
        lines.append({"n": one.n, **said})
    return lines


@given(attempts)
def test_what_was_written_comes_back(found: list[Attempt]) -> None:
    reading = parse(journal(*contents(found), {"end": 10**15, "why": "stopped"}), "x")
    assert list(reading.attempts) == found
    assert (reading.ended, reading.why, reading.torn_bytes) == (10**15, "stopped", 0)


@given(attempts, st.data())
def test_cut_anywhere_it_reads_to_the_last_whole_line(
    found: list[Attempt], data: st.DataObject,
) -> None:
    whole = journal(*contents(found))
    cut = data.draw(st.integers(whole.index(b"\n") + 1, len(whole)))
    reading = parse(whole[:cut], "x")
    assert reading.ended is None
    assert reading.torn_bytes == cut - (whole.rfind(b"\n", 0, cut) + 1)
    kept = [one for one in reading.attempts if one.ended is not None]
    assert kept == found[:len(kept)]
    assert len(reading.attempts) - len(kept) in (0, 1)  # at most one was under way


@given(attempts, st.data())
def test_a_changed_byte_is_named_and_never_believed(
    found: list[Attempt], data: st.DataObject,
) -> None:
    whole = bytearray(journal(*contents(found)))
    place = data.draw(st.integers(0, len(whole) - 1))
    before = whole[place]
    whole[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != before))
    if place == len(whole) - 1:  # without its line feed the last line is torn, no more
        return
    with pytest.raises(EvidenceError, match=r"watch x: (line \d+ is broken|holds no whole line)"):
        parse(bytes(whole), "x")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse(data, "x")


@pytest.mark.parametrize(("wrong", "why"), [
    ([{"n": 1, "acked": 5, "by": ""}], "KeyError"),
    ([{"n": 1, "sent": 5}, {"n": 1, "sent": 6}], "was sent before"),
    ([{"n": 1, "sent": 5}, {"n": 1, "failed": 4, "error": ""}], "before it was sent"),
    ([{"n": 1, "sent": 5}, *[{"n": 1, "acked": 6, "by": ""}] * 2], "has ended before"),
    ([{"end": 5, "why": "stopped"}, {"n": 1, "sent": 6}], "stands after the end"),
    ([{"what": 5}], "KeyError"),
])
def test_what_cannot_have_happened_is_named(wrong: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(EvidenceError, match=f"line {len(wrong) + 1} is broken.*{why}"):
        parse(journal(*wrong), "x")


def test_another_format_is_refused() -> None:
    with pytest.raises(EvidenceError, match="another format"):
        parse(line({**HEAD, "format": 2}), "x")


def test_a_line_is_json_after_its_checksum() -> None:
    assert json.loads(line({"n": 7, "sent": 5})[9:]) == {"n": 7, "sent": 5}
