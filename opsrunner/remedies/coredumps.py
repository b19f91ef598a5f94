"""Core dumps: no limit above zero for logins, and nothing kept by systemd-coredump."""

from __future__ import annotations

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse.limits import hard_limits
from opsrunner.remedies.amounts import whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused

LIMITS = "/etc/security/limits.d/zz-opsrunner.conf"
STORAGE = "/etc/systemd/coredump.conf.d/zz-opsrunner.conf"
_HEADER = "# Written by opsrunner ({}); changes here are lost."
_KEEPS_NOTHING = ("none", "file", "discarded")  # the limit decides over a file
_SYSTEMD = ("external", "journal")


@remedy("core_limit", "int",
        Reads(files=("/etc/security/limits.conf", "/etc/security/limits.d/*.conf", LIMITS),
              facts=("coredumps.limits",)),
        "Hard limit in KiB on core dumps of everybody who logs in; 0 allows none.")
def core_limit(draft: Draft, wanted: int) -> None:
    """Set the limit for everybody; an exception for single users is a person's to take back."""
    whole("core_limit", wanted)
    lost = [name for name, limit in draft.fact("coredumps.limits").items()
            if name.startswith("pam ") and limit == "no pam_limits"]
    if lost:
        raise ByHand(f"登录栈未启用 pam_limits：{'、'.join(lost)}",
                     f"pam_limits is not in the login stacks: {', '.join(lost)}")
    limits = hard_limits(_texts(draft), "core")
    excepted = [f"{name} {limit}" for name, limit in limits.items()
                if name != "*" and not _within(limit, wanted)]
    if excepted:
        raise ByHand(f"个别账户的核心转储限制更宽，须人工确认后删除：{'、'.join(excepted)}",
                     f"single accounts have a wider limit, a person must decide: {excepted}")
    if not _within(limits.get("*", ""), wanted):
        draft.write(LIMITS, f"{_HEADER.format('harden_linux_core_limit')}\n* hard core {wanted}\n")


def _texts(draft: Draft) -> list[str]:
    """Return limits.conf and its drop-ins in the order pam_limits reads them."""
    dropped = [path for path in draft.paths("/etc/security/limits.d/") if path.endswith(".conf")]
    return [draft.text("/etc/security/limits.conf"), *(draft.text(path) for path in dropped)]


def _within(limit: str, wanted: int) -> bool:
    return limit.isdecimal() and int(limit) <= wanted


@remedy("coredump_storage", "str", Reads(files=(STORAGE,), facts=("coredumps.kept",)),
        "Storage= of systemd-coredump, where it takes the dumps: none keeps nothing.")
def coredump_storage(draft: Draft, wanted: str) -> None:
    """Have systemd-coredump keep nothing; another program that takes dumps is a person's."""
    if wanted != "none":
        raise refused("coredump_storage", [f"must be none, which keeps no dump, not {wanted!r}"])
    kept = {str(one) for one in draft.fact("coredumps.kept").values()}
    others = sorted(kept - {*_KEEPS_NOTHING, *_SYSTEMD})
    if others:
        raise ByHand(f"核心转储交给其他程序处理，须人工关闭：{'、'.join(others)}",
                     f"another program takes core dumps, turn it off by hand: {', '.join(others)}")
    if kept & {*_SYSTEMD}:
        header = _HEADER.format("harden_linux_coredump_storage")
        draft.write(STORAGE, f"{header}\n[Coredump]\nStorage=none\n")
