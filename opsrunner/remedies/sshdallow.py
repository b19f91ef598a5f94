"""Who may log in over SSH: AllowGroups and AllowUsers, never without the automation account."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.remedies import sshdfile
from opsrunner.remedies.sshdvalues import SPELLING, WHO, is_value

GROUPS = "/etc/group"
_DECLARED = {"allowgroups": "ops_ssh_allow_groups", "allowusers": "ops_ssh_allow_users"}


def allowed(draft: Draft, wanted: Mapping[str, str]) -> dict[str, str]:
    """Given options, return them with the lists as they are to be written.

    An empty list is taken from the inventory (``ops_ssh_allow_groups``, ``ops_ssh_allow_users``).
    A list that sshd has stays: it is left out. Raise Refused for one that locks the controller
    out, ByHand when nobody declared one.
    """
    found = dict(wanted)
    for name in WHO:
        if name not in found:
            continue
        if draft.fact("ssh.daemons")[0]["any"].get(name) and name not in sshdfile.ours(draft):
            del found[name]
            continue
        found[name] = " ".join((found[name] or _declared(draft, name)).split())
        _check(draft, name, found[name].split())
    return found


def _declared(draft: Draft, name: str) -> str:
    given = draft.state.attributes.get(_DECLARED[name], "")
    text = " ".join(map(str, given)) if isinstance(given, list) else str(given)
    if not text.strip() or not is_value(name, text):
        raise ByHand(f"须由运维方在清单中用 {_DECLARED[name]} 给出允许登录的名单",
                     f"the inventory must say who may log in: {_DECLARED[name]}")
    return text


def _check(draft: Draft, name: str, words: list[str]) -> None:
    """Raise Refused for a list without the controller's account, or the second one declared."""
    second = str(draft.state.attributes.get("ops_second_login", ""))
    patterns = [word for word in words if "@" not in word]  # one with a host may not hold here
    for login in filter(None, (draft.state.login, second)):
        names = _groups(draft, login) if name == "allowgroups" else {login}
        if not any(fnmatchcase(own, pattern) for own in names for pattern in patterns):
            raise Refused(f"{SPELLING[name]} 不含控制端的登录账户 {login}, 会切断连接",
                          f"{SPELLING[name]} leaves out {login}, whom the controller logs in as")


def _groups(draft: Draft, login: str) -> set[str]:
    account = draft.accounts().get(login)
    rows = [row.split(":") for row in draft.text(GROUPS).split("\n") if row.count(":") == 3]  # noqa: PLR2004 - fields of group(5)
    return {name for name, _, gid, members in rows
            if login in members.split(",") or (account and str(account.gid) == gid)}
