"""firewalld's permanent configuration: what the next start lets in from an outsider.

Source: firewalld.zone(5), firewalld.richlanguage(5), firewalld.direct(5), firewalld.conf(5).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from opsrunner.parse.addresses import everybody
from opsrunner.parse.iptables import chains_of
from opsrunner.parse.netfilter import ACCEPT, DROP, FALL, Packet, walk

_WEIGHT = {"deny": 0, "allow": 1}


@dataclass(slots=True)
class Zone:
    """One zone: its target, what is bound to it, and its allow and deny entries by order."""

    target: str = ""
    interfaces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    unread: str = ""  # why its entries are not all known


@dataclass(frozen=True, slots=True)
class Entry:
    """One allow or deny: protocol (empty: any), ports, whether an outsider is meant, order."""

    action: str
    protocol: str
    low: int
    high: int
    outsider: bool
    priority: int = 0
    family: int = 0


def default_zone(conf: str | None) -> str:
    """Given firewalld.conf, return its DefaultZone; the last assignment wins, else public."""
    found = re.findall(r"(?m)^[ \t]*DefaultZone[ \t]*=[ \t]*(\S+)", conf or "")
    return str(found[-1]) if found else "public"


def services_of(texts: Mapping[str, str]) -> dict[str, list[tuple[str, int, int]]]:
    """Given service files by path (later ones win), return the ports of each by name."""
    services: dict[str, list[tuple[str, int, int]]] = {}
    included: list[tuple[str, str]] = []
    for path, text in texts.items():
        name = path.rpartition("/")[2].removesuffix(".xml")
        root = _xml(text, path)
        services[name] = [span for port in root.iter("port") for span in [_span(port)] if span]
        included += [(name, one.get("service", "")) for one in root.iter("include")]
    for name, other in included:
        services[name] = services[name] + services[other] if other in services else []
        if other not in services:
            del services[name]
    return services


def zone_of(
    name: str, text: str, services: Mapping[str, list[tuple[str, int, int]]],
) -> Zone:
    """Given a zone's name and file and the services, return it. Raise ValueError when broken."""
    root = _xml(text, name)
    zone = Zone(
        target=root.get("target", "").upper(),
        interfaces=tuple(one.get("name", "") for one in root.findall("interface")),
        sources=tuple(one.get("address", "") or "set" for one in root.findall("source")),
    )
    for child in root:
        try:
            if child.tag == "rule":
                zone.entries += _rich(child, services)
            else:
                zone.entries += [
                    Entry("allow", *span, outsider=True) for span in _spans(child, services)
                ]
        except ValueError as error:
            zone.unread = f"zone {name}: {error}"
    zone.entries.sort(key=lambda one: (one.priority, _WEIGHT[one.action]))
    return zone


def _xml(text: str, where: str) -> ET.Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(f"{where}: a document type has no place here")
    try:
        return ET.fromstring(text)  # noqa: S314 - entities were refused above
    except ET.ParseError as error:
        raise ValueError(f"{where}: {error}") from None


def _spans(
    element: ET.Element, services: Mapping[str, list[tuple[str, int, int]]],
) -> list[tuple[str, int, int]]:
    if element.tag == "service":
        name = element.get("name", "")
        if name not in services:
            raise ValueError(f"the ports of service {name} are not known")
        return services[name]
    if element.tag == "port":
        span = _span(element)
        return [span] if span else []
    if element.tag == "protocol":
        value = element.get("value", "")
        return [(value, 0, 65535)] if value in ("tcp", "udp") else []
    return []


def _span(port: ET.Element) -> tuple[str, int, int] | None:
    low, dash, high = port.get("port", "").partition("-")
    if not low.isdigit() or (dash and not high.isdigit()):
        return None
    return port.get("protocol", ""), int(low), int(high if dash else low)


def _rich(
    rule: ET.Element, services: Mapping[str, list[tuple[str, int, int]]],
) -> list[Entry]:
    actions = {child.tag for child in rule} & {"accept", "reject", "drop"}
    if not actions:
        return []
    limits = [child for child in rule if child.tag in ("service", "port", "protocol")]
    others = [child for child in rule if child.tag in ("icmp-block", "icmp-type", "masquerade",
                                                       "forward-port", "source-port")]
    if others:
        return []
    spans = [span for child in limits for span in _spans(child, services)]
    if not limits:
        spans = [("", 0, 65535)]
    source = rule.find("source")
    outsider = True
    if source is not None:
        everyone = everybody(source.get("address", ""))
        inverted = source.get("invert", source.get("NOT", "")).lower() in ("yes", "true")
        outsider = everyone != inverted
    action = "allow" if "accept" in actions else "deny"
    priority = int(rule.get("priority", "0"))
    family = {"ipv4": 4, "ipv6": 6}.get(rule.get("family", ""), 0)
    return [Entry(action, *span, outsider, priority, family) for span in spans]


def lets_in(zone: Zone, packet: Packet) -> bool:
    """Given a zone and an outsider's packet, return whether it is accepted.

    Raise ValueError when that depends on an entry that was not understood.
    """
    for entry in zone.entries:
        if (
            entry.outsider
            and entry.protocol in ("", packet.protocol)
            and entry.low <= packet.port <= entry.high
            and entry.family in (0, packet.family)
        ):
            if entry.action == "deny" and zone.unread:
                break
            return entry.action == "allow"
    if zone.target != "ACCEPT" and zone.unread:
        raise ValueError(zone.unread)
    return zone.target == "ACCEPT"


def direct(text: str | None, packet: Packet) -> str:
    """Given direct.xml and a packet, return accept, drop, unsure or fall for chain INPUT."""
    if not text:
        return FALL
    root = _xml(text, "direct.xml")
    lines = ["*filter", ":INPUT - [0:0]"]
    lines += [f":{chain.get('chain')} - [0:0]" for chain in root.findall("chain")]
    wanted = "ipv4" if packet.family == 4 else "ipv6"  # noqa: PLR2004 - IP versions
    rules = [rule for rule in root.findall("rule") if rule.get("ipv") == wanted
             and rule.get("table", "filter") == "filter"]
    for rule in sorted(rules, key=lambda one: int(one.get("priority", "0"))):
        name = rule.get("chain", "")
        name = "INPUT" if name == "INPUT_direct" else name
        if f":{name} - [0:0]" in lines:
            lines.append(f"-A {shlex.quote(name)} {(rule.text or '').strip()}")
    result = walk(chains_of("\n".join(lines)), "INPUT", packet)
    return result if result in (ACCEPT, DROP, FALL) else "unsure"
