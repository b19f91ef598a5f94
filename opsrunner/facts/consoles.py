"""What someone at the console gets: maintenance shells, and a reboot by three keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import unitfile, upstart

_UNITS = ("rescue.service", "emergency.service")
_SULOGIN = re.compile(
    r"[-@:+!]*((/usr)?/lib/systemd/systemd-sulogin-shell( (rescue|emergency))?"
    r"|(/usr)?/sbin/sulogin( -t \d+)?"
    r"|/bin/sh -c ([\"'])(/usr)?/sbin/sulogin; *(/usr)?/bin/systemctl [^;&|`$<>]*\7)",
)
_SHELL = re.compile(r"[-@:+!]*\S*/((ba|da|k|z|c|tc|su)?sh|sushell)(\s|$)")
_FORCED = re.compile(r"SYSTEMD_SULOGIN_FORCE=(1|y|yes|t|true|on)\b", re.IGNORECASE)
_BURST_SINCE = 232  # systemd
_ACTIONS = (
    "none", "reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force",
    "poweroff-immediate", "exit", "exit-force", "soft-reboot", "soft-reboot-force",
    "kexec", "kexec-force", "halt", "halt-force", "halt-immediate",
)
_CONFIGURED = ("/etc/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
_ENDING = re.compile(r"\b(shutdown|reboot|halt|poweroff|init|telinit|systemctl|kexec)\b")


@fact(probes=["boot.units"])
def shells(host: Host) -> dict[str, str]:
    """Return how the next boot's rescue and emergency modes open a shell, by unit.

    ``sulogin`` (root's password is asked for), ``masked``, or what stands in the way of it;
    ``debug-shell.service`` is there only when it is enabled: a root shell for everyone. On EL 6
    the one entry is SINGLE of ``/etc/sysconfig/init``. Source: systemd.unit(5), sulogin(8).
    """
    files = _files(host)
    if host.platform.endswith("-6"):
        return {"/etc/sysconfig/init": _single(files.text("/etc/sysconfig/init") or "")}
    found = {unit: _shell(unit, files) for unit in _UNITS}
    if any(state == "wanted" for state in files.states.values()):
        found["debug-shell.service"] = "enabled"
    return found


def _single(text: str) -> str:
    """EL 6: a shell file; the last assignment counts, without one it is sushell."""
    found = "sushell"
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?SINGLE=(\S*)", line)
        if match:
            found = match.group(1).strip("\"'") or "sushell"
    return "sulogin" if found in ("/sbin/sulogin", "/usr/sbin/sulogin") else found


def _shell(unit: str, files: Files) -> str:
    states = [files.states.get(f"{folder}/{unit}") for folder in unitfile.FOLDERS]
    first = next((index for index, state in enumerate(states) if state), None)
    if first is None:
        raise CannotTell(Reason.UNPARSABLE, f"{unit} is nowhere")
    if states[first] == "masked":
        return "masked"
    fragment = files.text(f"{unitfile.FOLDERS[first]}/{unit}") or ""
    texts = {
        path: text for path, text in files.texts.items() if path.startswith(unitfile.FOLDERS)
    }
    drop_ins = unitfile.in_order(texts, unitfile.FOLDERS, f"{unit}.d")
    every = unitfile.in_order(texts, unitfile.FOLDERS, "service.d")
    default = _system(files).get(("Manager", "DefaultEnvironment"), [])
    return _opened(unitfile.merge([fragment, *every, *drop_ins]), default)


def _opened(values: unitfile.Values, default_environment: list[str]) -> str:
    commands = values.get(("Service", "ExecStart"), [])
    before = values.get(("Service", "ExecStartPre"), [])
    environment = [*default_environment, *values.get(("Service", "Environment"), [])]
    if not commands:
        return "no ExecStart"
    for command in commands:
        if not _SULOGIN.fullmatch(" ".join(command.split())):
            return f"runs {command}"
    for command in before:
        if _SHELL.match(command):
            return f"runs {command}"
    if _FORCED.search(" ".join(environment)):
        return "sulogin forced: no password when root is locked"
    return "sulogin"


@fact(facts=["accounts.shadow"])
def root_password(host: Host) -> str:
    """Return the kind of root's password: sulogin asks for none when it is ``empty``."""
    shadow: Mapping[str, Mapping[str, Any]] = host.get("accounts.shadow")
    if "root" not in shadow:
        raise CannotTell(Reason.UNPARSABLE, "root is not in /etc/shadow")
    return str(shadow["root"]["kind"])


@fact(probes=["boot.units", "boot.manager"])
def three_keys(host: Host) -> dict[str, str]:
    """Return what Ctrl-Alt-Del does, now and at the next boot.

    ``target ...``: ``masked`` or the state it has; ``seven times ...``: the burst action, where
    systemd has one (232 and later), whose default is ``reboot-force``. On EL 6 the one entry is
    upstart's job, ``disabled`` or what it runs. Source: systemd.special(7),
    systemd-system.conf(5), init(5) of upstart.
    """
    files = _files(host)
    if host.platform.endswith("-6"):
        return {"control-alt-delete": _upstart(files)}
    states = [files.states.get(f"{folder}/ctrl-alt-del.target") for folder in unitfile.FOLDERS]
    state = next((state for state in states if state), "missing")
    found = {"target at boot": state}
    version, shown = _manager(host)
    if "LoadState" in shown:
        found["target now"] = shown["LoadState"]
    if version is None or version >= _BURST_SINCE:
        found["seven times at boot"] = _burst(files)
        if "CtrlAltDelBurstAction" in shown:
            found["seven times now"] = shown["CtrlAltDelBurstAction"]
    return found


def _manager(host: Host) -> tuple[int | None, dict[str, str]]:
    if not host.has_tool("boot.manager"):
        return None, {}
    lines = host.text("boot.manager").splitlines()
    version = re.match(r"systemd (\d+)", lines[0] if lines else "")
    if version is None:
        raise CannotTell(Reason.UNPARSABLE, "systemctl --version")
    shown = dict(line.split("=", 1) for line in lines[1:] if "=" in line)
    return int(version.group(1)), shown


def _burst(files: Files) -> str:
    action = "CtrlAltDelBurstAction"
    return unitfile.last(_system(files), "Manager", action, _ACTIONS, "reboot-force")


def _system(files: Files) -> unitfile.Values:
    """Return what system.conf and its drop-ins set at the next boot."""
    main = files.text("/etc/systemd/system.conf")
    if main is None:
        main = files.text("/usr/lib/systemd/system.conf")
    texts = [main or "", *unitfile.in_order(files.texts, _CONFIGURED, "system.conf.d")]
    return unitfile.merge(texts)


def _upstart(files: Files) -> str:
    """Return what upstart's job runs; without the job nothing happens."""
    text = files.text("/etc/init/control-alt-delete.conf")
    if text is None:
        return "disabled"
    job = upstart.job([text, files.text("/etc/init/control-alt-delete.override") or ""])
    acts = "control-alt-delete" in job.start_on and _ENDING.search(job.runs)
    return job.runs if acts else "disabled"


def _files(host: Host) -> Files:
    sections = host.sections("boot.units")
    denied = [words for words, _ in sections if words.startswith("denied ")]
    if denied:
        raise CannotTell(Reason.DENIED, denied[0].removeprefix("denied "))
    return Files(sections)
