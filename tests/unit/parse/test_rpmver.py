"""RPM's version order, by rpm's own cases (``tests/rpmvercmp.at``)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.rpmver import evr_cmp, vercmp

CASES = """
1.0 1.0 0|1.0 2.0 -1|2.0 1.0 1|2.0.1 2.0.1 0|2.0 2.0.1 -1|2.0.1a 2.0.1 1|2.0.1 2.0.1a -1
5.5p1 5.5p2 -1|5.5p10 5.5p1 1|10xyz 10.1xyz -1|10.1xyz 10xyz 1|xyz10 xyz10.1 -1|xyz.4 8 -1
8 xyz.4 1|5.5p2 5.6p1 -1|5.6p1 6.5p1 -1|6.0.rc1 6.0 1|6.0 6.0.rc1 -1|10b2 10a1 1|10a2 10b2 -1
1.0a 1.0aa -1|10.0001 10.1 0|10.0001 10.0039 -1|4.999.9 5.0 -1|20101121 20101122 -1|2_0 2.0 0
a+ a_ 0|+a _a 0|_+ +_ 0|+ _ 0|1.0~rc1 1.0 -1|1.0 1.0~rc1 1|1.0~rc1 1.0~rc2 -1
1.0~rc1~git123 1.0~rc1 -1|1.0^ 1.0 1|1.0 1.0^ -1|1.0^git1 1.0^git2 -1|1.0^git1 1.01 -1
1.0^20160101 1.0.1 -1|1.0^20160101^git1 1.0^20160102 -1|1.0~rc1^git1 1.0~rc1 1
1.0^git1~pre 1.0^git1 -1|1.900 1.8000 -1|FC5 fc4 -1|2a 2.0 -1|1.0 1.fc4 1|1__17 1.17 0
1160.119.1.el7 1160.76.1.el7 1|553.el8_10 513.24.1.el8_9 1
"""
TRIPLES = [case.split() for line in CASES.split("\n") for case in line.split("|") if case.strip()]
VERSIONS = st.text(alphabet="01239abzAZ.~^_-+", max_size=12)


@pytest.mark.parametrize(("one", "other", "order"), TRIPLES)
def test_orders_as_rpm_does(one: str, other: str, order: str) -> None:
    assert vercmp(one, other) == int(order)
    assert vercmp(other, one) == -int(order)


def test_the_epoch_goes_first() -> None:
    assert evr_cmp(("1", "1.0", "1"), ("0", "9.0", "1")) == 1
    assert evr_cmp(("", "1.0", "2"), ("0", "1.0", "1")) == 1


@settings(max_examples=100)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_is_an_order(a: str, b: str, c: str) -> None:
    assert vercmp(a, b) == -vercmp(b, a)
    if vercmp(a, b) <= 0 and vercmp(b, c) <= 0:
        assert vercmp(a, c) <= 0
