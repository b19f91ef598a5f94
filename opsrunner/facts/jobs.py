"""What cron and systemd timers really start of the tools that rules ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opsrunner.facts.base import Host, fact
from opsrunner.parse import crontime

_DAEMONS = frozenset(("crond", "cron", "fcron"))
_FOLDER = re.compile(r"(/etc/cron\.(?:hourly|daily|weekly|monthly))/([^/]+)")
_RUN_PARTS_NAME = re.compile(r"[A-Za-z0-9_-]+")  # Debian's run-parts(8) and cron(8)
_EL_IGNORED = ("~", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ",v", ".cfsaved")
_CRONIE_MASK, _CRONIE_MODE = 0o7533, 0o400  # cronie's database.c: other modes are not read
_FOLDERS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
            "/lib/systemd/system")  # fmt: skip


@fact(probes=["jobs.cron"], facts=["jobs.timers", "system.processes"])
def known(host: Host) -> list[dict[str, str]]:
    """Return every scheduled call of such a tool, and why it would not run.

    Shape: ``{"tool": "aide", "command": "aide --check", "where": "/etc/cron.d/aide", "idle": ""}``;
    ``idle`` is empty when it runs regularly as root, else the reason why it does not. Sources:
    crontab(5), cronie's and Debian's cron(8), anacron(8), run-parts(8), systemd.timer(5).
    """
    return [*host.get("jobs.timers"), *_Cron(host).jobs()]


def running(host: Host, tools: Iterable[str]) -> list[dict[str, str]]:
    """Given tools, return the jobs that start one of them regularly."""
    wanted = set(tools)
    return [job for job in host.get("jobs.known") if job["tool"] in wanted and not job["idle"]]


class _Cron:
    """The cron side: entries, the modes of their files, and what starts what."""

    def __init__(self, host: Host) -> None:
        sections = dict(host.sections("jobs.cron"))
        self.debian = host.platform.startswith("debian")
        self.systemd = host.has_tool("services.systemd")
        self.modes = dict(_modes(sections.get("modes", "")))
        rows = [line.split("|", 3) for line in sections.get("commands", "").splitlines()]
        self.rows = [row for row in rows if len(row) > 3]  # noqa: PLR2004 - path, time, tool, words
        names = {process["name"] for process in host.get("system.processes")}
        self.daemon = bool(names & _DAEMONS)
        self.anacron_timer = any(
            job["tool"] == "anacron" and not job["idle"] for job in host.get("jobs.timers")
        )

    def jobs(self) -> Iterable[dict[str, str]]:
        for path, schedule, tool, words in self.rows:
            if tool not in ("run-parts", "anacron"):
                yield {
                    "tool": tool, "command": f"{tool}{words}", "where": path,
                    "idle": self.idle(path, schedule, tool),
                }

    def idle(self, path: str, schedule: str, tool: str) -> str:
        """Return why this entry never runs, or an empty text."""
        mode, uid, links = self.modes.get(path, (0, -1, 0))
        if path == "/etc/anacrontab":
            return "" if self.anacron() else "nothing starts anacron"
        if not self.daemon:
            return "cron is not running"
        if uid != 0:
            return "the file is not root's"
        if match := _FOLDER.fullmatch(path):
            return self.script(match[1], match[2], mode, tool)
        return self.unread(path, mode, links) or self.timing(path, schedule)

    def unread(self, path: str, mode: int, links: int) -> str:
        """Return why cron does not read this table, or an empty text."""
        if path.startswith("/var/spool/"):
            return ""
        if path.startswith("/etc/cron.d/") and not self.read(path.rpartition("/")[2]):
            return "cron does not read a file of this name"
        wrong = bool(mode & 0o022) if self.debian else mode & _CRONIE_MASK != _CRONIE_MODE
        return f"cron does not read a file of mode {mode:o}" if wrong or links != 1 else ""

    def timing(self, path: str, schedule: str) -> str:
        """Return why this time or user is not regular and root's, or an empty text."""
        if path.startswith("/var/spool/"):
            time, user = schedule, path.rpartition("/")[2]
        else:
            time, _, user = schedule.rpartition(" ")
        return crontime.fault(time) or ("" if user == "root" else f"runs as {user}")

    def script(self, folder: str, name: str, mode: int, tool: str) -> str:
        if tool == "dailyaidecheck" and self.systemd:
            return "the script leaves it to the timer"
        if not mode & 0o111:
            return "the script is not executable"
        if not self.read(name):
            return "run-parts does not run a file of this name"
        calls = [row for row in self.rows if row[2] == "run-parts" and folder in row[3].split()]
        runs = any(not self.idle(row[0], row[1], row[2]) for row in calls)
        return "" if runs else f"nothing runs {folder}"

    def anacron(self) -> bool:
        calls = [row for row in self.rows if row[2] == "anacron" and "-u" not in row[3].split()]
        return self.anacron_timer or any(not self.idle(row[0], row[1], row[2]) for row in calls)

    def read(self, name: str) -> bool:
        if self.debian:
            return _RUN_PARTS_NAME.fullmatch(name) is not None
        return name[0] not in ".#" and not name.endswith(_EL_IGNORED)


def _modes(text: str) -> Iterable[tuple[str, tuple[int, int, int]]]:
    for line in text.splitlines():
        fields = line.split("|", 3)
        if len(fields) > 3 and fields[1].isdecimal() and fields[2].isdecimal():  # noqa: PLR2004
            yield fields[3], (int(fields[0], 8), int(fields[1]), int(fields[2]))


@fact(probes=["jobs.timers"], facts=["services.units"])
def timers(host: Host) -> list[dict[str, str]]:
    """Return what systemd timers call, in the shape of ``known``."""
    if not host.has_tool("jobs.timers") or not host.has_tool("services.systemd"):
        return []
    targets: dict[str, str] = {}
    services: dict[str, str] = {}
    rows = [line.split("|", 2) for line in host.text("jobs.timers").splitlines()]
    for folder in reversed(_FOLDERS):
        for kind, path, words in (row for row in rows if len(row) > 2 and row[2].strip()):  # noqa: PLR2004
            parent, _, name = path.rpartition("/")
            if parent == folder:
                (targets if kind == "timer" else services)[name] = words
    units = host.get("services.units")
    found = []
    for name, unit in units.items():
        target = targets.get(name, name.removesuffix(".timer") + ".service")
        if name.endswith(".timer") and target in services:
            command = services[target]
            found.append({
                "tool": command.split()[0], "command": command, "where": name,
                "idle": _timer_fault(unit, units.get(target, {})),
            })
    return found


def _timer_fault(timer: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    if timer.get("active") != "active":
        return "the timer is not active"
    if timer.get("enabled") not in ("enabled", "static", "generated"):
        return "the timer is not enabled at boot"
    return "the service is masked" if service.get("enabled") == "masked" else ""
