"""su for the members of one group: pam_wheel behind pam_rootok in the stacks of su."""

from __future__ import annotations

import re

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import AccountState
from opsrunner.parse.pamanswers import Situation
from opsrunner.parse.pamrun import TooManyWaysError, ways
from opsrunner.remedies.pamlines import line, of_kind
from opsrunner.remedies.pamstacks import Stacks

GROUPS = "/etc/group"
_SERVICES = ("su", "su-l")
_COMMENTED = re.compile(r"(?m)^#[ \t]*(auth[ \t]+required[ \t]+pam_wheel\.so[ \t]+use_uid)[ \t]*$")
_NO_SHELLS = ("nologin", "false", "sync", "shutdown", "halt")


def restrict(stacks: Stacks, group: str) -> None:
    """Given stacks and a group, let nobody else become root by su. Raise Refused, ByHand.

    ``root_only``: accounts of applications go on changing into each other by su.
    """
    if not any(_open(stacks, service) for service in _SERVICES):
        return
    _check_members(stacks.draft, group)
    for service in _SERVICES:
        if _open(stacks, service):
            _put_in(stacks, service, group)
    if any(_open(stacks, service) for service in _SERVICES):
        raise ByHand("su 的 PAM 栈写法不常见, 须人工加入 pam_wheel",
                     "an unusual stack of su: put pam_wheel in by hand")


def _open(stacks: Stacks, service: str) -> bool:
    """Return whether a caller in no group may become root with root's password."""
    if not stacks.present(service):
        return False
    for kind in ("auth", "account"):
        asked = Situation(service, kind, uid=0, caller=1000, modules=stacks.modules)
        try:
            found = ways(stacks.files().stack(service, kind), asked.answers)
        except TooManyWaysError as error:
            raise ByHand(f"{service} 的 PAM 栈分支过多", f"{service}: {error}") from None
        if not any(way.granted for way in found):
            return False
    return True


def _put_in(stacks: Stacks, service: str, group: str) -> None:
    rootok = next((h for h in stacks.stack(service, "auth") if h.module == "pam_rootok"), None)
    if rootok is None or "pam_wheel" not in stacks.modules:
        raise ByHand(f"{service} 中没有 pam_rootok 或未安装 pam_wheel, 限制会把 root 也挡住",
                     f"{service} has no pam_rootok, or there is no pam_wheel: root would be "
                     "refused, too")
    path, entry = stacks.entry(rootok)
    args = (*(() if group == "wheel" else (f"group={group}",)), "use_uid", "root_only")
    shown = _COMMENTED.search(stacks.text(path)) if group == "wheel" else None
    if shown:
        text = stacks.text(path)
        new = f"{text[: shown.start()]}{shown.group(1)} root_only{text[shown.end() :]}"
        stacks.edit(path, new)
        return
    index = of_kind(stacks.text(path), "auth").index(entry) + 1
    stacks.insert(path, "auth", index, [line("auth", "required", "pam_wheel", *args)])


# -- who is in the group -------------------------------------------------------------------


def _check_members(draft: Draft, group: str) -> None:
    members = members_of(draft, group)
    able = [a.name for a in members if a.uid and a.shell.rpartition("/")[2] not in _NO_SHELLS]
    if not able:
        raise Refused(f"组 {group} 不存在或没有可登录的成员, 限制后无人能 su",
                      f"the group {group} does not exist or has no member who can log in: nobody "
                      "could su any more")
    login = draft.state.login
    method = str(draft.state.attributes.get("ansible_become_method", ""))
    uses_su = method.rpartition(".")[2] == "su"  # su, or ansible.builtin.su
    if uses_su and login != "root" and login not in able:
        raise Refused(f"自动化账户 {login} 通过 su 提权但不在组 {group} 中",
                      f"the automation account {login} becomes root by su and is not in {group}")


def members_of(draft: Draft, group: str) -> list[AccountState]:
    """Given a local group, return its accounts, those whose first group it is too."""
    lines = [row.split(":") for row in draft.text(GROUPS).split("\n") if row.count(":") >= 3]  # noqa: PLR2004 - fields of group(5)
    found = [fields for fields in lines if fields[0] == group]
    if not found:
        return []
    names = {name.strip() for fields in found for name in fields[3].split(",")}
    gids = {fields[2] for fields in found}
    return [account for account in draft.accounts().values()
            if account.name in names or str(account.gid) in gids]
