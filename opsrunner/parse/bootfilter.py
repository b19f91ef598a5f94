"""Which packet filters the next boot loads, and what each says of an outsider's packet."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from opsrunner.parse import firewalld
from opsrunner.parse.addresses import everybody
from opsrunner.parse.iptables import chains_of
from opsrunner.parse.netfilter import ACCEPT, DROP, FALL, UNSURE, Packet, judge_hook, walk
from opsrunner.parse.nft import tables_of

_SAVED = {  # service -> its rules file for IPv4 and IPv6
    "iptables.service": ("/etc/sysconfig/iptables", ""),
    "ip6tables.service": ("", "/etc/sysconfig/ip6tables"),
    "netfilter-persistent.service": ("/etc/iptables/rules.v4", "/etc/iptables/rules.v6"),
}
_RIVALS = frozenset(("firewalld.service", "iptables.service", "ip6tables.service",
                     "nftables.service"))  # firewalld.service: Conflicts=
_NFT = ("/etc/sysconfig/nftables.conf", "/etc/nftables.conf")
_INCLUDE = re.compile(r'(?m)^[ \t]*include[ \t]+"([^"]+)"[ \t;]*$')
_DEFINE = re.compile(r"(?m)^[ \t]*define[ \t]+(\w+)[ \t]*=[ \t]*(\{[^}]*\}|[^\n]+)$")


Texts = tuple[tuple[str, str], ...]


@lru_cache(maxsize=128)
def _configured(
    services: Texts, zones: Texts, policies: Texts,
) -> tuple[dict[str, firewalld.Zone], list[firewalld.Zone]]:
    """Read zones by name and the policies towards the host; remembered, as fleets are alike."""
    ports = firewalld.services_of(dict(services))
    texts = {path.rpartition("/")[2].removesuffix(".xml"): text for path, text in zones}
    towards = [text for _, text in policies
               if re.search(r"<egress-zone\s+name=[\"'](HOST|ANY)", text)]
    return (
        {name: firewalld.zone_of(name, text, ports) for name, text in texts.items()},
        [firewalld.zone_of("policy", text, ports) for text in towards],
    )


class Files(Protocol):
    """Files by path, as a probe dumped them."""

    states: dict[str, str]

    def text(self, path: str) -> str | None:
        """Return a file's text, None when it is not there."""

    def under(self, folder: str) -> dict[str, str]:
        """Return the files directly in a folder."""


