"""The audit daemon: does it run and start, how does it store, who may touch its files."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from opsrunner.facts.audited import live, saved
from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.sudo import as_root, doubts, is_blanket, standing
from opsrunner.models import Reason

_KERNEL_BACKLOG = 64  # kernel/audit.c: audit_backlog_limit without -b and without a boot parameter
_FILE_MODE, _FOLDER_MODE = 0o640, 0o750
_ENRICHED_SINCE = (2, 6)  # audit-userspace ChangeLog: log_format ENRICHED
_ON_SINCE = (4, 18)  # kernel/audit.c: before it only a number was understood


@fact(probes=["audit.modes", "audit.files"])
def installed(host: Host) -> bool:
    """Return whether the audit tools or their configuration are on the host at all."""
    if dict(host.sections("audit.modes")).get("tools", "").strip():
        return True
    return host.files("audit.files").text("/etc/audit/auditd.conf") is not None


@fact(facts=["services.units"])
def service(host: Host) -> dict[str, str]:
    """Return ``{"enabled", "active"}`` of the audit daemon; ``not installed`` without a unit."""
    unit = host.get("services.units").get("auditd.service", {})
    return {key: unit.get(key, "not installed") for key in ("enabled", "active")}


@fact(probes=["audit.live"])
def status(host: Host) -> dict[str, Any]:
    """Return what the kernel says: ``{"enabled": int, "daemon": bool, "backlog_limit": int}``.

    ``daemon``: an audit daemon is registered with the kernel. Zeros and ``why`` where there is
    certainly no auditing. Source: auditctl(8), ``-s``; one line of ``key=value`` on old EL 6.
    """
    text, rules = live(host)
    if rules is None:
        return {"enabled": 0, "daemon": False, "backlog_limit": 0, "why": text}
    values = dict(re.findall(r"\b(enabled|pid|backlog_limit)[ =](\w+)", text))
    if not {"enabled", "pid", "backlog_limit"} <= values.keys():
        raise CannotTell(Reason.UNPARSABLE, "auditctl -s gave no status")
    return {
        "enabled": int(values["enabled"]),
        "daemon": values["pid"] != "0",
        "backlog_limit": int(values["backlog_limit"]),
    }


@fact(probes=["audit.boot"], facts=["system.release"])
def boot(host: Host) -> dict[str, Any]:
    """Return the kernel parameter ``audit`` of this boot and of the boots to come.

    Shape: ``{"running": "1" | ..., "without": [entry, ...]}``; of a parameter given twice the
    last one counts; entries for rescue and recovery do not count. Where no boot entry can be
    read, ``GRUB_CMDLINE_LINUX`` of ``/etc/default/grub`` stands for them.
    """
    sections = dict(host.sections("audit.boot"))
    kernel = host.get("system.release")["kernel"]
    entries = _entries(sections)
    if not entries:
        raise CannotTell(Reason.MISSING_TOOL, "no boot loader entry was found")
    return {
        "running": _parameter(sections.get("cmdline", ""), kernel),
        "without": [line for line in entries if _parameter(line, kernel) != "1"],
    }


def _entries(sections: dict[str, str]) -> list[str]:
    options = " ".join(re.findall(r"audit\S*", sections.get("kernelopts", "")))
    loader = [line for line in sections.get("entries", "").splitlines() if line.strip()]
    if loader:
        lines = [line.replace("$kernelopts", options) for line in loader]
    else:
        lines = [line for line in sections.get("grub", "").splitlines()
                 if line.strip() and "blscfg" not in line]
    kept = [line for line in lines if not re.search(r"rescue|\bsingle\b|recovery", line)]
    return kept or [line for line in sections.get("default", "").splitlines() if line.strip()]


def _parameter(line: str, kernel: str) -> str:
    values = re.findall(r"(?:^|[\s=])audit=(\S+)", line)
    value = values[-1] if values else "unset"
    version = tuple(int(part) for part in re.findall(r"\d+", kernel)[:2])
    return "1" if value == "on" and version >= _ON_SINCE else value


@fact(probes=["audit.files", "audit.unit", "audit.boot"])
def saved_backlog(host: Host) -> int:
    """Return the backlog limit of the next start: ``-b`` of the rules, or the boot parameter."""
    loaded = saved(host)
    if loaded is not None and loaded.backlog is not None:
        return loaded.backlog
    line = dict(host.sections("audit.boot")).get("cmdline", "")
    values = re.findall(r"\baudit_backlog_limit=(\d+)", line)
    return int(values[-1]) if values else _KERNEL_BACKLOG


@fact(probes=["audit.files"])
def settings(host: Host) -> dict[str, str]:
    """Return ``auditd.conf``: keys and values in lower case, of a key set twice the last one.

    Empty without the file. Raise CannotTell for a line at which auditd would refuse to start.
    Source: auditd.conf(5), audit-userspace ``src/auditd-config.c``.
    """
    values: dict[str, str] = {}
    text = host.files("audit.files").text("/etc/audit/auditd.conf") or ""
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in line.split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        action = words[0].lower().endswith("_action")
        if len(words) not in ((3, 4) if action else (3,)) or words[1] != "=":
            raise CannotTell(Reason.UNPARSABLE, f"auditd.conf line {number}: auditd would refuse")
        if not re.fullmatch(r"[!-~]+", words[2]):
            raise CannotTell(Reason.UNPARSABLE, f"auditd.conf line {number}: stray characters")
        values[words[0].lower()] = words[2].lower()
        if [word.lower() for word in words] == ["log_format", "=", "nolog"]:
            values["write_logs"] = "no"  # as auditd does; a later log_format leaves it so
    return values


@fact(facts=["audit.settings"])
def rotation(host: Host) -> int:
    """Return how many megabytes rotation keeps: ``num_logs`` x ``max_log_file``.

    Fewer than two logs are not rotated at all and count as 0.
    """
    values = host.get("audit.settings")
    numbers = [values.get(key, "0") for key in ("num_logs", "max_log_file")]
    if not all(number.isdigit() for number in numbers):
        raise CannotTell(Reason.UNPARSABLE, f"auditd.conf: no number: {numbers}")
    logs, size = map(int, numbers)
    return logs * size if logs > 1 else 0


@fact(probes=["audit.files", "audit.records"], facts=["audit.settings", "software.packages"])
def incomplete_records(host: Host) -> list[str]:
    """Return what the records lack: settings that drop fields, and fields missing in the log.

    Wanted of each record: time, login user, user, result; names resolved (ENRICHED, where this
    audit has it) and the node's name. Source: auditd.conf(5).
    """
    values = host.get("audit.settings")
    found = []
    if not values:
        return ["auditd.conf is missing"]
    if values.get("write_logs") == "no" or values.get("log_format") == "nolog":
        found.append("records are not written (write_logs, log_format)")
    elif values.get("log_format", "raw") != "enriched" and _enriches(host):
        found.append(f"log_format = {values.get('log_format', 'raw')}")
    if values.get("name_format", "none") == "none":
        found.append("name_format = none")
    return found + _records(host)


def _enriches(host: Host) -> bool:
    if host.platform.endswith("-6"):
        return False
    packages = host.get("software.packages")
    found = packages.get("audit") or packages.get("auditd") or []
    numbers = [re.findall(r"\d+", package["version"])[:2] for package in found]
    return not numbers or max(tuple(map(int, number)) for number in numbers) >= _ENRICHED_SINCE


def _records(host: Host) -> list[str]:
    sections = dict(host.sections("audit.records"))
    lines = [line.split() for line in sections.get("fields", "").splitlines() if line.strip()]
    if not lines:
        return ["there is no audit record in the log"]
    wanted = {"time", "auid", "uid", "result"}
    # Records of the configuration and of the daemon itself have no uid by design.
    own = {"CONFIG_CHANGE", "DAEMON_START", "DAEMON_END", "DAEMON_ROTATE", "DAEMON_CONFIG"}
    return [
        f"{kind} record without {', '.join(sorted(lacking))}"
        for kind, *fields in lines
        if (lacking := wanted - set(fields) - ({"uid"} if kind in own else set()))
        and not kind.startswith("DAEMON_")
    ]


@fact(probes=["audit.modes", "audit.unit"])
def loose_files(host: Host) -> list[str]:
    """Return audit tools and configuration that others than root could change or read.

    Tools: owner root, not writable by group or others (0755 is stock). Configuration: owner and
    group root, files 0640 and folders 0750 or tighter. The unit must refuse a manual stop.
    """
    sections = dict(host.sections("audit.modes"))
    found = []
    for line in sections.get("tools", "").splitlines():
        if line.count("|") == 4:  # noqa: PLR2004 - kind, mode, owner, group, path
            _, mode, owner, group, path = line.split("|")
            if owner != "root" or int(mode, 8) & 0o022:
                found.append(f"{path} {mode} {owner}:{group}")
    found += _loose(sections.get("configuration", ""), groups=("root",))
    if host.has_tool("audit.unit"):
        unit = dict(host.sections("audit.unit")).get("unit auditd.service", "")
        if "LoadState=loaded" in unit and "RefuseManualStop=yes" not in unit:
            found.append("auditd.service: RefuseManualStop=no")
    return found


def _loose(listing: str, *, groups: tuple[str, ...]) -> list[str]:
    found = []
    for line in listing.splitlines():
        kind, mode, owner, group, path = (line.split("|", 4) + [""] * 5)[:5]
        if kind not in ("f", "d") or path == "/etc/libaudit.conf":
            continue
        allowed = _FOLDER_MODE if kind == "d" else _FILE_MODE
        if owner != "root" or group not in groups or int(mode, 8) & ~allowed:
            found.append(f"{path} {mode} {owner}:{group}")
    return found


@fact(probes=["audit.modes"])
def loose_logs(host: Host) -> list[str]:
    """Return audit logs that others than root and the log group could read or change."""
    listing = dict(host.sections("audit.modes")).get("logs", "")
    return _loose(listing, groups=("root", "adm", "audit"))


@fact(facts=["sudo.policy", "sudo.blanket_holders"])
def stoppers(host: Host) -> list[dict[str, str]]:
    """Return who may stop or blind auditing through sudo: ``{"who", "command"}``, once each.

    Holders of a blanket right, and of a command that names auditd's control (auditctl,
    systemctl, service, kill and their like without arguments or with auditd among them, a
    pattern that holds them, an editor on ``/etc/audit``). Source: sudoers(5).
    """
    holders = dict.fromkeys(host.get("sudo.blanket_holders"), "ALL")
    for grant in standing(host.get("sudo.policy")["grants"]):
        if as_root(grant) and _stops_audit(grant["command"]):
            holders.setdefault(grant["who"], grant["command"])
    return [{"who": who, "command": command} for who, command in sorted(holders.items())]


@fact(facts=["sudo.policy", "audit.stoppers"])
def stoppers_certain(host: Host) -> bool:
    """Return True when nobody else may stop or blind auditing through sudo.

    Raise CannotTell for a grant that may come to that: see ``doubts`` of ``sudo``.
    """
    known = {row["who"] for row in host.get("audit.stoppers")}

    def matters(command: str) -> bool:
        return is_blanket(command) or _stops_audit(command)

    if found := doubts(host.get("sudo.policy")["grants"], matters, known):
        raise CannotTell(Reason.UNPARSABLE, "; ".join(found))
    return True


_CONTROLS = ("auditctl", "augenrules", "auditd")
_MANAGERS = ("systemctl", "service", "chkconfig", "kill", "pkill", "killall", "init", "telinit")
_FOLDERS = ("/sbin", "/usr/sbin", "/bin", "/usr/bin")


def _stops_audit(command: str) -> bool:
    program, _, arguments = command.partition(" ")
    if "/etc/audit" in arguments or "/etc/init.d/auditd" in program:
        return True
    pattern = f"{program}*" if program.endswith("/") else program
    tools = {f"{folder}/{name}" for folder in _FOLDERS for name in _CONTROLS}
    if any(fnmatchcase(tool, pattern) for tool in tools):
        return not re.fullmatch(r"-[ls]|--status|\"\"", arguments)
    managers = {f"{folder}/{name}" for folder in _FOLDERS for name in _MANAGERS}
    if not any(fnmatchcase(tool, pattern) for tool in managers):
        return False
    reading = re.match(r"(status|is-active|is-enabled|show|cat|list-\S+)\b", arguments)
    aimed = not arguments or "*" in arguments or "audit" in arguments
    return aimed and not reading and not re.fullmatch(r"auditd status", arguments)
