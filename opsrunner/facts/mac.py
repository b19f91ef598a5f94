"""Mandatory access control: SELinux and AppArmor, now and at the next boot (KySec: kylin.py)."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_SETTING = re.compile(r"(?mi)^SELINUX=[ \t]*(enforcing|permissive|disabled)")
_LIVE = {
    "enforcing": "enforcing", "permissive": "permissive", "disabled": "disabled",
    "enforce 1": "enforcing", "enforce 0": "permissive", "none": "disabled",
}


@fact(probes=["mac.selinux"], facts=["boot.arguments"])
def selinux(host: Host) -> dict[str, str]:
    """Return SELinux's mode ``now`` and ``at boot``: enforcing, permissive, disabled.

    ``at boot`` is ``not set`` without a valid line; the first valid one counts, from the first
    column; an argument of any boot entry overrides it. Without getenforce and selinuxfs it is
    disabled now. Source: getenforce(8), libselinux ``selinux_config.c``, selinux(8).
    """
    live = dict(host.sections("mac.selinux")).get("live", "").strip().lower()
    if live not in _LIVE:
        raise CannotTell(Reason.UNPARSABLE, f"getenforce: {live[:80] or 'no output'}")
    text = host.files("mac.selinux").text("/etc/selinux/config") or ""
    match = _SETTING.search(text)
    configured = match.group(1).lower() if match else "not set"
    return {"now": _LIVE[live], "at boot": _with_arguments(configured, _of_entries(host))}


def _of_entries(host: Host) -> list[str]:
    arguments: dict[str, list[str]] = host.get("boot.arguments")
    return [word for name, words in arguments.items() if name != "now" for word in words]


def _with_arguments(configured: str, words: list[str]) -> str:
    if "selinux=0" in words:
        return "disabled"
    if "enforcing=0" in words and configured == "enforcing":
        return "permissive"
    return configured


@fact(probes=["mac.apparmor"], facts=["boot.arguments"])
def apparmor(host: Host) -> dict[str, Any]:
    """Return whether AppArmor confines programs: ``now`` and ``at boot`` enforcing or disabled.

    ``now``: the kernel has it on and at least one profile enforces; ``at boot``: the service
    that loads the profiles is wanted, and no boot entry turns it off. Source: apparmor(7).
    """
    sections = {name: body.strip() for name, body in host.sections("mac.apparmor")}
    live, profiles = sections.get("live", ""), sections.get("profiles", "")
    if live not in ("Y", "N", "none"):
        raise CannotTell(Reason.UNPARSABLE, f"apparmor/parameters/enabled: {live[:80]}")
    confined = live == "Y" and profiles.isdigit() and int(profiles) > 0
    boot = sections.get("boot", "").split()
    loads = "wanted" in boot and "unit" in boot and "apparmor=0" not in _of_entries(host)
    words = {True: "enforcing", False: "disabled"}
    return {"now": words[confined], "at boot": words[loads]}
