"""The running kernel, compared with the newest one installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import debver
from opsrunner.parse.rpmver import evr_cmp, evr_key

_RPM = ("kernel", "kernel-core", "kernel-PAE", "kernel-rt", "kernel-rt-core", "kernel-lt",
        "kernel-lt-core", "kernel-ml", "kernel-ml-core", "kernel-uek", "kernel-uek-core",
        "kernel-debug", "kernel-debug-core", "kernel-64k-core")  # fmt: skip
_FLAVOUR = re.compile(r"(\+[\w.]+|\.debug|\.PAE)$")
_DIST = re.compile(r"\.((?:el|ky|oe|an|uel)\d+)")
_IMAGE = re.compile(r"linux-image-(?:unsigned-)?(\d.*)")
_BUILD = re.compile(r"Debian (\S+)")

_Packages = Mapping[str, list[dict[str, Any]]]


@fact(
    probes=["software.kernel"],
    facts=["system.release", "software.packages", "software.manager"],
)
def newer(host: Host) -> list[str]:
    """Return installed kernels newer than the running one, and what else waits for a reboot.

    Empty: the newest runs. Raise CannotTell when the running kernel belongs to no installed
    package and cannot be compared with one (a container, a kernel of one's own).
    """
    running = host.get("system.release")["kernel"]
    if not running:
        raise CannotTell(Reason.UNPARSABLE, "uname printed nothing")
    packages = host.get("software.packages")
    if host.get("software.manager") == "rpm":
        return _rpm(running, packages)
    sections = dict(host.sections("software.kernel"))
    waiting = sections.get("reboot", "").split()
    try:
        found = _debian(running, sections.get("build", ""), packages)
    except CannotTell:
        if not waiting:
            raise
        found = []
    return found + waiting[:1]


def _rpm(running: str, packages: _Packages) -> list[str]:
    plain = _FLAVOUR.sub("", running)
    kernels = [(name, item) for name in _RPM for item in packages.get(name, [])]
    mine = [(name, item) for name, item in kernels if _uname(item) == plain]
    if mine:
        names = {name for name, _ in mine}
        current = mine[0][1]
    else:
        version, _, rest = plain.partition("-")
        release, _, arch = rest.rpartition(".")
        current = {"epoch": "0", "version": version, "release": release, "arch": arch}
        names = {"kernel", "kernel-core"}
        dist = _DIST.search(release)
        same = [item for name, item in kernels if name in names and item["arch"] == arch]
        if not dist or not same or dist[1] != _dist_of(same[-1]["release"]):
            raise CannotTell(
                Reason.UNPARSABLE, f"running kernel {running} is no installed package",
            )
    evr = _evr(current)
    later = {
        f"{item['version']}-{item['release']}.{item['arch']}": _evr(item)
        for name, item in kernels if name in names and evr_cmp(_evr(item), evr) > 0
    }
    if not later and not mine:
        raise CannotTell(Reason.UNPARSABLE, f"running kernel {running} is no installed package")
    return sorted(later, key=lambda name: evr_key(later[name]))


def _uname(item: Mapping[str, Any]) -> str:
    return f"{item['version']}-{item['release']}.{item['arch']}"


def _evr(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["epoch"], item["version"], item["release"]


def _dist_of(release: str) -> str | None:
    match = _DIST.search(release)
    return match[1] if match else None


def _debian(running: str, build: str, packages: _Packages) -> list[str]:
    images = {
        match[1]: _whole(items[0])
        for name, items in packages.items() if (match := _IMAGE.fullmatch(name))
    }
    if running not in images:
        raise CannotTell(Reason.UNPARSABLE, f"running kernel {running} is no installed package")
    flavour = running.rpartition("-")[2]
    mine = images[running]
    found = [
        f"linux-image-{abi} {version}" for abi, version in images.items()
        if abi.rpartition("-")[2] == flavour and debver.vercmp(version, mine) > 0
    ]
    booted = _BUILD.search(build)
    if booted and debver.vercmp(booted[1], mine) < 0:
        found.append(f"linux-image-{running} {mine} (booted {booted[1]})")
    if not booted and not found:
        raise CannotTell(Reason.UNPARSABLE, "uname does not say which build runs")
    return sorted(found)


def _whole(item: Mapping[str, Any]) -> str:
    epoch = f"{item['epoch']}:" if item["epoch"] != "0" else ""
    revision = f"-{item['release']}" if item["release"] else ""
    return f"{epoch}{item['version']}{revision}"
