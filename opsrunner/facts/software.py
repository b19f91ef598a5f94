"""Installed software, from rpm or dpkg."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_RPM_FIELDS = 6
_DPKG_FIELDS = 4


@fact(probes=["software.rpm", "software.dpkg"])
def packages(host: Host) -> dict[str, list[dict[str, Any]]]:
    """Return installed packages by name; a name may stand for several versions (kernel).

    Shape: ``{"bash": [{"epoch": "0", "version", "release", "arch", "installed": int | None}]}``;
    ``installed`` is seconds since 1970. Which manager answered: rpm first, then dpkg.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    # A Debian host may carry the rpm tool with an empty database: then dpkg answers.
    rpm = host.has_tool("software.rpm") and (
        bool(host.text("software.rpm").strip()) or not host.has_tool("software.dpkg")
    )
    for line in host.text("software.rpm" if rpm else "software.dpkg").splitlines():
        fields = line.strip().split("|")
        if rpm and len(fields) == _RPM_FIELDS:
            name, epoch, version, release, arch, when = fields
            entry = _entry(epoch, version, release, arch, when)
        elif not rpm and len(fields) == _DPKG_FIELDS and fields[3].startswith("ii"):
            name, epoch_version, arch, _ = fields
            epoch, _, rest = epoch_version.rpartition(":")
            version, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
            entry = _entry(epoch or "0", version, release, arch, "")
        else:
            continue
        found.setdefault(name, []).append(entry)
    if not found:
        raise CannotTell(Reason.UNPARSABLE, "the package manager listed no package")
    return found


def _entry(epoch: str, version: str, release: str, arch: str, when: str) -> dict[str, Any]:
    return {
        "epoch": epoch if epoch.isdigit() else "0",
        "version": version,
        "release": release,
        "arch": arch,
        "installed": int(when) if when.isdigit() else None,
    }
