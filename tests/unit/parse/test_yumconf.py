"""yum's and dnf's configuration."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.yumconf import parse, repositories, truth


def test_the_last_of_a_repeated_key_or_section_holds() -> None:
    assert parse("[a]\nx=1\n[b]\ny=2\n[a]\nx=3\n") == {"a": {"x": "3"}, "b": {"y": "2"}}


def test_an_indented_line_continues_and_a_comment_does_not() -> None:
    assert parse("[a]\nx=1\n  2\n#x=4\n;x=5\ny : z\n")["a"] == {"x": "1 2", "y": "z"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("1", True), ("On", True), ("no", False), ("maybe", None), ("", None), ("1 # yes", None)],
)
def test_truth(word: str, expected: bool | None) -> None:  # noqa: FBT001 - a table of cases
    assert truth(word, otherwise=True) is expected


def test_of_a_repository_defined_twice_the_first_counts() -> None:
    first, second = parse("[a]\ngpgcheck=1\n"), parse("[a]\ngpgcheck=0\n")
    assert repositories({}, [("1", first), ("2", second)]) == {"a": True}
    assert repositories({}, [("2", second), ("1", first)]) == {"a": False}


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_never_fails(text: str) -> None:
    repositories({}, [("x", parse(text))])
