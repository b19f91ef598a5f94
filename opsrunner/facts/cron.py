"""cron and at: who may use them, and the modes of what they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.permissions import absent, judged, section
from opsrunner.models import Reason
from opsrunner.parse.found import Found

_CRON = ("/usr/sbin/crond", "/usr/sbin/cron", "/usr/sbin/fcron")
_AT = ("/usr/bin/at", "/usr/sbin/atd")
_FOLDERS = tuple(f"/etc/cron.{when}" for when in ("d", "hourly", "daily", "weekly", "monthly"))


@fact(probes=["files.modes"])
def installed(host: Host) -> list[str]:
    """Return the programs of cron and at that the host has; empty: neither is installed."""
    return [path for path, item in section(host, "programs").items()
            if item.there and path in (*_CRON, *_AT)]


@fact(probes=["files.modes"], facts=["cron.installed"])
def access(host: Host) -> list[dict[str, Any]]:
    """Return the files that say who may use cron and at: ``{"path", "mode", "owner", "wrong"}``.

    An allow list must be there (0600 at most, root's), a deny list must not. Debian's crontab
    and at read the list through a group (crontab, daemon), so there 0640 with it is fine.
    Of a service that is not installed nothing is asked.
    """
    items, programs = section(host, "cron"), host.get("cron.installed")
    rows = []
    for name, binaries, group in (("cron", _CRON, "crontab"), ("at", _AT, "daemon")):
        if not set(programs) & set(binaries):
            continue
        debian = host.platform.startswith("debian")
        allow, deny = (_item(items, f"/etc/{name}.{kind}") for kind in ("allow", "deny"))
        limit, groups = (0o640, (group,)) if debian else (0o600, ())
        rows.append(judged(allow, limit, groups) if allow.there else absent(allow.path))
        if deny.there:
            rows.append({**judged(deny, limit, groups), "wrong": ["a deny list is there"]})
    return rows


@fact(probes=["files.modes"])
def tables(host: Host) -> list[dict[str, Any]]:
    """Return crontab (0600 at most) and the cron folders (0700 at most), all root's."""
    items = section(host, "cron")
    table, folders = _item(items, "/etc/crontab"), [_item(items, path) for path in _FOLDERS]
    rows = [judged(table, 0o600)] if table.there else []
    return rows + [judged(folder, 0o700, kind="d") for folder in folders if folder.there]


def _item(items: Mapping[str, Found], path: str) -> Found:
    if path not in items:
        raise CannotTell(Reason.NOT_COLLECTED, path)
    return items[path]
