"""Accounts: locks, shells and ageing, each account on its own and never the controller's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import AccountState
from opsrunner.parse.account import is_login_shell, is_stock_command
from opsrunner.remedies.amounts import whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import flag, refused, strings

_READS = Reads(accounts=True)
_NAME = re.compile(r"[a-z_][a-z0-9_.-]*\$?", re.IGNORECASE)
_FRESH = 30  # days: the controller's password must be younger, so that it is known to be in use
_USABLE = ("set", "empty")
_LOCKED = {"password": "locked"}  # a state of AccountState


@remedy("accounts_locked", "list", _READS,
        "Names of stock accounts nobody uses: those that exist get no password and no shell.")
def accounts_locked(draft: Draft, wanted: Iterable[str]) -> None:
    """Lock the password and take the login shell of the accounts that exist; remove none."""
    names = strings("accounts_locked", wanted)
    problems = [name for name in names if not _NAME.fullmatch(name) or name == "root"]
    if problems:
        raise refused("accounts_locked", [f"{name!r} cannot be locked" for name in problems])
    open_ = [account for account in draft.accounts().values()
             if account.name in names and (_has_password(account) or _opens(account))]
    _not_ours(draft, open_, "被锁定", "locked")
    no_login = "/usr/sbin/nologin" if draft.is_("debian") else "/sbin/nologin"
    for account in open_:
        shell: dict[str, Any] = {"shell": no_login} if _opens(account) else {}
        draft.set_account(account.name, **shell, **(_LOCKED if _has_password(account) else {}))


def _has_password(account: AccountState) -> bool:
    return account.password in _USABLE


def _opens(account: AccountState) -> bool:
    return is_login_shell(account.shell) and not is_stock_command(account.name, account.shell)


def _not_ours(draft: Draft, accounts: Iterable[AccountState], zh: str, en: str) -> None:
    if any(account.name == draft.state.login for account in accounts):
        name = draft.state.login
        raise Refused(f"{name} 是本次登录所用账户，不能{zh}",
                      f"{name} is the account of this login and must not be {en}")


@remedy("lock_empty_passwords", "bool", Reads(accounts=True, facts=("accounts.passwd",)),
        "True locks the password of every account that has an empty one; root's is set by hand.")
def lock_empty_passwords(draft: Draft, wanted: bool) -> None:  # noqa: FBT001 - the variable's value
    """Lock accounts whose password field is empty. Refuse root and the controller's account."""
    if not flag("lock_empty_passwords", wanted):
        return
    in_passwd = [row["name"] for row in draft.fact("accounts.passwd")
                 if row["password"] == "empty"]  # noqa: S105 - a state
    if in_passwd:
        raise ByHand(
            f"/etc/passwd 第 2 字段为空：{'、'.join(in_passwd)}；请执行 pwconv 后设置或锁定口令",
            f"field 2 of /etc/passwd is empty: {', '.join(in_passwd)}; run pwconv, then set or"
            " lock the password",
        )
    empty = [one for one in draft.accounts().values() if one.password == "empty"]  # noqa: S105 - a state
    _not_ours(draft, empty, "被锁定", "locked")
    if any(account.name == "root" for account in empty):
        raise ByHand("root 口令为空：须由人员设置口令，锁定后将无法进入救援模式",
                     "root's password is empty: a person must set one; locked, there is no rescue")
    for account in empty:
        draft.set_account(account.name, **_LOCKED)


@remedy("password_min_days", "int", _READS,
        "Days a password is kept at least, for every account that logs in with one.")
def password_min_days(draft: Draft, wanted: int) -> None:
    """Raise the minimum age of existing accounts; never above their maximum."""
    whole("password_min_days", wanted)
    short = [one for one in _judged(draft) if (one.min_days or 0) < wanted]
    stuck = [one.name for one in short if one.max_days is not None and 0 <= one.max_days < wanted]
    if stuck:
        raise Refused(f"最短间隔将超过有效期：{'、'.join(stuck)}",
                      f"the minimum would be above the maximum age of {', '.join(stuck)}")
    for account in short:
        draft.set_account(account.name, min_days=wanted)


@remedy("password_warn_days", "int", _READS,
        "Days of warning before a password expires, for every account that logs in with one.")
def password_warn_days(draft: Draft, wanted: int) -> None:
    """Raise the days of warning of existing accounts."""
    whole("password_warn_days", wanted)
    for account in _judged(draft):
        if (account.warn_days or 0) < wanted:
            draft.set_account(account.name, warn_days=wanted)


@remedy("account_max_days", "int", _READS,
        "Days after which passwords of existing accounts expire; a shorter age stays.")
def account_max_days(draft: Draft, wanted: int) -> None:
    """Lower the maximum age of existing accounts. Refuse when one of them would expire today."""
    whole("account_max_days", wanted, least=1)
    late = [one for one in _judged(draft)
            if one.max_days is None or not 1 <= one.max_days <= wanted]
    today = draft.state.today
    expired = [one.name for one in late
               if one.last_change is not None and one.last_change + wanted < today]
    if expired:
        raise Refused(
            f"设置后立即过期，须先改口令或办理豁免：{'、'.join(expired)}",
            f"would be expired today; change the password or waive it first: {', '.join(expired)}",
        )
    for account in late:
        if account.name == draft.state.login and not _fresh(account, today):
            raise Refused(
                f"{account.name} 是登录所用账户，口令超过 {_FRESH} 天未改，到期会切断管理通道",
                f"{account.name} is the account of this login and its password is older than"
                f" {_FRESH} days: an expiry would cut the controller off",
            )
        stuck = account.min_days is not None and account.min_days > wanted
        if stuck:
            raise Refused(f"{account.name} 的最短间隔大于有效期，口令将无法修改",
                          f"{account.name} could never change its password: the minimum is longer")
    for account in late:
        draft.set_account(account.name, max_days=wanted)


def _fresh(account: AccountState, today: int) -> bool:
    return account.last_change is not None and today - account.last_change <= _FRESH


def _judged(draft: Draft) -> list[AccountState]:
    """Return the accounts that can log in with a password, as the fact password.ageing does."""
    everybody: Mapping[str, AccountState] = draft.accounts()
    return [one for one in everybody.values()
            if _has_password(one) and is_login_shell(one.shell)]
