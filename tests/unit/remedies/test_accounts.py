"""Accounts: what is locked, what ages, and whom no remedy may touch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import AccountState
from opsrunner.errors import InputError
from tests.unit.remedies.states import account, again, carried, host


def _state(field: str, value: str) -> dict[str, Any]:
    return {field: value}


TODAY = 20000
LOCK = True
EMPTY, LOCKED, NONE = (_state("password", word) for word in ("empty", "locked", "none"))
NOLOGIN = _state("shell", "/sbin/nologin")
STOCK = ["adm", "lp", "games", "operator"]


def on(variable: str, value: object, *accounts: AccountState, **rest: Any) -> Draft:  # noqa: ANN401 - fields of HostState
    """Carry a variable out on a host with these accounts, twice."""
    wanted = {f"harden_linux_{variable}": value}
    rest.setdefault("facts", {"accounts.passwd": [{"name": a.name, "password": "x"} for a in
                                                  accounts]})
    platform = rest.pop("platform", "centos-7")
    state = host(wanted, platform, accounts={a.name: a for a in accounts}, today=TODAY, **rest)
    draft = carried(state, wanted)
    assert not again(draft, wanted)
    return draft


@pytest.mark.parametrize(
    ("platform", "shell"), [("centos-6", "/sbin/nologin"), ("debian-12", "/usr/sbin/nologin")],
)
def test_stock_accounts_lose_password_and_shell(platform: str, shell: str) -> None:
    draft = on("accounts_locked", STOCK, account("lp", 4),
               account("games", 12, **NONE),
               account("adm", 3, **LOCKED, **NOLOGIN), account("ann"),
               platform=platform)
    after = draft.accounts()
    assert (after["lp"].password, after["lp"].shell) == ("locked", shell)
    assert (after["games"].password, after["games"].shell) == ("none", shell)
    assert after["adm"] == account("adm", 3, **LOCKED, **NOLOGIN)
    assert after["ann"] == account("ann")


def test_the_account_of_this_login_is_never_locked() -> None:
    operator = account("operator", 11)
    with pytest.raises(Refused, match="operator"):
        on("accounts_locked", STOCK, operator, account("lp", 4), login="operator")
    other_login = on("accounts_locked", STOCK, operator).accounts()["operator"]
    assert other_login.password == LOCKED["password"]
    with pytest.raises(Refused):
        on("lock_empty_passwords", LOCK, account("opsadm", **EMPTY))
    for wrong in (["root"], ["a b"], "lp", [3]):
        with pytest.raises(InputError):
            on("accounts_locked", wrong, account("lp"))


def test_empty_passwords_are_locked_but_not_roots() -> None:
    draft = on("lock_empty_passwords", LOCK, account("ann", **EMPTY), account("bob"))
    assert {a.name: a.password for a in draft.accounts().values()} == {
        "ann": "locked", "bob": "set"}
    with pytest.raises(ByHand, match="root"):
        on("lock_empty_passwords", LOCK, account("root", 0, **EMPTY))
    facts = {"accounts.passwd": [{"name": "ann", "password": "empty"}]}
    with pytest.raises(ByHand, match="pwconv"):
        on("lock_empty_passwords", LOCK, account("ann"), facts=facts)
    assert not on("lock_empty_passwords", not LOCK, account("ann", **EMPTY)).changes()


def test_ageing_is_raised_for_those_who_log_in_with_a_password() -> None:
    people = (account("ann"), account("bob", min_days=3, warn_days=14), account("c", min_days=None),
              account("key", **LOCKED), account("svc", **NOLOGIN))
    after = on("password_min_days", 1, *people).accounts()
    assert {name: one.min_days for name, one in after.items()} == {
        "ann": 1, "bob": 3, "c": 1, "key": 0, "svc": 0}
    warned = on("password_warn_days", 10, *people).accounts()
    assert {name: one.warn_days for name, one in warned.items()} == {
        "ann": 10, "bob": 14, "c": 10, "key": 7, "svc": 7}


def test_a_minimum_above_the_maximum_is_refused() -> None:
    with pytest.raises(Refused, match="ann"):
        on("password_min_days", 10, account("ann", max_days=5))
    assert on("password_min_days", 5, account("ann", max_days=5)).changes()


def test_a_maximum_expires_nobody_today() -> None:
    young, old = account("young", last_change=TODAY - 90), account("old", last_change=TODAY - 91)
    draft = on("account_max_days", 90, young, account("strict", max_days=30),
               account("never", last_change=None))
    assert {n: a.max_days for n, a in draft.accounts().items()} == {
        "young": 90, "strict": 30, "never": 90}
    with pytest.raises(Refused, match=r": old$"):
        on("account_max_days", 90, young, old)
    locked = account("gone", last_change=1, **LOCKED)
    assert on("account_max_days", 90, young, locked).accounts()["gone"] == locked


def test_the_account_of_this_login_ages_only_with_a_fresh_password() -> None:
    stale = account("opsadm", last_change=TODAY - 31)
    with pytest.raises(Refused, match="opsadm"):
        on("account_max_days", 90, stale)
    assert on("account_max_days", 90, stale, login="root").changes()
    assert on("account_max_days", 90, account("opsadm", last_change=TODAY - 30)).changes()
    with pytest.raises(Refused, match="opsadm"):  # an unset date is no fresh password
        on("account_max_days", 90, account("opsadm", last_change=None))
    with pytest.raises(Refused, match="minimum"):
        on("account_max_days", 90, account("ann", min_days=100))


_DAYS = st.one_of(st.none(), st.integers(-1, 200))


@given(st.builds(
    lambda **fields: account("ann", **fields),
    last_change=st.one_of(st.none(), st.integers(0, TODAY + 5)), min_days=_DAYS, max_days=_DAYS,
    warn_days=_DAYS, password=st.sampled_from(("set", "empty", "locked", "none")),
    shell=st.sampled_from(("/bin/bash", "/sbin/nologin", "")),
))
@settings(max_examples=150, deadline=None)
def test_no_ageing_expires_an_account_that_was_good_today(ann: AccountState) -> None:
    for variable, value in (("account_max_days", 90), ("password_min_days", 1)):
        try:
            after = on(variable, value, ann).accounts()["ann"]
        except Refused:
            continue
        was, is_ = _expired(ann), _expired(after)
        assert was or not is_


def _expired(one: AccountState) -> bool:
    if one.last_change is None or one.max_days is None or one.max_days < 0:
        return False
    return one.last_change + one.max_days < TODAY
