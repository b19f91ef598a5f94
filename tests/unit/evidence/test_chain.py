"""The chain: one text for one value, and a hash over every column."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import GENESIS, Entry, Record, canonical
from opsrunner.evidence.schema import RecordType

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_canonical_text_keeps_the_value_and_is_final(value: Any) -> None:  # noqa: ANN401 - any JSON
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert "\n" not in text
    text.encode()  # a lone surrogate must not make it to the disk


def test_order_of_keys_does_not_matter() -> None:
    assert canonical({"b": 1, "a": "中"}) == canonical({"a": "中", "b": 1}) == '{"a":"中","b":1}'
    assert canonical({10: "x", 9: "y"}) == '{"10":"x","9":"y"}'
    assert canonical(MappingProxyType({"a": (1, 2)})) == '{"a":[1,2]}'


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes", {"deep": object()}])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError, match="not JSON"):
        canonical(value)


@pytest.fixture
def record() -> Record:
    entry = Entry("20261121T061500Z-7f3a", RecordType.SUBJECT, {"id": "web-01", "note": "正常"})
    return Record.following((7, "ef" * 32), entry)


def test_the_hash_is_that_of_prev_and_content_as_text(record: Record) -> None:
    assert record.seq == 8
    text = record.prev + record.content
    assert record.hash == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(record.content)["body"] == {"id": "web-01", "note": "正常"}
    assert record.fault() is None
    assert record.is_canonical()


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 9},
        {"run_id": "20261121T061500Z-7f3b"},
        {"type": "run_end"},
        {"wall": "2026-11-21T06:15:01.000000Z"},
        {"monotonic_ns": 1},
        {"body": '{"id":"web-01","note":"异常"}'},
        {"prev": GENESIS},
        {"hash": GENESIS},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_any_column_shows(record: Record, change: dict[str, Any]) -> None:
    changed = replace(record, **change)
    assert "was changed" in str(changed.fault())
    with pytest.raises(EvidenceError, match="opsrunner verify"):
        _ = changed.data


@pytest.mark.parametrize("change", [{"body": None}, {"body": b"{}"}, {"monotonic_ns": "12"}])
def test_a_column_of_another_type_shows(record: Record, change: dict[str, Any]) -> None:
    assert "something else" in str(replace(record, **change).fault())


def test_a_body_cannot_pass_for_columns(record: Record) -> None:
    """The hash alone would hold: the concatenated text of both records is the same."""
    entry = Entry("r1", RecordType.SUBJECT, {"x": 1})
    honest = Record.following((7, "ef" * 32), entry)
    moved = replace(honest, body=honest.body + ' , "y": 1')
    moved = replace(moved, hash=moved.digest)
    assert moved.fault() is None
    assert not moved.is_canonical()
    assert honest.is_canonical()
    assert record.is_canonical()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None))
    | st.sampled_from(["\ud800", "13.5", ",1e5", '":1.0', "\x7f", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_fast_way_to_a_body_says_what_the_slow_one_says(body: dict[str, object]) -> None:
    record = Record.following((0, GENESIS), Entry("r", RecordType.SUBJECT, body))
    assert record.canonical_body() == json.loads(record.body)


@given(
    st.dictionaries(st.text(), json_values, max_size=3),
    st.sampled_from([" ", "0", "1e5", '"', "\\u00e9", ":", ",", "-", "\n"]), st.data(),
)
def test_a_text_that_is_not_the_canonical_one_is_found_by_either(
    body: dict[str, object], piece: str, data: st.DataObject,
) -> None:
    text = canonical(body)
    place = data.draw(st.integers(0, len(text)))
    spoiled = text[:place] + piece + text[place:]
    sound = Record.following((0, GENESIS), Entry("r", RecordType.SUBJECT, {}))
    record = replace(sound, body=spoiled)
    try:
        loaded = json.loads(spoiled)
        expected = isinstance(loaded, dict) and canonical(loaded) == spoiled
    except (ValueError, EvidenceError):
        expected = False
    assert record.is_canonical() == expected
