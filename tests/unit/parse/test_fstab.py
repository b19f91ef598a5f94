"""fstab entries and mount options."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.fstab import flags, targets


@pytest.mark.parametrize(
    ("options", "held"),
    [
        ("nodev,nosuid,noexec", ["nodev", "noexec", "nosuid"]),
        ("noexec,exec", []),
        ("users,exec", ["nodev", "nosuid"]),
        ("noexec,defaults", ["noexec"]),
        ("owner", ["nodev", "nosuid"]),
        ("noexecute,x-noexec", []),
    ],
)
def test_options_hold_in_order(options: str, held: list[str]) -> None:
    assert flags(options.split(",")) == held


def test_entries_keep_their_order_and_places_are_plain() -> None:
    text = "# /tmp\n\ttmpfs\t/tmp/ tmpfs nodev 0 0\n/dev/sdb1 /a\\040b xfs\nbroken\n"
    assert targets(text) == [("/tmp", ["nodev"]), ("/a b", ["defaults"])]  # noqa: S108 - a place


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for place, options in targets(text):
        assert isinstance(place, str)
        assert set(flags(options)) <= {"nodev", "nosuid", "noexec"}
