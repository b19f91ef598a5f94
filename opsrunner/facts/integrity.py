"""AIDE: installed, configured, with a baseline, and really run."""

from __future__ import annotations

import re

from opsrunner.facts import jobs
from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import age

_TOOLS = ("aide", "aide.wrapper", "dailyaidecheck")
_NO_CHECK = frozenset(("--init", "-i", "--version", "-v", "--config-check", "-D", "--help", "-h",
                       "--dry-init", "--path-check"))  # fmt: skip
_SEARCHED = ("/var/lib/aide/", "/var/aide/", "/usr/local/lib/aide/", "/opt/aide/", "/srv/aide/")
_DEFINE = re.compile(r"\s*@@define\s+(\S+)\s+(\S+)")
_DATABASE = re.compile(r"\s*database(?:_in)?\s*=\s*(\S+)")
_SELECTIONS = re.compile(r"selections (\d+)")
_CONFIG = re.compile(r"(?:--config=|--config |-c ?)(/\S+)")
_EMPTY = 64  # bytes; a packed empty database is smaller
_ROW = 5  # time, size, mode, owner, path


@fact(probes=["integrity.aide"], facts=["jobs.known"])
def gaps(host: Host) -> list[str]:
    """Return what AIDE lacks to detect a change; empty when it is at work.

    Looked at: program, configuration with lines that select files, the baseline it names, and a
    scheduled check that really runs (``aide --init`` is none). Source: aide.conf(5), aide(1).
    """
    sections = host.sections("integrity.aide")
    if not dict(sections).get("commands", "").strip():
        return ["AIDE is not installed"]
    found = []
    config, text = _configuration(host)
    if not config:
        found.append("no configuration")
    else:
        if not sum(int(number) for number in _SELECTIONS.findall(text)):
            found.append(f"{config} selects no file")
        if _baseline(host) is None:
            found.append(f"no database at {_database(text)}")
    return found + _schedule(host, config)


@fact(probes=["integrity.aide"], facts=["software.clock"])
def baseline_days(host: Host) -> float:
    """Return how old AIDE's baseline is, in days."""
    mark = _baseline(host)
    if mark is None:
        raise CannotTell(Reason.NOT_COLLECTED, "there is no baseline")
    try:
        return age.days(host.get("software.clock"), mark)
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"AIDE's database: {error}") from None


def _configuration(host: Host) -> tuple[str, str]:
    for words, body in host.sections("integrity.aide"):
        kind, _, path = words.partition(" ")
        if kind == "configuration":
            return path, body
    return "", ""


def _database(text: str) -> str:
    """Return the file of the last ``database`` line with its macros put in."""
    macros = {m[1]: m[2] for m in map(_DEFINE.match, text.splitlines()) if m}
    urls = [match[1] for line in text.splitlines() if (match := _DATABASE.match(line))]
    url = urls[-1] if urls else "file:/var/lib/aide/aide.db"
    for name, value in macros.items():
        url = url.replace(f"@@{{{name}}}", value)
    kind, _, path = url.partition(":")
    if kind != "file" or "@@" in path:
        raise CannotTell(Reason.UNPARSABLE, f"AIDE's database is {kind}, not a plain file")
    return path


def _baseline(host: Host) -> float | None:
    """Return when the baseline was written, None when it is missing or empty."""
    path = _database(_configuration(host)[1])
    rows = [
        line.split("|", 4)
        for line in dict(host.sections("integrity.aide")).get("databases", "").splitlines()
    ]
    for row in rows:
        if len(row) == _ROW and row[-1] == path and int(row[1]) > _EMPTY:
            return float(row[0])
    if not path.startswith(_SEARCHED):
        raise CannotTell(Reason.NOT_COLLECTED, path)
    return None


def _schedule(host: Host, config: str) -> list[str]:
    known = [job for job in host.get("jobs.known") if "aide" in job["tool"].lower()]
    checks = [
        job for job in jobs.running(host, _TOOLS) if not _NO_CHECK & set(job["command"].split())
    ]
    for job in checks:
        own = _CONFIG.search(job["command"])
        if own is None or own[1] == config:
            return []
    if checks:
        raise CannotTell(Reason.NOT_COLLECTED, f"configuration of {checks[0]['command']}")
    wrapped = [job for job in known if not job["idle"] and job["tool"] not in _TOOLS]
    if wrapped:
        raise CannotTell(Reason.UNPARSABLE, f"what {wrapped[0]['command']} does is not known")
    idle = [f"{job['where']}: {job['idle']}" for job in known if job["idle"]]
    return idle or ["no scheduled check"]
