"""Defaults of new accounts: before and after, what stays, and foreign lines byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import InputError
from opsrunner.facts.base import Host
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION
from tests.unit.remedies.states import again, carried, host

DEFS, USERADD = "/etc/login.defs", "/etc/default/useradd"
STOCK = (
    "# Password aging controls:\n#\tPASS_MAX_DAYS\tMaximum\nPASS_MAX_DAYS\t99999\n"
    "PASS_MIN_DAYS\t0\nPASS_WARN_AGE\t7\n\nUMASK           077\nENCRYPT_METHOD SHA512\n"
)
WANTED = {"PASS_MAX_DAYS": 90, "PASS_MIN_DAYS": 1, "PASS_WARN_AGE": 7, "ENCRYPT_METHOD": "SHA512"}


def defs(text: str, wanted: dict[str, Any]) -> str:
    """Return login.defs after the remedy, and have it carried out again for nothing."""
    variables = {"harden_linux_login_defs": wanted}
    draft = carried(host(variables, files={DEFS: text}), variables)
    assert not again(draft, variables)
    return draft.text(DEFS)


def ageing(text: str) -> dict[str, int]:
    """Return what the rules' own fact says of a text."""
    body = f"{SECTION}file {DEFS}\n{text}".encode("utf-8", "surrogateescape")
    found: dict[str, int] = Host("centos-7", {"login.defs": Frame("login.defs", 0, body)}).get(
        "login.ageing")
    return found


def test_stock_login_defs_gets_the_ageing_and_nothing_else() -> None:
    changed = STOCK.replace("99999", "90").replace("MIN_DAYS\t0", "MIN_DAYS\t1")
    assert defs(STOCK, WANTED) == changed
    assert ageing(changed) == {"PASS_MAX_DAYS": 90, "PASS_MIN_DAYS": 1, "PASS_WARN_AGE": 7}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("PASS_MAX_DAYS 60", "PASS_MAX_DAYS 60"),  # stricter
        ("PASS_MAX_DAYS 0", "PASS_MAX_DAYS 90"),  # expires everything at once: nonsense
        ("PASS_MAX_DAYS 90 # days", "PASS_MAX_DAYS 90"),  # shadow-utils cannot read it
        ("PASS_MAX_DAYS -1", "PASS_MAX_DAYS 90"),
        ("PASS_MIN_DAYS 7", "PASS_MIN_DAYS 7"),
        ("PASS_WARN_AGE 14", "PASS_WARN_AGE 14"),
        ("ENCRYPT_METHOD YESCRYPT", "ENCRYPT_METHOD SHA512"),  # EL 7 takes it for DES
        ("ENCRYPT_METHOD sha512", "ENCRYPT_METHOD SHA512"),
        ("\tENCRYPT_METHOD\t\tMD5  ", "\tENCRYPT_METHOD\t\tSHA512"),
    ],
)
def test_what_is_stricter_stays_and_the_rest_is_set_in_its_place(line: str, left: str) -> None:
    name = line.split(None, 1)[0]
    assert defs(f"# a\n{line}\n# b\n", {name: WANTED[name]}) == f"# a\n{left}\n# b\n"


def test_a_stronger_method_stays_where_the_release_knows_it() -> None:
    variables = {"harden_linux_login_defs": {"ENCRYPT_METHOD": "SHA512"}}
    files = {DEFS: "ENCRYPT_METHOD YESCRYPT\n"}
    assert not carried(host(variables, "debian-12", files=files), variables).changes()
    assert carried(host(variables, "rhel-8", files=files), variables).changes()


def test_of_two_lines_the_one_that_counts_is_changed() -> None:
    assert defs("PASS_MAX_DAYS 1\nPASS_MAX_DAYS 400\n", {"PASS_MAX_DAYS": 90}) == (
        "PASS_MAX_DAYS 1\nPASS_MAX_DAYS 90\n")
    # pam_unix reads the first of these, in any case, shadow-utils the last
    assert defs("encrypt_method des\nENCRYPT_METHOD MD5\n", {"ENCRYPT_METHOD": "SHA512"}) == (
        "ENCRYPT_METHOD SHA512\nENCRYPT_METHOD SHA512\n")


