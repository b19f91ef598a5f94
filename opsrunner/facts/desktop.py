"""Graphical logins: is there one, and does its screen lock by itself."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason

_DB = "/etc/dconf/db/"
_IDLE = "org/gnome/desktop/session/idle-delay"
_LOCK = "org/gnome/desktop/screensaver/lock-enabled"
_DELAY = "org/gnome/desktop/screensaver/lock-delay"
_GNOME = re.compile(r"(gnome.*|ubuntu.*)\.desktop")


@fact(probes=["desktop.login"])
def graphical(host: Host) -> bool:
    """Return whether a display manager runs or starts at boot; a graphical target is not enough."""
    sections = dict(host.sections("desktop.login"))
    manager = sections.get("manager", "").split()
    target = sections.get("default", "").strip()
    starts = target in ("graphical.target", "runlevel5.target", "5")
    return "active" in manager or ("alias" in manager and starts)


@fact(probes=["desktop.login", "desktop.dconf"])
def screen(host: Host) -> dict[str, Any]:
    """Return after how many idle seconds GNOME locks, and whether users cannot change that.

    Shape: ``{"seconds": 900, "enforced": True}``; 0 never locks. Only what the system databases
    of dconf hold, compiled and locked, is enforced; built in are 300 s and a lock that anybody
    may switch off. Raise CannotTell for other desktops. Source: dconf(7).
    """
    names = dict(host.sections("desktop.login")).get("sessions", "").split()
    others = [name for name in names if not _GNOME.fullmatch(name)]
    if others or not names:
        what = ", ".join(others) or "none installed"
        raise CannotTell(Reason.UNPARSABLE, f"only GNOME's screen lock is known, not: {what}")
    files = host.files("desktop.dconf")
    values, locked = _settings(files, dict(host.sections("desktop.dconf")).get("times", ""))
    idle = _seconds(values.get(_IDLE, "300"))
    on = values.get(_LOCK, "true") == "true"
    seconds = idle + _seconds(values.get(_DELAY, "0")) if idle and on else 0
    return {"seconds": seconds, "enforced": {_IDLE, _LOCK} <= locked & values.keys()}


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(?:uint32\s+)?(\d+)", text)
    if match is None:
        raise CannotTell(Reason.UNPARSABLE, f"dconf: {text!r} is no number of seconds")
    return int(match.group(1))


def _settings(files: Files, times: str) -> tuple[dict[str, str], set[str]]:
    """Return the values and locked keys of all system databases that are compiled and fresh."""
    profile = files.text("/etc/dconf/profile/user") or ""
    names = re.findall(r"(?m)^\s*system-db:(\S+)", profile)
    stamps = {path: int(when) for when, _, path in
              (line.partition(" ") for line in times.splitlines()) if when.isdigit()}
    values: dict[str, str] = {}
    locked: set[str] = set()
    for name in reversed(names):  # the first database of the profile wins
        source = f"{_DB}{name}.d"
        written = [when for path, when in stamps.items() if path.startswith(source + "/")]
        if stamps.get(_DB + name, -1) < max(written, default=0):
            continue  # dconf update has not been run: what the files say is not in force
        for text in files.under(source).values():
            values |= _keys(text)
        for text in files.under(f"{source}/locks").values():
            locked |= {line.strip().lstrip("/") for line in text.splitlines() if line.strip()}
    return values, locked


def _keys(text: str) -> dict[str, str]:
    found = {}
    group = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[f"{group}/{key.strip()}"] = value.strip()
    return found
