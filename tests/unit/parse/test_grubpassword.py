"""What guards GRUB's menu."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse import grubpassword

USER_CFG = ["if [ -f ${prefix}/user.cfg ]", "then", "source ${prefix}/user.cfg",
            'if [ -n "${GRUB2_PASSWORD}" ]', "then", 'set superusers="root"',
            "password_pbkdf2 root variable", "fi", "fi"]


@pytest.mark.parametrize(("kind", "said"), [("pbkdf2", "hashed"), ("plain", "plain"), ("", "none")])
def test_user_cfg_counts_by_its_hash(kind: str, said: str) -> None:
    assert grubpassword.grub2(USER_CFG, kind) == said


def test_a_readable_password_beside_a_hashed_one_is_readable() -> None:
    lines = ["set superusers=root", "password_pbkdf2 root pbkdf2", "password plain set"]
    assert grubpassword.grub2(lines, "") == "plain"
    assert grubpassword.grub2(lines[:2], "") == "hashed"


def test_the_other_branch_of_a_condition_counts_for_nothing() -> None:
    lines = ["if [ -f ${prefix}/user.cfg ]", "else", "set superusers=root",
             "password_pbkdf2 root pbkdf2", "fi"]
    assert grubpassword.grub2(lines, "pbkdf2") == "none"


def test_only_a_file_that_hands_over_is_a_stub() -> None:
    assert grubpassword.is_stub(["configfile $prefix/grub.cfg"])
    assert not grubpassword.is_stub(["configfile $prefix/custom.cfg", "menuentry 'a' {", "}"])
    assert not grubpassword.is_stub([])


@settings(max_examples=100)
@given(st.lists(st.text(max_size=60), max_size=12), st.sampled_from(["", "pbkdf2", "plain"]))
def test_any_lines_get_one_of_the_words(lines: list[str], kind: str) -> None:
    assert grubpassword.grub2(lines, kind) in ("hashed", "plain", "no superuser", "none")
    assert grubpassword.legacy(lines) in ("hashed", "plain", "none")
