"""SNMP agent: which versions answer, and whether a community is one that everybody tries."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.offers import on
from opsrunner.models import Reason
from opsrunner.parse.addresses import loopback

_UNITS = r"(snmpd|snmp)\.(service|socket)"
_COMMUNITY = ("rocommunity", "rwcommunity", "com2sec")
_NEEDS = ["offers.units_on", "network.listeners", "system.processes"]


def _on(host: Host, *, exposed: bool) -> bool:
    listeners = [one for one in host.get("network.listeners")
                 if one["port"] == 161]  # noqa: PLR2004 - SNMP
    outside = [one for one in listeners if not loopback(one["address"])]
    if outside:
        return True
    if listeners and exposed:
        return False
    names = {process["name"] for process in host.get("system.processes")}
    return "snmpd" in names or any(on(host.get("offers.units_on"), _UNITS))


def _lines(host: Host) -> list[list[str]]:
    """Return the reduced lines of the files the agent reads. Raise CannotTell without any."""
    if not host.text("services.snmp").strip():
        raise CannotTell(Reason.UNPARSABLE, "nothing was read of the SNMP agent")
    files = host.files("services.snmp")
    given = dict(host.sections("services.snmp")).get("args", "").split()
    paths = [path for path in files.states if path.startswith("/")]
    if "-C" in given:
        paths = [path for path in paths if path in given]
    rows = [line.split() for path in paths for line in (files.text(path) or "").splitlines()]
    return [words for words in rows if words]


def _communities(host: Host) -> list[str]:
    rows = _lines(host)
    found = [" ".join(words) for words in rows if words[0].startswith(_COMMUNITY)]
    if not found:
        read = [words for words in rows if words[0].startswith("include")]
        listening = {one["process"] for one in host.get("network.listeners")
                     if one["port"] == 161 and not loopback(one["address"])}  # noqa: PLR2004 - SNMP
        strange = {name for name in listening if name and not name.startswith("snmpd")}
        if read or strange:
            what = " ".join(read[0]) if read else f"agent {', '.join(sorted(strange))}"
            raise CannotTell(Reason.UNPARSABLE, f"SNMP: {what} is not read")
    return found


@fact(probes=["services.snmp"], facts=_NEEDS)
def communities(host: Host) -> list[str]:
    """Return the v1/v2c access lines of an agent others reach: ``rocommunity custom 10.0.0.5``.

    Empty when the agent is off or answers v3 only. Source: snmpd.conf(5).
    """
    return _communities(host) if _on(host, exposed=True) else []


@fact(probes=["services.snmp"], facts=_NEEDS)
def default_communities(host: Host) -> list[str]:
    """Return the access lines whose community is a well-known word; empty when the agent is off."""
    if not _on(host, exposed=False):
        return []
    return [line for line in _communities(host) if line.split()[1] == "default"]
