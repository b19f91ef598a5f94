"""Lines of PAM files: foreign bytes stay, jumps are counted again, and as libpam reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.parse.pam import PamFiles
from opsrunner.remedies.pamlines import (
    NotEditableError,
    entries,
    entry_at,
    inserted,
    line,
    of_kind,
    with_args,
)

NEW = line("auth", "required", "pam_new")


def put(text: str, index: int, *new: str) -> list[str]:
    return inserted(text, "auth", index, new or (NEW,)).split("\n")


@pytest.mark.parametrize(("jump", "index", "counted"), [
    (1, 1, 2),  # between the jump and what it skips
    (1, 2, 1),  # where it ends: it meets the new line
    (2, 2, 3), (1, 0, 1), (9, 3, 10),
])
def test_jumps_over_the_place_are_lengthened(jump: int, index: int, counted: int) -> None:
    text = f"auth [success={jump} default=ignore] pam_a.so\nauth x pam_b.so\nauth x pam_c.so\n"
    assert f"[success={counted} default=ignore]" in "\n".join(put(text, index))


def test_every_jump_of_a_control_is_counted_for_itself() -> None:
    text = "auth [success=1 new_authtok_reqd=2 default=ignore] pam_a.so\nauth x b.so\nauth x c.so\n"
    assert put(text, 2)[0] == "auth [success=1 new_authtok_reqd=3 default=ignore] pam_a.so"


def test_other_types_are_not_counted() -> None:
    text = "auth [success=1 default=die] pam_a.so\naccount x pam_b.so\nauth x pam_c.so\n"
    assert put(text, 2)[0].startswith("auth [success=1 ")


def test_a_comment_stays_with_what_follows_it() -> None:
    assert put("auth x pam_a.so\n# about b\nauth x pam_b.so\n", 1)[1:3] == [NEW, "# about b"]


@pytest.mark.parametrize(("text", "expected"), [
    ("auth x pam_a.so", f"auth x pam_a.so\n{NEW}\n"), ("", f"{NEW}\n"),
    ("account x pam_a.so\n", f"account x pam_a.so\n{NEW}\n"),
    ("auth x pam_a.so\r\n", f"auth x pam_a.so\r\n{NEW}\n"),  # libpam takes \\r for a letter
])
def test_line_endings(text: str, expected: str) -> None:
    assert inserted(text, "auth", len(of_kind(text, "auth")), [NEW]) == expected


def test_arguments_change_and_blanks_and_comments_stay() -> None:
    text = "auth\t[a=1  b=2]   pam_unix.so  nullok\ttry  # why\n"
    assert with_args(text, entry_at(text, 1), ["try"]) == (
        "auth\t[a=1  b=2]   pam_unix.so  try  # why\n")
    assert with_args(text, entry_at(text, 1), ["nullok", "try", "x"]) == (
        "auth\t[a=1  b=2]   pam_unix.so  nullok\ttry x  # why\n")
    assert with_args(text, entry_at(text, 1), []) == "auth\t[a=1  b=2]   pam_unix.so  # why\n"


def test_continued_lines_are_read_and_not_edited() -> None:
    text = "auth required \\\n pam_a.so x\nauth x pam_b.so\n"
    first, second = entries(text)
    assert (first.module, first.args, first.last) == ("pam_a", ("x",), 1)
    assert second.first == 2
    with pytest.raises(NotEditableError):
        with_args(text, first, [])
    with pytest.raises(NotEditableError):
        entry_at(text, 2)


@given(st.text(alphabet="auth acount-[]=1#\\\n\t \rpm_.soé", max_size=80))
def test_lines_are_told_apart_as_the_judge_does(text: str) -> None:
    files = PamFiles({"/etc/pam.d/x": text})
    stacks = [files.stack("x", kind) or () for kind in ("auth", "account", "password", "session")]
    judged = {int(h.where.rpartition(":")[2]) for stack in stacks for h in stack}
    assert judged <= {entry.first + 1 for entry in entries(text)}


@given(st.text(alphabet="auth [success=1]\n pam_x.so#\r", max_size=80), st.integers(0, 3))
def test_what_is_put_in_is_all_that_is_new(text: str, index: int) -> None:
    mine = of_kind(text, "auth")
    if index > len(mine) or any(entry.first != entry.last for entry in mine):
        return
    after = inserted(text, "auth", index, [NEW])
    assert len(after.split("\n")) - len(text.split("\n")) in (1, 2)
    assert of_kind(after, "auth")[index].module == "pam_new"
    plain = [raw for raw in text.split("\n") if "[" not in raw and raw]
    assert all(raw in after.split("\n") for raw in plain)
