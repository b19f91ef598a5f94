"""Lines about files, and what account fields mean."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.account import can_authenticate, id_number, is_login_shell, is_stock_command
from opsrunner.parse.found import found


def test_a_line_keeps_whatever_the_name_holds() -> None:
    (item,) = found(["f|4755|0|5|root|tty||/opt/a|b ?c"])
    assert (item.path, item.octal, item.owner) == ("/opt/a|b ?c", "4755", "root:tty")


def test_a_state_has_no_mode() -> None:
    (item,) = found(["missing|||||||/etc/x"])
    assert not item.there


@pytest.mark.parametrize(
    "line", ["f|644", "f|rwx|0|0|a|b||/x", "f|644|a|0|a|b||/x", "f|9|0|0|a|b||/x"],
)
def test_another_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(found([line]))


@settings(max_examples=100)
@given(st.text())
def test_any_line_is_a_file_or_refused(line: str) -> None:
    with suppress(ValueError):
        assert all(item.path for item in found([line]))


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("0", 0), ("000", 0), ("+0", 0), (" 0", 0), ("-0", 0), ("1000", 1000), ("", None),
        ("0x0", None), ("1e3", None), ("²", None), ("٠", None), ("-1", 0xFFFFFFFF),
        ("4294967296", 0xFFFFFFFF), ("9" * 5000, 0xFFFFFFFF),
    ],
)
def test_ids_are_read_as_glibc_does(word: str, number: int | None) -> None:
    assert id_number(word) == number


def test_only_known_places_of_nologin_keep_people_out() -> None:
    for shell in ("/sbin/nologin", "/usr/sbin/nologin", "/bin/false", "/dev/null"):
        assert not is_login_shell(shell)
    for shell in ("", "/bin/bash", "/tmp/nologin", "nologin", "/sbin/nologin2"):  # noqa: S108 - a trap
        assert is_login_shell(shell)
    assert is_stock_command("sync", "/bin/sync")
    assert not is_stock_command("sync", "/bin/bash")
    assert not is_stock_command("games", "/bin/sync")


def test_a_password_fits_unless_it_is_locked() -> None:
    assert all(can_authenticate(kind) for kind in ("$6$", "empty", "des", "other", "set"))
    assert not any(can_authenticate(kind) for kind in ("locked", "!$6$", "!other", None))