def test_a_missing_key_follows_a_last_line_without_an_ending() -> None:
    assert defs("CREATE_HOME yes", {"PASS_MIN_DAYS": 1}) == (
        "CREATE_HOME yes\n# BEGIN opsrunner\nPASS_MIN_DAYS\t1\n# END opsrunner\n")
    assert defs("A 1\r\nPASS_MIN_DAYS 0\r\n", {"PASS_MIN_DAYS": 1}) == "A 1\r\nPASS_MIN_DAYS 1\r\n"


def test_a_mask_only_loses_rights() -> None:
    assert defs("UMASK 022\n", {"UMASK": "027"}) == "UMASK 027\n"
    assert defs("UMASK 077\n", {"UMASK": "027"}) == "UMASK 077\n"
    assert defs("UMASK 070\n", {"UMASK": "027"}) == "UMASK 077\n"


def test_all_nonsense_is_named_at_once() -> None:
    wrong = {"PASS_MAX_DAYS": "ninety", "UMASK": 27, "no name": 1, "ENCRYPT_METHOD": "A B"}
    with pytest.raises(InputError) as caught:
        defs(STOCK, wrong)
    said = str(caught.value)
    assert all(name in said for name in wrong)
    assert said.count("\n") == 3


def foreign(text: str) -> list[str]:
    """Return the lines that are neither about the wanted keys nor ours."""
    ours = (*WANTED, "# BEGIN opsrunner", "# END opsrunner")
    return [line for line in text.split("\n") if line and not line.strip().upper().startswith(
        tuple(word.upper() for word in ours))]


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\x1e"), max_size=300),
    st.permutations(sorted(WANTED)),
)
@settings(max_examples=150, deadline=None)
def test_any_file_ends_with_the_ageing_and_keeps_the_other_lines(
    text: str, order: list[str],
) -> None:
    whole = defs(text, WANTED)
    one_by_one = text
    for name in order:
        one_by_one = defs(one_by_one, {name: WANTED[name]})
    said = ageing(whole)
    assert 1 <= said["PASS_MAX_DAYS"] <= 90
    assert said["PASS_MIN_DAYS"] >= 1
    assert said["PASS_WARN_AGE"] >= 7
    assert foreign(whole) == foreign(text)
    assert one_by_one == whole


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("GROUP=100\nINACTIVE=-1\nEXPIRE=\n", "GROUP=100\nINACTIVE=30\nEXPIRE=\n"),
        ("INACTIVE=7\n", "INACTIVE=7\n"),
        ("INACTIVE=0\n", "INACTIVE=0\n"),
        ("INACTIVE=60\n", "INACTIVE=30\n"),
        ("# INACTIVE=-1\nSHELL=/bin/sh\n", "# INACTIVE=-1\nSHELL=/bin/sh\nINACTIVE=30\n"),
    ],
)
def test_useradd_gets_its_days(before: str, left: str) -> None:
    wanted = {"harden_linux_useradd": {"INACTIVE": 30}}
    draft = carried(host(wanted, files={USERADD: before}), wanted)
    assert draft.text(USERADD) == left
    assert not again(draft, wanted)


def test_useradd_without_its_file_gets_one_for_root() -> None:
    wanted = {"harden_linux_useradd": {"INACTIVE": 30}}
    draft = carried(host(wanted), wanted)
    assert (draft.file(USERADD).mode, draft.text(USERADD)) == (0o600, "INACTIVE=30\n")
    with pytest.raises(InputError):
        carried(host({"harden_linux_useradd": {"SHELL": "x"}}), {"harden_linux_useradd": {}})
