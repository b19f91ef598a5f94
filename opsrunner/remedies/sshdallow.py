"""Who may log in over SSH: AllowGroups and AllowUsers, never without the automation account."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.remedies import sshdfile
from opsrunner.remedies.sshdvalues import SPELLING, WHO

GROUPS = "/etc/group"


def allowed(draft: Draft, wanted: Mapping[str, str]) -> dict[str, str]:
    """Given options, return them with the lists as they are to be written.

    A list that sshd has stays: it is left out. Raise Refused for one that locks the controller
    out, ByHand for an empty one: only the site knows who may log in.
    """
    found = dict(wanted)
    for name in WHO:
        if name not in found:
            continue
        if draft.fact("ssh.daemons")[0]["any"].get(name) and name not in sshdfile.ours(draft):
            del found[name]
            continue
        found[name] = " ".join(found[name].split())
        if not found[name]:
            wanted_ = f"harden_linux_sshd_options: {{{SPELLING[name]}: ...}}"
            raise ByHand(f"须由运维方在清单中用 {wanted_} 给出允许登录的名单",
                         f"the inventory must say who may log in: {wanted_}")
        _check(draft, name, found[name].split())
    return found


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
