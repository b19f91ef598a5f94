"""Time: whether a daemon keeps the clock on a reachable source, and how far off it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_UNITS_OF_TIME = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
_LOCAL = re.compile(r"127\.127\.1\.\d+|127\.0\.0\.1|::1|LOCL|0\.0\.0\.0")


@fact(probes=["time.sources"], facts=["services.units"])
def synchronisation(host: Host) -> dict[str, Any]:
    """Return the time daemon and what it follows.

    Shape: ``{"daemon", "enabled", "active", "source", "offset"}``; ``source`` is empty and
    ``offset`` (seconds, absolute) left out while no reachable source is selected; the host's own
    undisciplined clock is none. Of several active daemons one with a source is taken. Raise
    CannotTell when an active daemon cannot be asked.
    Source: chronyc(1), ntpq(8), timedatectl(1).
    """
    units = host.get("services.units")
    sections = dict(host.sections("time.sources"))
    found: list[dict[str, Any]] = []
    cannot: CannotTell | None = None
    for name, read in _DAEMONS.items():
        unit = units.get(f"{name}.service")
        if unit is None or unit["enabled"] == "alias":
            continue
        row = {"daemon": name, "enabled": unit["enabled"], "active": unit["active"], "source": ""}
        try:
            found.append(row | (read(sections) if unit["active"] == "active" else {}))
        except CannotTell as reason:
            cannot = reason
    best = [row for row in found if row["source"]] or [r for r in found if r["active"] == "active"]
    if cannot and not any(row["source"] for row in best):
        raise cannot
    nothing = {"daemon": "none", "enabled": "not installed", "active": "not installed"}
    return (best or found or [nothing | {"source": ""}])[0]


def _asked(sections: dict[str, str], name: str, tool: str) -> str:
    text = sections.get(name)
    if text is None:
        raise CannotTell(Reason.MISSING_TOOL, tool)
    if re.search(r"506 Cannot talk|Connection refused|[Tt]imed out|Failed to|not authori", text):
        raise CannotTell(Reason.PROBE_FAILED, f"{tool}: {text.strip()[:100]}")
    return text


def _chrony(sections: dict[str, str]) -> dict[str, Any]:
    sources = _asked(sections, "chronyc sources", "chronyc")
    tracking = _asked(sections, "chronyc tracking", "chronyc")
    if "Reference ID" not in tracking:
        raise CannotTell(Reason.UNPARSABLE, "chronyc tracking")
    selected = re.search(r"(?m)^[\^=#]\*\s+(\S+)\s+\d+\s+-?\d+\s+([0-7]+)\s", sources)
    offset = re.search(r"(?m)^System time\s*:\s*([\d.]+) seconds", tracking)
    normal = re.search(r"(?m)^Leap status\s*:\s*(Normal|Insert second|Delete second)", tracking)
    if not (selected and offset and normal) or _idle(selected.group(1), selected.group(2)):
        return {}
    return {"source": selected.group(1), "offset": float(offset.group(1))}


def _idle(name: str, reach: str) -> bool:
    return int(reach, 8) == 0 or _LOCAL.fullmatch(name) is not None


def _ntpq(sections: dict[str, str]) -> dict[str, Any]:
    text = _asked(sections, "ntpq", "ntpq")
    for line in text.splitlines():
        words = line[1:].split()
        if line[:1] in ("*", "o") and len(words) >= 10:  # noqa: PLR2004 - ntpq's columns
            reach, offset = words[6], words[8]
            local = words[1].strip(".") == "LOCL"
            known = re.fullmatch(r"[0-7]+", reach) and re.fullmatch(r"[+-]?[\d.]+", offset)
            if known and not local and not _idle(words[0], reach):
                return {"source": words[0], "offset": abs(float(offset)) / 1000}
    return {}


def _timesyncd(sections: dict[str, str]) -> dict[str, Any]:
    state = _asked(sections, "synchronized", "timedatectl")
    text = _asked(sections, "timesync", "timedatectl")
    server = re.search(r"(?m)^\s*Server:\s*(\S+)", text)
    packets = re.search(r"(?m)^\s*Packet count:\s*([1-9]\d*)", text)
    offset = re.search(r"(?m)^\s*Offset:\s*([+-]?.+)$", text)
    if "NTPSynchronized=yes" not in state or not (server and packets and offset):
        return {}
    return {"source": server.group(1), "offset": _seconds(offset.group(1))}


def _seconds(text: str) -> float:
    parts = re.findall(r"([\d.]+)(us|ms|min|h|s)\b", text)
    if not parts:
        raise CannotTell(Reason.UNPARSABLE, f"timedatectl: offset {text}")
    return sum(float(number) * _UNITS_OF_TIME[unit] for number, unit in parts)


_DAEMONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "chronyd": _chrony, "chrony": _chrony, "ntpd": _ntpq, "ntp": _ntpq, "ntpsec": _ntpq,
    "systemd-timesyncd": _timesyncd,
}
