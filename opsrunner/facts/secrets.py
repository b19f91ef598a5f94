"""Secrets left in clear, and what is left behind: caches, histories, temporary files."""

from __future__ import annotations

from typing import Any

from opsrunner.facts import jobs
from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import tmpfiles
from opsrunner.parse.yumconf import parse

_OPEN_TO_OTHERS = 0o077
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - the folders the rule is about
_NEVER = -1.0
_TMPWATCH = "/etc/cron.daily/tmpwatch"
_TIMER, _SERVICE = "systemd-tmpfiles-clean.timer", "systemd-tmpfiles-clean.service"
_DATABASES = frozenset((
    "mysqld", "mariadbd", "postgres", "oracle", "sqlservr", "mongod", "redis-server", "dmserver",
    "kingbase", "gaussdb", "oscar", "elasticsearch", "slapd",
))  # fmt: skip


@fact(probes=["secrets.cleartext"])
def cleartext(host: Host) -> list[dict[str, Any]]:
    """Return where a password stands in clear: ``{"file", "line", "kind"}``; never its text.

    ``kind``: setting, url, command, sql, pgpass, netrc, secrets file. Comments, references to
    variables, placeholders and hashes do not count.
    """
    rows = [line.split("|", 3) for line in host.text("secrets.cleartext").splitlines()]
    return [
        {"file": row[3], "line": int(row[2]), "kind": row[1]}
        for row in rows if row[0] == "found" and len(row) > 3 and row[2].isdecimal()  # noqa: PLR2004
    ]


@fact(probes=["secrets.cleartext"])
def unread(host: Host) -> list[str]:
    """Return an empty list when every named file was read to its end; else nobody can tell."""
    rows = [line.split("|", 3) for line in host.text("secrets.cleartext").splitlines()]
    left = [row[-1] for row in rows if row[0] in ("left", "unread")]
    if left:
        raise CannotTell(Reason.TRUNCATED, f"not read to the end: {', '.join(left[:5])}")
    return []


@fact(probes=["secrets.remnants"])
def readable(host: Host) -> list[dict[str, str]]:
    """Return history and credential files that others than their owner may open.

    Shape: ``{"path", "mode", "owner"}``; a link to a device (``/dev/null``) is no file.
    """
    text = dict(host.sections("secrets.remnants")).get("modes", "")
    rows = [line.split("|", 2) for line in text.splitlines() if line.count("|") > 1]
    return [
        {"path": path, "mode": mode, "owner": owner}
        for mode, owner, path in rows if int(mode, 8) & _OPEN_TO_OTHERS
    ]


@fact(probes=["secrets.remnants"])
def cached_days(host: Host) -> dict[str, int]:
    """Return for how many days sssd keeps passwords, by domain that caches them; 0: for ever.

    Source: sssd.conf(5): ``cache_credentials`` (off by default) of a domain,
    ``offline_credentials_expiration`` (0 by default, no limit) of ``[pam]``.
    """
    options: dict[str, dict[str, str]] = {}
    for words, body in host.sections("secrets.remnants"):
        if words.startswith("sssd "):
            for section, values in parse(body).items():
                options.setdefault(section.lower(), {}).update(values)
    limit = options.get("pam", {}).get("offline_credentials_expiration", "0")
    if not limit.isdecimal():
        raise CannotTell(Reason.UNPARSABLE, f"offline_credentials_expiration = {limit}")
    return {
        section.partition("/")[2]: int(limit)
        for section, values in options.items()
        if section.startswith("domain/") and values.get("cache_credentials", "").lower() == "true"
    }


@fact(probes=["secrets.temporary"])
def tmpfiles_days(host: Host) -> dict[str, float | None]:
    """Return after how many days tmpfiles.d would empty /tmp and /var/tmp, None for never."""
    files = host.files("secrets.temporary")
    texts: dict[str, str] = {}
    for folder in tmpfiles.FOLDERS:
        texts |= files.under(folder)
    return {folder: tmpfiles.age_of(texts, folder) for folder in _TEMPORARY}


@fact(probes=["secrets.temporary"], facts=["secrets.tmpfiles_days", "services.units", "jobs.known"])
def temporary_days(host: Host) -> dict[str, float]:
    """Return after how many days /tmp and /var/tmp are emptied: ``{"/tmp": 10.0, ...}``.

    -1: never, because no line says so, or because what would do it does not run.
    """
    by_systemd = host.get("secrets.tmpfiles_days")
    units = host.get("services.units") if host.has_tool("services.systemd") else {}
    script = host.files("secrets.temporary").text(_TMPWATCH)
    watched = any(job["where"] == _TMPWATCH for job in jobs.running(host, ("tmpwatch",)))
    found = {}
    for folder in _TEMPORARY:
        ages = [by_systemd[folder] if _cleans(units) else None]
        ages.append(tmpfiles.tmpwatch_age(script, folder) if script and watched else None)
        found[folder] = min((age for age in ages if age is not None), default=_NEVER)
    return found


def _cleans(units: dict[str, dict[str, Any]]) -> bool:
    timer, service = units.get(_TIMER, {}), units.get(_SERVICE, {})
    return (
        timer.get("active") == "active"
        and timer.get("enabled") in ("static", "enabled")
        and service.get("enabled") != "masked"
    )


@fact(facts=["system.processes"])
def databases(host: Host) -> list[str]:
    """Return known database programs that run: where personal information is likely kept."""
    return sorted({process["name"] for process in host.get("system.processes")} & _DATABASES)
