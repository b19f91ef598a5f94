"""Services: enabled at boot and running now are two facts; both are kept by name."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

# SysV service -> the program its init script starts, where the names differ.
_PROGRAMS = {
    "rsyslog": "rsyslogd", "network": "", "iptables": "", "ip6tables": "", "cups": "cupsd",
    "bluetooth": "bluetoothd", "postfix": "master", "smb": "smbd", "nmb": "nmbd", "nfs": "",
    "nfslock": "rpc.statd", "ssh": "sshd",
    "messagebus": "dbus-daemon", "haldaemon": "hald", "ldap": "slapd",
}
_NATIVE = frozenset(("enabled", "enabled-runtime", "disabled", "static", "masked", "indirect"))


@fact(
    probes=["services.systemd", "services.sysv", "services.offline"], facts=["system.processes"],
)
def units(host: Host) -> dict[str, dict[str, Any]]:
    """Return services and other units by name, with their suffix (``sshd.service``).

    Shape: ``{"enabled": "enabled" | "disabled" | "masked" | "static" | ..., "active":
    "active" | "inactive" | "failed" | ..., "sub": str}``. A unit that is not in the mapping
    is not installed. On SysV (EL 6) ``enabled`` is the state in the current runlevel and
    ``active`` comes from the process table (``unknown`` where a service leaves no process); so
    it does where systemd is installed without running, in a container.
    """
    if host.has_tool("services.systemd"):
        return _systemd(dict(host.sections("services.systemd")))
    try:
        return _sysv(host)
    except CannotTell as cannot:
        try:
            found = _systemd(dict(host.sections("services.offline")))
        except CannotTell:
            raise cannot from None
    running = {process["name"] for process in host.get("system.processes")}
    for name, unit in found.items():
        base = name.rpartition(".")[0]
        if name.endswith(".service") and _PROGRAMS.get(base, base)[:15] in running:
            unit.update(active="active", sub="running")
    return found


def _systemd(sections: dict[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in sections.get("files", "").splitlines():
        words = line.split()
        if len(words) > 1:
            found[words[0]] = {"enabled": words[1], "active": "inactive", "sub": "dead"}
    for line in sections.get("units", "").splitlines():
        words = line.lstrip("●*○× ").split(None, 4)
        if len(words) > 3 and words[1] != "not-found":  # noqa: PLR2004 - unit load active sub
            unit = found.setdefault(words[0], {"enabled": "transient"})
            unit.update(active=words[2], sub=words[3])
    if not found:
        raise CannotTell(Reason.UNPARSABLE, "systemctl listed no unit")
    for name in sections.get("sysv", "").split():  # start links of scripts without a unit
        unit = found.setdefault(f"{name}.service", {"active": "inactive", "sub": "dead"})
        if unit.get("enabled") not in _NATIVE:
            unit["enabled"] = "enabled"
    return found


def _sysv(host: Host) -> dict[str, dict[str, Any]]:
    sections = dict(host.sections("services.sysv"))
    level = sections.get("runlevel", "").split()[-1:]
    if not level or not level[0].isdigit():
        raise CannotTell(Reason.UNPARSABLE, "runlevel named none; no service can be told enabled")
    running = {process["name"] for process in host.get("system.processes")}
    found: dict[str, dict[str, Any]] = {}
    for line in sections.get("services", "").splitlines():
        name, *states = line.split()
        levels = dict(state.split(":", 1) for state in states if ":" in state)
        if level[0] not in levels:
            continue
        program = _PROGRAMS.get(name, name)[:15]
        active = "active" if program in running else "inactive"
        found[f"{name}.service"] = {
            "enabled": "enabled" if levels[level[0]] == "on" else "disabled",
            "active": active if program else "unknown",
            "sub": "",
        }
    if not found:
        raise CannotTell(Reason.UNPARSABLE, "chkconfig listed no service")
    return found
