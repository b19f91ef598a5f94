"""Backup jobs that the site declares on the host, and whether each ran lately.

``/etc/opsrunner/backup.jobs`` holds lines ``NAME|KIND|PATTERN|HOURS|BYTES``; KIND is ``data`` or
``configuration``. The file is site data: without it nobody can tell whether a backup exists.
"""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_FILE = "/etc/opsrunner/backup.jobs"
_FIELDS = 5
_KINDS = ("data", "configuration")
_CLUSTER = ("keepalived", "corosync", "pacemakerd", "drbd", "haproxy", "rpc.ctdbd", "ctdbd",
            "mysqlrouter", "patroni", "repmgrd", "zkServer", "etcd")  # fmt: skip
_CLIENTS = ("bpcd", "vnetd", "nbdisco", "dsmc", "dsmcad", "bacula-fd", "bareos-fd", "cvd",
            "cvlaunchd", "veeamservice", "rsync", "AliyunBackup")  # fmt: skip


@fact(probes=["backup.jobs"], facts=["software.clock"])
def data(host: Host) -> list[dict[str, Any]]:
    """Return the declared jobs of kind ``data``.

    Shape: ``{"name", "newest": path or "", "hours": age, "bytes": size, "problem": ""}``; the
    problem is empty when the newest file is young and large enough. A job without a file has one.
    """
    return _judged(host, "data")


@fact(probes=["backup.jobs"], facts=["software.clock"])
def configuration(host: Host) -> list[dict[str, Any]]:
    """Return the declared jobs of kind ``configuration``; shape as ``data``."""
    return _judged(host, "configuration")


@fact(probes=["backup.etckeeper"], facts=["software.clock"])
def etckeeper_hours(host: Host) -> float | None:
    """Return how many hours ago /etc was committed to its repository; None: there is none."""
    mark = dict(host.sections("backup.etckeeper")).get("etckeeper", "").strip()
    if not mark.isdecimal():
        return None
    now: int = host.get("software.clock")
    return round((now - int(mark)) / 3600, 1)


@fact(facts=["system.processes"])
def clients(host: Host) -> list[str]:
    """Return known backup clients that run: a hint for the person who decides."""
    return sorted({p["name"] for p in host.get("system.processes")} & set(_CLIENTS))


@fact(facts=["system.processes"])
def cluster(host: Host) -> list[str]:
    """Return known programs of hot redundancy that run: a hint for the person who decides."""
    return sorted({p["name"] for p in host.get("system.processes")} & set(_CLUSTER))


def _judged(host: Host, kind: str) -> list[dict[str, Any]]:
    files = host.files("backup.jobs")
    text = files.text(_FILE)
    newest = {
        words.partition(" ")[2]: body.strip()
        for words, body in host.sections("backup.jobs") if words.startswith("newest ")
    }
    rows = []
    for line in (text or "").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != _FIELDS or fields[1] not in _KINDS or not (
            fields[2].startswith("/") and fields[3].isdecimal() and fields[4].isdecimal()
        ):
            raise CannotTell(Reason.UNPARSABLE, f"{_FILE}: {line[:80]!r} is no job")
        if fields[1] == kind:
            rows.append(_row(host.get("software.clock"), fields, newest.get(fields[0], "")))
    return rows


def _row(now: int, fields: list[str], line: str) -> dict[str, Any]:
    name, _, _, limit, least = fields
    if not line:
        return {"name": name, "newest": "", "hours": None, "bytes": None, "problem": "no backup"}
    mark, size, path = line.split("|", 2)
    hours = round((now - float(mark)) / 3600, 1)
    if hours < -1:
        raise CannotTell(Reason.UNPARSABLE, f"{path} is dated in the future by the host's clock")
    problem = ""
    if hours > int(limit):
        problem = f"older than {limit} hours"
    elif int(size) < max(1, int(least)):
        problem = f"smaller than {max(1, int(least))} bytes"
    return {"name": name, "newest": path, "hours": hours, "bytes": int(size), "problem": problem}
