"""Text from hosts is shown, never obeyed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.report.text import as_text, clipped, formula_proof, json_bytes, visible

ANY_TEXT = st.text(st.characters())  # lone surrogates included


@given(ANY_TEXT)
def test_visible_text_holds_nothing_that_acts_and_can_be_encoded(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not any(ord(char) < 32 and char not in "\t\n" for char in shown)
    assert not set(shown) & set("\x7f\x9b\u202e\u200b\ufeff\uffff")


@given(st.text(st.characters(categories=["L", "N", "P"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[0m", r"\x1b[0m"),
        ("a\u202eb", r"a\u202eb"),
        ("\ud800", r"\ud800"),
        ("麒麟\n", "麒麟\n"),
    ],
)
def test_acting_characters_are_named(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        ("", '""'),
        ("no", "no"),
        (False, "false"),
        (0, "0"),
        ([], "[]"),
        (["麒麟", 1], '["麒麟", 1]'),
        ({"at_most": 90}, '{"at_most": 90}'),
    ],
)
def test_values_that_differ_look_different(value: object, shown: str) -> None:
    assert as_text(value) == shown


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON_VALUES, max_size=4))
def test_a_list_looks_as_its_json_each_time_it_is_shown(value: list[object]) -> None:
    plain = visible(json.dumps(value, ensure_ascii=False))
    assert (as_text(value), as_text(value)) == (plain, plain)


def test_equal_numbers_that_are_written_differently_are_shown_so() -> None:
    assert [as_text([one]) for one in (1, 1.0, True)] == ["[1]", "[1.0]", "[true]"]


@pytest.mark.parametrize("text", ["=1", "+1", "-a", "@x", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])
def test_formulas_are_defused(text: str) -> None:
    assert formula_proof(text) == f"'{text}"


@pytest.mark.parametrize("text", ["a=1", "90", "-1", "-0.5", "", "—", "10.0.0.1"])
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    assert formula_proof(text) == text


@given(ANY_TEXT.map(visible), st.integers(60, 200))
def test_clipped_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    cut = clipped(text, limit)
    assert len(cut.encode("utf-16-le")) // 2 <= limit
    assert cut == text or "截断" in cut


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(JSON_VALUES)
def test_any_value_becomes_json(value: object) -> None:
    json.loads(json_bytes(value))


def test_json_keeps_what_it_can_hold_exactly() -> None:
    value = {"a": ["\x1b\u202e麒麟", -(2**63), None, 1.5, True]}
    assert json.loads(json_bytes(value)) == value
    assert json.loads(json_bytes([2**70, "\ud800"])) == [str(2**70), r"\ud800"]
