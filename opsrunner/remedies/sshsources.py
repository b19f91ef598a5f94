"""SSH opened to named networks: rich rules of a firewalld zone, lines of EL 6's iptables."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from ipaddress import ip_network

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse.netfilter import Packet
from opsrunner.remedies import bootrules
from opsrunner.remedies.sources import Network

_SSH_PORT = 22
_ELEMENT = r"<{}\s*(?:/>|>\s*</{}>)"
_FILES = {4: bootrules.RULES4, 6: bootrules.RULES6}


def in_zone(draft: Draft, name: str, allowed: list[Network], ports: list[int]) -> None:
    """Given a zone, networks and SSH's ports, open them by rich rules in place of for everybody."""
    path = f"{bootrules.ZONES}/{name}.xml"
    stock = f"{bootrules.STOCK_ZONES}/{name}.xml"
    source = next((one for one in (path, stock) if one in draft.state.files and draft.exists(one)),
                  None)
    if source is None or path not in draft.state.files:
        raise ByHand(f"请手工在防火墙区域 {name} 中限制 SSH 来源",
                     f"limit SSH in the firewall's zone {name} by hand")
    text = draft.text(source)
    for service in (['name="ssh"'] if _SSH_PORT in ports else []):
        text = _without(text, "service", service)
    for port in ports:
        text = _without(text, "port", f'port="{port}"', 'protocol="tcp"')
    rules = [_rule(network, port) for network in allowed for port in ports]
    new = "".join(rule for rule in rules if rule not in text)
    at = text.rfind("</zone>")
    if at < 0:
        raise ByHand(f"区域文件 {source} 的写法特殊，请手工调整",
                     f"the zone {source} has an odd form: change it by hand")
    text = text[:at] + new + text[at:]
    if text != draft.text(path):
        draft.write(path, text)
        draft.validate("firewalld")
        draft.activate("firewalld")


def _without(text: str, tag: str, *attributes: str) -> str:
    """Return a zone without an element of the zone itself; those inside rules stay."""
    parts = re.split(r"(?s)(<rule\b.*?</rule>|<!--.*?-->)", text)
    for order in {attributes, attributes[::-1]}:
        inner = r"\s+".join((re.escape(tag), *(name.replace('"', "[\"']") for name in order)))
        one = _ELEMENT.format(inner, re.escape(tag))
        element = re.compile(rf"(?m)^[ \t]*{one}[ \t]*\r?\n|{one}")  # with its line, if alone
        parts = [part if number % 2 else element.sub("", part)
                 for number, part in enumerate(parts)]
    return "".join(parts)


def _rule(network: Network, port: int) -> str:
    what = '<service name="ssh"/>' if port == _SSH_PORT else f'<port port="{port}" protocol="tcp"/>'
    return (f'  <rule family="ipv{network.version}">\n    <source address="{network}"/>\n'
            f"    {what}\n    <accept/>\n  </rule>\n")


def in_iptables(draft: Draft, allowed: list[Network], ports: list[int]) -> None:
    """Given networks and SSH's ports, put a line for each network in place of those without."""
    for version, path in _FILES.items():
        if not draft.exists(path):
            continue
        sources = [network for network in allowed if network.version == version]
        lines = draft.text(path).split("\n")
        changed = list(_limited(lines, sources, ports))
        if changed != lines:
            draft.write(path, "\n".join(changed))
            draft.validate("iptables")
            draft.activate("iptables")


def _limited(lines: list[str], sources: list[Network], ports: list[int]) -> Iterator[str]:
    """Yield the lines with the open ones limited; networks are added where some are already."""
    done: set[int] = set()
    for line in lines:
        port = _opens(line, ports)
        if port is None:
            yield line
            continue
        limited = re.search(r"\s(-s|--source)\s", line) is not None
        if port not in done:
            done.add(port)
            bare = re.sub(r"\s(-s|--source)\s+\S+", "", line)
            for network in sources:
                new = re.sub(r"^(-A\s+\S+)", rf"\1 -s {network}", bare)
                if new not in lines:
                    yield new
        if limited:
            yield line


def _opens(line: str, ports: list[int]) -> int | None:
    """Return the port of SSH that a line of the INPUT side accepts, None when it is no such."""
    match = re.search(r"\s--dport\s+(\d+)\b(?!:)", line)
    accepts = re.match(r"-A\s+\S+INPUT\S*\s|-A\s+INPUT\s", line) and re.search(
        r"\s-j\s+ACCEPT\s*$", line)
    if not match or not accepts or not re.search(r"\s-p\s+(tcp|6)\s", line) or " ! " in line:
        return None
    port = int(match.group(1))
    return port if port in ports else None


def opened(draft: Draft, packet: Packet) -> list[Network]:
    """Return the networks that a port is let in from by rules that name a source."""
    if draft.is_("el6"):
        lines = [line for line in draft.text(_FILES[packet.family]).split("\n")
                 if _opens(line, [packet.port])]
        words = re.findall(r"\s(?:-s|--source)\s+(\S+)", "\n".join(lines))
        return _networks(words)
    zone = bootrules.boot_filter(draft).zone(packet.interface)
    path = f"{bootrules.ZONES}/{zone}.xml"
    text = draft.text(path) if path in draft.state.files else ""
    what = rf'<service\s+name="ssh"|<port\s+(?=[^>]*port="{packet.port}")'
    what = what if packet.port == _SSH_PORT else what.partition("|")[2]
    rules = [rule for rule in re.findall(r"(?s)<rule\b.*?</rule>", text)
             if re.search(what, rule) and "<accept" in rule]
    return _networks(re.findall(r'<source\s+address="([^"]+)"', "\n".join(rules)))


def _networks(words: list[str]) -> list[Network]:
    found = []
    for word in words:
        with contextlib.suppress(ValueError):  # a name or a set: nobody can tell who that is
            found.append(ip_network(word, strict=False))
    return found
