"""Debian's version order, by the cases of deb-version(7)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.debver import vercmp

RISING = [
    ("1.0~rc1-1", "1.0"), ("1.0~~", "1.0~"), ("1.0", "1.0-1"), ("1.0-1", "1.0-1+b1"),
    ("1.0-1+deb12u1", "1.0-1+deb12u10"), ("6.1.0-9", "6.1.0-18"), ("9.9", "1:0.1"),
    ("2.0-1~bpo12+1", "2.0-1"), ("1.0a", "1.0+"), ("6.1.69-1", "6.1.76-1"),
]  # fmt: skip


@pytest.mark.parametrize(("lower", "higher"), RISING)
def test_orders_as_dpkg_does(lower: str, higher: str) -> None:
    assert vercmp(lower, higher) == -1
    assert vercmp(higher, lower) == 1


def test_leading_zeros_do_not_count() -> None:
    assert vercmp("1.02-0", "1.2-00") == 0


@settings(max_examples=100)
@given(st.text(max_size=12), st.text(max_size=12))
def test_never_fails_and_is_antisymmetric(a: str, b: str) -> None:
    assert vercmp(a, b) == -vercmp(b, a)
