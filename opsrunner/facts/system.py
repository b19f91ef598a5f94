"""The system itself: release, kernel, and which programs run as whom."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import Host, fact


@fact(probes=["system.release"])
def release(host: Host) -> dict[str, Any]:
    """Return what the host says it is.

    Shape: ``{"id", "version_id", "pretty", "line", "kernel", "machine", "hostname",
    "major": int | None}``; ``line`` is the first line of the release file, ``id`` that of
    os-release, or ``centos``/``rhel`` derived from the release file on EL 6.
    """
    sections = dict(host.sections("system.release"))
    files = host.files("system.release")
    values = dict(
        line.split("=", 1) for line in (files.text("/etc/os-release") or "").splitlines()
        if "=" in line
    )
    values = {key: value.strip().strip("\"'") for key, value in values.items()}
    line = _first(files.text("/etc/kylin-release")) or _first(files.text("/etc/redhat-release"))
    number = re.search(r"(\d+)", line or values.get("VERSION_ID", ""))
    return {
        "id": values.get("ID") or _id_of(line),
        "version_id": values.get("VERSION_ID", ""),
        "pretty": values.get("PRETTY_NAME", line or ""),
        "line": line or values.get("PRETTY_NAME", ""),
        "kernel": sections.get("kernel", "").strip(),
        "machine": sections.get("machine", "").strip(),
        "hostname": sections.get("hostname", "").strip(),
        "major": int(number.group(1)) if number else None,
    }


def _first(text: str | None) -> str | None:
    return text.strip().splitlines()[0].strip() if text and text.strip() else None


def _id_of(line: str | None) -> str:
    words = {"CentOS": "centos", "Red Hat": "rhel", "Kylin": "kylin"}
    return next((name for start, name in words.items() if (line or "").startswith(start)), "")


@fact(probes=["system.processes"])
def processes(host: Host) -> list[dict[str, Any]]:
    """Return every (owner, program) pair that runs once: ``{"uid": int, "name": str}``.

    Kernel threads are left out; a name is cut at 15 characters by the kernel.
    """
    rows = []
    for line in host.text("system.processes").splitlines():
        uid, _, name = line.strip().partition(" ")
        if uid.isdigit() and name:
            rows.append({"uid": int(uid), "name": name.strip()})
    return rows