class BootFilter:
    """The filters of the next boot, from the enabled services and their files."""

    def __init__(
        self, files: Files, units: Mapping[str, Mapping[str, Any]], bindings: Mapping[str, str],
    ) -> None:
        self.files = files
        self.bindings = bindings
        self.enabled = {
            name for name, unit in units.items()
            if str(unit.get("enabled", "")).startswith("enabled")
        }
        self._read: dict[str, Any] = {}

    def results(self, packet: Packet) -> list[str]:
        """Given a packet, return what the filters say. Raise ValueError for rules not read."""
        results = list(self._each(packet))
        rivals = {name for name in self.enabled & _RIVALS if name != "firewalld.service"}
        if "firewalld.service" in self.enabled and rivals and len(set(results)) > 1:
            return [UNSURE]  # only one of them will run, and the start order decides which
        return results

    def _each(self, packet: Packet) -> Iterator[str]:
        six = packet.family == 6  # noqa: PLR2004 - IP versions
        for service, paths in _SAVED.items():
            if service in self.enabled and paths[six]:
                chains = chains_of(self.files.text(paths[six]) or "")
                if "INPUT" in chains:
                    yield judge_hook(chains, ["INPUT"], packet)
                else:
                    yield ACCEPT
        if "firewalld.service" in self.enabled:
            yield self._firewalld(packet)
        if "nftables.service" in self.enabled:
            yield from self._nft(packet, "ip6" if six else "ip")
        if "ufw.service" in self.enabled:
            yield self._ufw(packet)

    def _nft(self, packet: Packet, family: str) -> Iterator[str]:
        text = next(filter(None, map(self._known, _NFT)), "")
        for table in tables_of(self._expand(text, 0)):
            if table.family in ("inet", family) and table.hooked:
                yield judge_hook(table.chains, table.hooked, packet)

    def _known(self, path: str) -> str | None:
        return self.files.text(path) if path in self.files.states else None

    def _expand(self, text: str, depth: int) -> str:
        if depth > 8:  # noqa: PLR2004 - nothing sensible nests deeper
            raise ValueError("include goes too deep")

        def inner(match: re.Match[str]) -> str:
            pattern = match.group(1)
            paths = [path for path in sorted(self.files.states)
                     if fnmatch.fnmatchcase(path, pattern)]
            if not paths and "*" not in pattern:
                raise ValueError(f"include {pattern} was not read")
            return "\n".join(self._expand(self.files.text(p) or "", depth + 1) for p in paths)

        text = _INCLUDE.sub(inner, re.sub(r"(?m)^[ \t]*#.*$", "", text))
        for name, value in _DEFINE.findall(text):
            plain = value.strip().replace("\\", "")
            text = re.sub(rf"\${re.escape(name)}\b", plain, text)
        return _DEFINE.sub("", text)

    def _ufw(self, packet: Packet) -> str:
        on = re.findall(r"(?m)^ENABLED=[\"']?(\w+)", self.files.text("/etc/ufw/ufw.conf") or "")
        if not on or on[-1].lower() != "yes":
            return ACCEPT
        name = "user6" if packet.family == 6 else "user"  # noqa: PLR2004 - IP versions
        chains = chains_of(self.files.text(f"/etc/ufw/{name}.rules") or "")
        start = "ufw6-user-input" if name == "user6" else "ufw-user-input"
        result = walk(chains, start, packet) if start in chains else FALL
        policy = re.findall(r"(?m)^DEFAULT_INPUT_POLICY=[\"']?(\w+)",
                            self.files.text("/etc/default/ufw") or "")
        refused = bool(policy) and policy[-1].upper() in ("DROP", "REJECT")
        return result if result != FALL else DROP if refused else ACCEPT

    def _firewalld(self, packet: Packet) -> str:
        result = firewalld.direct(self.files.text("/etc/firewalld/direct.xml"), packet)
        if result != FALL:
            return result
        zones, policies = self._configured()
        if any(firewalld.lets_in(policy, packet) for policy in policies):
            return ACCEPT
        name = self.zone(packet.interface)
        if name not in zones:
            raise ValueError(f"zone {name} has no file")
        return ACCEPT if firewalld.lets_in(zones[name], packet) else DROP

    def _configured(self) -> tuple[dict[str, firewalld.Zone], list[firewalld.Zone]]:
        if "zones" not in self._read:
            self._read["zones"] = self._zones()
        found: tuple[dict[str, firewalld.Zone], list[firewalld.Zone]] = self._read["zones"]
        return found

    def _zones(self) -> tuple[dict[str, firewalld.Zone], list[firewalld.Zone]]:
        return _configured(*(
            tuple((path, text) for folder in folders
                  for path, text in self.files.under(folder).items())
            for folders in (
                ("/usr/lib/firewalld/services", "/etc/firewalld/services"),
                ("/usr/lib/firewalld/zones", "/etc/firewalld/zones"),
                ("/etc/firewalld/policies",),
            )
        ))

    def zone(self, interface: str) -> str:
        """Given an interface, return the zone of firewalld that an outsider on it falls into."""
        zones, _ = self._configured()
        for name, zone in zones.items():
            if any(map(everybody, zone.sources)):
                return name
        for name, zone in zones.items():
            if interface in zone.interfaces:
                return name
        bound = self.bindings.get(interface) or self.bindings.get("*")
        return bound or firewalld.default_zone(self.files.text("/etc/firewalld/firewalld.conf"))
