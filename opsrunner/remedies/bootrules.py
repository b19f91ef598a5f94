"""The packet filter of the next boot on paper: what it says of an outsider's connections."""

from __future__ import annotations

from collections.abc import Iterable

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.facts.base import Files
from opsrunner.parse.bootfilter import BootFilter
from opsrunner.parse.netfilter import DROP, UNSURE, Packet

FIREWALLD, IPTABLES, IP6TABLES = "firewalld.service", "iptables.service", "ip6tables.service"
OTHERS = ("nftables.service", "ufw.service", "netfilter-persistent.service")
UNITS = (FIREWALLD, IPTABLES, IP6TABLES, *OTHERS)
ZONES, STOCK_ZONES = "/etc/firewalld/zones", "/usr/lib/firewalld/zones"
RULES4, RULES6 = "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"
_SINGLE = ("/etc/firewalld/firewalld.conf", "/etc/firewalld/direct.xml", RULES4, RULES6)
_FOLDERS = (ZONES, STOCK_ZONES, "/etc/firewalld/policies", "/etc/firewalld/services",
            "/usr/lib/firewalld/services")
# The zones of every firewalld; one that is edited for the first time is written to ZONES.
_STOCK = ("block", "dmz", "drop", "external", "home", "internal", "public", "trusted", "work",
          "FedoraServer", "FedoraWorkstation", "nm-shared", "libvirt", "docker")
FILES = (*_SINGLE, *(f"{folder}/*.xml" for folder in _FOLDERS),
         *(f"{ZONES}/{name}.xml" for name in _STOCK))
FACTS = ("services.units", "firewall.interfaces", "firewall.bindings", "firewall.ssh_packets")


def boot_filter(draft: Draft) -> BootFilter:
    """Return the filter that the files and units on paper load."""
    files = Files([])
    for path in _SINGLE:
        if not draft.exists(path):
            files.states[path] = "missing"
    for start in (*_SINGLE, *(f"{folder}/" for folder in _FOLDERS)):
        for path in draft.paths(start):
            files.states[path] = "file"
            files.texts[path] = draft.text(path)
    units = dict(draft.fact("services.units"))
    for name in UNITS:
        if draft.unit(name).present:
            units[name] = {"enabled": draft.unit(name).enabled}
    return BootFilter(files, units, draft.fact("firewall.bindings"))


def let_in(draft: Draft, packets: Iterable[Packet]) -> list[Packet]:
    """Return the outsider's packets that are not surely refused. Raise ByHand as ``_said``."""
    return [packet for packet, found in _said(draft, packets) if DROP not in found]


def kept_out(draft: Draft, packets: Iterable[Packet]) -> list[Packet]:
    """Return the outsider's packets that are not surely accepted. Raise ByHand as ``_said``."""
    return [packet for packet, found in _said(draft, packets) if found & {DROP, UNSURE}]


def _said(draft: Draft, packets: Iterable[Packet]) -> list[tuple[Packet, set[str]]]:
    """Return what the filters say of each packet. Raise ByHand for rules that are not read."""
    rules = boot_filter(draft)
    try:
        return [(packet, set(rules.results(packet))) for packet in packets]
    except ValueError as error:
        raise ByHand(f"无法判断防火墙规则，请手工处理：{error}",
                     f"the firewall's rules cannot be weighed: {error}") from None
