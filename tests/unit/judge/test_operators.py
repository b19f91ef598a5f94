"""Operators compare or refuse; they never guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.judge.operators import OPERATORS

HOLDS = [
    ("equals", "No", "no"), ("equals", 3, 3), ("not_equals", "yes", "no"),
    ("one_of", "Verbose", ["INFO", "VERBOSE"]), ("none_of", "DEBUG", ["INFO"]),
    ("at_least", "8", 8), ("at_most", 4, 4), ("between", "90", [1, 90]),
    ("empty", [], None), ("not_empty", ["x"], None),
    ("contains_all", "a,b c", ["a", "c"]), ("contains_any", ["a", "b"], {"b": "B", "x": "X"}),
    ("contains_none", "aes256-ctr", ["3des-cbc"]),
    ("subset_of", "a,b", ["a", "b", "c"]), ("matches", "10:30:60", r"\d+:\d+:\d+"),
]
FAILS = [
    ("equals", True, "true"), ("equals", "no", "yes"), ("not_equals", "No", "no"),
    ("one_of", "QUIET", ["INFO"]), ("none_of", "info", ["INFO"]),
    ("at_least", -1, 1), ("at_most", "5", 4), ("between", 99999, [1, 90]),
    ("between", "0", [1, 90]), ("between", -1, [1, 90]),
    ("empty", {"a": 1}, None), ("not_empty", "", None),
    ("contains_all", ["a"], ["a", "b"]), ("contains_any", [], ["a"]), ("contains_any", ["a"], {}),
    ("contains_none", "a,b", ["b"]),
    ("subset_of", "", ["a"]), ("subset_of", "a,d", ["a"]), ("matches", "x10", r"\d+"),
]
REFUSED = [
    ("at_least", "eight", 8), ("at_most", None, 4), ("at_least", True, 1), ("between", "", [1, 2]),
    ("empty", 0, None), ("matches", 3, "3"), ("at_least", "0x10", 8), ("at_least", "8 # no", 8),
    ("one_of", "o", "no"), ("none_of", "telnet", "ftp"), ("one_of", "a", None),
]


@pytest.mark.parametrize(("name", "observed", "expected"), HOLDS)
def test_holds(name: str, observed: Any, expected: Any) -> None:  # noqa: ANN401
    assert OPERATORS[name](observed, expected) is True


@pytest.mark.parametrize(("name", "observed", "expected"), FAILS)
def test_does_not_hold(name: str, observed: Any, expected: Any) -> None:  # noqa: ANN401
    assert OPERATORS[name](observed, expected) is False


@pytest.mark.parametrize(("name", "observed", "expected"), REFUSED)
def test_refuses_to_compare(name: str, observed: Any, expected: Any) -> None:  # noqa: ANN401
    with pytest.raises((TypeError, ValueError)):
        OPERATORS[name](observed, expected)


@given(st.text(max_size=20))
def test_a_number_is_compared_only_when_it_is_one(text: str) -> None:
    try:
        OPERATORS["at_least"](text, 0)
    except ValueError:
        return
    float(text)
