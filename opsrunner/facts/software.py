"""Installed software, from rpm or dpkg."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_RPM_FIELDS = 6
_DPKG_FIELDS = 4


@fact(probes=["software.rpm", "software.dpkg"])
def manager(host: Host) -> str:
    """Return ``rpm`` or ``dpkg``, whichever keeps the host's packages.

    A Debian host may carry the rpm tool with an empty database: then dpkg answers.
    """
    rpm = host.has_tool("software.rpm") and (
        bool(host.text("software.rpm").strip()) or not host.has_tool("software.dpkg")
    )
    return "rpm" if rpm else "dpkg"


@fact(probes=["software.rpm", "software.dpkg"], facts=["software.manager"])
def packages(host: Host) -> dict[str, list[dict[str, Any]]]:
    """Return installed packages by name; a name may stand for several versions (kernel).

    Shape: ``{"bash": [{"epoch": "0", "version", "release", "arch", "installed": int | None}]}``;
    ``installed`` is seconds since 1970. Which manager answered: rpm first, then dpkg.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    rpm = host.get("software.manager") == "rpm"
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


@fact(facts=["software.packages"])
def names(host: Host) -> list[str]:
    """Return the names of the installed packages, sorted."""
    return sorted(host.get("software.packages"))


@fact(probes=["software.commands"])
def commands(host: Host) -> list[dict[str, str]]:
    """Return compilers, debuggers, sniffers and graphics found as programs, from any source.

    Shape: ``[{"name": "gcc", "path": "/usr/bin/gcc"}]``; a name may stand in two folders.
    """
    rows = [line.split(" ", 1) for line in host.text("software.commands").splitlines()]
    return [{"name": row[0], "path": f"{row[1]}/{row[0]}"} for row in rows if len(row) > 1]


@fact(probes=["software.clock"])
def clock(host: Host) -> int:
    """Return the host's own time at the moment of the observation, seconds since 1970."""
    text = host.text("software.clock").strip()
    if not text.isdecimal():
        raise CannotTell(Reason.UNPARSABLE, "the host's clock printed no number")
    return int(text)


def _entry(epoch: str, version: str, release: str, arch: str, when: str) -> dict[str, Any]:
    return {
        "epoch": epoch if epoch.isdigit() else "0",
        "version": version,
        "release": release,
        "arch": arch,
        "installed": int(when) if when.isdigit() else None,
    }
