"""tmpfiles.d and tmpwatch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse import tmpfiles

TMP = "/tmp"  # noqa: S108 - the folder that is cleaned
VENDOR = {"/usr/lib/tmpfiles.d/tmp.conf": "q /tmp 1777 root root 10d\n"}


@pytest.mark.parametrize(
    ("age", "expected"),
    [("10d", 10), ("1w2d", 9), ("12h", 0.5), ("0", 0), ("-", None), ("", None), ("~10d", 10),
     ("mM:10d", 10), ("86400", 1), ("ten days", None), ("10 days", 10)],
)  # fmt: skip
def test_ages(age: str, expected: float | None) -> None:
    assert tmpfiles.days(age) == expected


def test_the_same_name_in_etc_hides_the_vendors_file() -> None:
    assert tmpfiles.age_of(VENDOR, TMP) == 10
    assert tmpfiles.age_of({**VENDOR, "/etc/tmpfiles.d/tmp.conf": ""}, TMP) is None


def test_the_first_line_by_file_name_counts() -> None:
    earlier = {"/etc/tmpfiles.d/a.conf": 'd "/tmp/" 1777 root root 5d\n'}
    later = {"/etc/tmpfiles.d/z.conf": "q /tmp 1777 root root -\n"}
    assert tmpfiles.age_of({**VENDOR, **earlier}, TMP) == 5
    assert tmpfiles.age_of({**VENDOR, **later}, TMP) == 10


def test_an_exclusion_of_all_keeps_the_folder_and_of_one_file_does_not() -> None:
    for line, age in (("x /tmp", None), ("x /tmp/*", None), ("x /tmp/.oracle*", 10)):
        assert tmpfiles.age_of({**VENDOR, "/etc/tmpfiles.d/x.conf": line}, TMP) == age


def test_tmpwatch_counts_hours_without_a_unit_and_only_for_the_folder_named() -> None:
    assert tmpfiles.tmpwatch_age("tmpwatch -umc 240 /tmp", TMP) == 10
    assert tmpfiles.tmpwatch_age("tmpwatch \\\n -x /tmp/.X 10d /tmp\n", TMP) == 10
    assert tmpfiles.tmpwatch_age("#tmpwatch 10d /tmp", TMP) is None
    assert tmpfiles.tmpwatch_age("tmpwatch 30d /var/tmp", TMP) is None


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_never_fails(text: str) -> None:
    tmpfiles.age_of({"/etc/tmpfiles.d/a.conf": text}, TMP)
    tmpfiles.tmpwatch_age(text, TMP)
