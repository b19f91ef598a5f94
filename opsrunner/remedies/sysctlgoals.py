"""What a kernel parameter shall be, and when a value is as strict as that."""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsrunner.changes.draft import Draft
from opsrunner.parse.sysctlconf import as_number, path_of

WHOLE = re.compile(r"net/(ipv[46])/conf/all/(\w+)")
# Of these the interface's own value counts beside that of "all".
OWN = ("accept_redirects", "send_redirects", "rp_filter", "forwarding")
_LARGER_IS_STRICTER = frozenset((
    "net/ipv4/tcp_syncookies", "kernel/dmesg_restrict", "kernel/kptr_restrict",
    "kernel/yama/ptrace_scope",
))


def good(path: str, value: str | None, wanted: str) -> bool:
    """Return whether a written or live value is as strict as the wanted one."""
    held, goal = as_number(value or ""), as_number(wanted)
    if held is None or goal is None:
        return value is not None and value.split() == wanted.split()
    if path in _LARGER_IS_STRICTER:
        return held >= goal
    if path.endswith("/accept_source_route") and goal == 0:
        return held <= 0
    if path.endswith("/rp_filter"):
        # 1 is stricter than 2; below "all" an interface filters with the larger of both.
        whole = path.split("/")[3] in ("all", "default")
        return held in (1, goal) if whole else held <= goal
    return held == goal


def of_interfaces(draft: Draft, goals: Mapping[str, str]) -> dict[str, str]:
    """Return the goals of each interface there is, where its own value counts."""
    wanted: dict[tuple[str, str], str] = {}
    if "net/ipv4/ip_forward" in goals:
        wanted["ipv4", "forwarding"] = goals["net/ipv4/ip_forward"]
    for path, value in goals.items():
        match = WHOLE.fullmatch(path)
        if match and match[2] in OWN:
            wanted[match[1], match[2]] = value
    found: dict[str, str] = {}
    for key in draft.fact("sysctl.live") if wanted else ():
        words = path_of(key).split("/")
        if words[2:3] == ["conf"] and words[3] not in ("all", "default", "lo"):
            goal = wanted.get((words[1], words[4]))
            found |= {} if goal is None else {"/".join(words): goal}
    return found
