"""Kylin V10: services of the desktop, protection against malware, audit rules."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_DESKTOP = re.compile(
    r"(ukui|lightdm|gdm|sddm|cups|bluetooth|avahi-daemon|ModemManager|kylin-).*\.(service|socket|timer)",
)
_ON = ("enabled", "enabled-runtime", "linked", "transient")
_ANTIVIRUS = {  # program as the kernel names it, at most 15 characters -> product
    "ksc-defender": "麒麟安全中心", "ksc-defender-da": "麒麟安全中心",
    "qaxsafed": "奇安信天擎", "qaxsafedmain": "奇安信天擎", "edr_agent": "深信服 EDR",
    "edr_monitor": "深信服 EDR", "ds_agent": "亚信安全 Deep Security", "rsavsrv": "瑞星",
    "kvrtserver": "江民", "hipsdaemon": "火绒", "clamd": "ClamAV", "clamonacc": "ClamAV",
}
# System calls that x86_64 has and aarch64 never had: auditctl refuses the rule that names one.
_NOT_ON_ARM = frozenset((
    "open", "creat", "link", "unlink", "mknod", "chmod", "chown", "lchown", "mkdir", "rmdir",
    "rename", "symlink", "readlink", "access", "stat", "lstat", "utime", "utimes", "futimesat",
    "pipe", "dup2", "fork", "vfork", "getdents", "time", "stime", "umount",
))


@fact(probes=["services.systemd"], facts=["services.units"])
def desktop(host: Host) -> list[str]:
    """Return units of the desktop and its devices that run or start at boot, sorted.

    ``default graphical.target`` is among them when the host boots into a desktop.
    """
    units: dict[str, dict[str, Any]] = host.get("services.units")
    found = [
        name for name, unit in units.items()
        if _DESKTOP.fullmatch(name) and (unit["enabled"] in _ON or unit["active"] == "active")
    ]
    target = dict(host.sections("services.systemd")).get("default", "").strip()
    if not target:
        raise CannotTell(Reason.UNPARSABLE, "systemctl get-default said nothing")
    return sorted(found) + (["default graphical.target"] if target == "graphical.target" else [])


@fact(facts=["system.processes"])
def antivirus(host: Host) -> list[str]:
    """Return the products against malware whose program runs as root, by known program names."""
    running = {row["name"] for row in host.get("system.processes") if row["uid"] == 0}
    return sorted({f"{_ANTIVIRUS[name]} ({name})" for name in running if name in _ANTIVIRUS})


@fact(probes=["audit.files", "audit.modes", "audit.live"], facts=["system.release"])
def audit_faults(host: Host) -> list[str]:
    """Return what keeps audit rules from being loaded on this machine's architecture.

    ``augenrules`` must be there and ``rules.d`` hold a rule; on aarch64 no rule may be for
    32-bit calls or name a call it never had, since loading stops at the first refused rule; and
    the kernel must hold rules at all. Source: augenrules(8), auditctl(8).
    """
    sections = dict(host.sections("audit.modes"))
    tools = sections.get("tools", "").splitlines()
    found = [] if any(line.endswith("/augenrules") for line in tools) else ["augenrules: missing"]
    texts = host.files("audit.files").under("/etc/audit/rules.d")
    rules = {path: _rules(text) for path, text in texts.items()}
    if not any(rules.values()):
        found.append("rules.d: no rule")
    if host.get("system.release")["machine"] == "aarch64":
        found += [
            f"{path}: {fault}" for path, lines in rules.items() for fault in _refused(lines)
        ]
    loaded = dict(host.sections("audit.live")).get("auditctl -l", "").strip()
    if not loaded:
        raise CannotTell(Reason.UNPARSABLE, "auditctl -l said nothing")
    return found + (["no rule is loaded"] if loaded.startswith("No rules") else [])


def _rules(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line.startswith(("-a", "-A", "-w"))]


def _refused(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        if re.search(r"-F\s*[\"']?arch=b32", line):
            found.append("arch=b32")
        calls = {name for names in re.findall(r"-S\s*([\w,]+)", line) for name in names.split(",")}
        found += [f"no {name} on aarch64" for name in sorted(calls & _NOT_ON_ARM)]
    return list(dict.fromkeys(found))
