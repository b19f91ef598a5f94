"""Host firewall: what an outsider gets through now, and after the next boot.

Outsider: a new connection whose source no rule lists. Verdicts come from walking the rules, not
from their look, so the tool that wrote them (firewalld, ufw, Docker, a script) does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import hostsaccess
from opsrunner.parse.bootfilter import BootFilter
from opsrunner.parse.iptables import chains_of
from opsrunner.parse.netfilter import DROP, UNSURE, Packet, judge_hook
from opsrunner.parse.nft import tables_of

# Ports no service is known by, one in each part of the range: a rule that opens them opens all.
_SAMPLES = (619, 21937, 52917)
_INNER = re.compile(r"(lo|veth|docker|br-|virbr|cni|flannel|cali|kube|lxc|ifb|dummy)")
_REFUSING = 0o022


@fact(probes=["firewall.session"])
def controller(host: Host) -> str:
    """Return the address this session came from over SSH, empty for a local one."""
    return host.text("firewall.session").strip()


@fact(probes=["firewall.live"])
def interfaces(host: Host) -> dict[str, set[int]]:
    """Return the interfaces an outsider may come in by: the IP versions each is reached over."""
    found: dict[str, set[int]] = {}
    for line in dict(host.sections("firewall.live")).get("addresses", "").splitlines():
        words = line.split()
        if len(words) < 3 or _INNER.match(words[0]):  # noqa: PLR2004 - name, family, scope
            continue
        name = words[0].partition("@")[0]
        if words[1] == "inet":
            found.setdefault(name, set()).add(4)
        elif words[1] == "inet6" and words[2] == "global":
            found.setdefault(name, set()).add(6)
    return found or {"eth0": {4}}


def _packets(host: Host, wanted: Iterable[tuple[str, int]]) -> list[Packet]:
    return [
        Packet(protocol, port, interface, family)
        for interface, families in sorted(interfaces(host).items())
        for family in sorted(families)
        for protocol, port in wanted
    ]


@lru_cache(maxsize=1024)
def _live(now: tuple[tuple[str, str], ...], packet: Packet) -> frozenset[str]:
    """Return what the parts of the kernel's rules say; one that drops settles it.

    Remembered: the hosts of a fleet have the same rules.
    """
    return frozenset(_parts(dict(now), packet))


def _parts(sections: Mapping[str, str], packet: Packet) -> Iterator[str]:
    six = "6" if packet.family == 6 else ""  # noqa: PLR2004 - IP versions
    family = "ip6" if six else "ip"
    by_iptables = False
    for name in (f"legacy{six}", f"iptables{six}"):
        chains = chains_of(sections.get(name, ""))
        if "INPUT" in chains:
            by_iptables = by_iptables or name.startswith("iptables")
            yield judge_hook(chains, ["INPUT"], packet)
    for table in tables_of(sections.get("nft", "")):
        written = by_iptables and (table.family, table.name) == (family, "filter")
        if table.family in ("inet", family) and table.hooked and not written:
            yield judge_hook(table.chains, table.hooked, packet)
    if "blind nft" in sections or f"blind legacy{six}" in sections:
        yield UNSURE


def _let_in(host: Host, packets: list[Packet], *, boot: bool) -> list[str]:
    """Return the packets that get in. Raise CannotTell when none does for sure, but some may."""
    try:
        plan = BootFilter(host.files("firewall.boot"), host.get("services.units"),
                          bindings(host)) if boot else None
        now = tuple(part for part in host.sections("firewall.live") if part[0] != "addresses")
        results = [(packet, set(plan.results(packet) if plan else _live(now, packet)))
                   for packet in packets]
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"firewall rules: {error}") from None
    accepted = [packet for packet, found in results if not found & {DROP, UNSURE}]
    if accepted:
        return [_said(packet) for packet in accepted]
    unsure = [packet for packet, found in results if DROP not in found]
    if unsure:
        raise CannotTell(
            Reason.UNPARSABLE, f"rules nobody can weigh from here decide on {_said(unsure[0])}")
    return []


def _said(packet: Packet) -> str:
    return f"{packet.protocol}/{packet.port} IPv{packet.family} {packet.interface}"


@fact(probes=["firewall.boot"])
def bindings(host: Host) -> dict[str, str]:
    """Return the zones that network configuration puts interfaces into, ``*`` for all others."""
    lines = dict(host.sections("firewall.boot")).get("bindings", "").splitlines()
    return dict(line.split(None, 1) for line in lines if len(line.split()) == 2)  # noqa: PLR2004


def _samples(host: Host) -> list[Packet]:
    return _packets(host, [(protocol, port) for protocol in ("tcp", "udp") for port in _SAMPLES])


@fact(probes=["firewall.live"])
def let_in_now(host: Host) -> list[str]:
    """Return which of six sample ports an outsider reaches now: ``["tcp/619 IPv4 eth0", ...]``.

    Empty: what no rule opens is refused. IPv6 counts where the host has a routable address.
    Source: nft(8), iptables-save(8), walked as the kernel does.
    """
    return _let_in(host, _samples(host), boot=False)


@fact(probes=["firewall.live", "firewall.boot"], facts=["services.units"])
def let_in_after_boot(host: Host) -> list[str]:
    """Return the same for the rules that enabled services load at the next boot."""
    return _let_in(host, _samples(host), boot=True)


@fact(facts=["ssh.options"], probes=["firewall.live"])
def ssh_packets(host: Host) -> list[Packet]:
    """Return an outsider's connections to SSH: each port, interface and IP version."""
    options = host.get("ssh.options")
    ports = [int(word) for word in options.get("port", "22").split() if word.isdigit()]
    families = {"inet": {4}, "inet6": {6}}.get(options.get("addressfamily", "any"), {4, 6})
    packets = _packets(host, [("tcp", port) for port in ports])
    return [packet for packet in packets if packet.family in families]


@fact(probes=["firewall.live"], facts=["ssh.options"])
def ssh_open_now(host: Host) -> list[str]:
    """Return the SSH ports an outsider reaches now: ``["tcp/22 IPv4 eth0"]``."""
    return _let_in(host, ssh_packets(host), boot=False)


@fact(probes=["firewall.live", "firewall.boot"], facts=["ssh.options", "services.units"])
def ssh_open_after_boot(host: Host) -> list[str]:
    """Return the SSH ports an outsider reaches after the next boot."""
    return _let_in(host, ssh_packets(host), boot=True)


@fact(probes=["firewall.wrappers"])
def ssh_refused_by_wrappers(host: Host) -> bool:
    """Return whether TCP wrappers refuse an outsider's SSH connection.

    An SSH server that is not linked with libwrap does not ask them. Source: hosts_access(5).
    """
    linked = dict(host.sections("firewall.wrappers")).get("libwrap", "").strip()
    if linked not in ("yes", "no"):
        raise CannotTell(Reason.MISSING_TOOL, "no SSH server program to look at")
    if linked == "no":
        return False
    files = host.files("firewall.wrappers")
    texts = [files.text(path) or "" for path in ("/etc/hosts.allow", "/etc/hosts.deny")]
    admitted = hostsaccess.admits(texts[0], texts[1], "sshd")
    if admitted is None:
        raise CannotTell(Reason.UNPARSABLE, "hosts.allow decides by name or by another file")
    return not admitted


@fact(probes=["firewall.wrappers"], facts=["firewall.ssh_refused_by_wrappers"])
def wrapper_faults(host: Host) -> list[str]:
    """Return what is wrong with ``hosts.allow`` and ``hosts.deny``: who writes, whom they admit."""
    found = []
    for line in dict(host.sections("firewall.wrappers")).get("modes", "").splitlines():
        mode, owner, path = [*line.split("|", 2), "", ""][:3]
        if owner != "root" or int(mode, 8) & _REFUSING:
            found.append(f"{path}: mode {mode}, owner {owner}")
    if not host.get("firewall.ssh_refused_by_wrappers"):
        linked = dict(host.sections("firewall.wrappers")).get("libwrap", "").strip() == "yes"
        found.append("sshd: every address admitted" if linked else "sshd: built without libwrap")
    return found


@fact(facts=["ssh.values", "ssh.options"], probes=["ssh.files"])
def ssh_limited_by_sshd(host: Host) -> list[str]:
    """Return how sshd itself limits where logins come from, nothing when it does not.

    AllowUsers counts when each entry names an address (``ops@10.1.*``) that is not everybody's;
    a denial for unlisted addresses counts when Match blocks look at addresses only.
    """
    allowed = host.get("ssh.values").get("allowusers", [])
    entries = [word for value in allowed for word in value.split()]
    if entries and all(_limited(word) for word in entries):
        return [f"AllowUsers {' '.join(entries)}"]
    options = host.get("ssh.options")
    text = host.files("ssh.files").text("/etc/ssh/sshd_config") or ""
    criteria = [line.split()[1:] for line in text.splitlines()
                if line.split()[:1] and line.split()[0].lower() == "match"]
    by_address = bool(criteria) and all(
        len(words) == 2 and words[0].lower() == "address" for words in criteria)  # noqa: PLR2004
    if by_address and "*" in options.get("denyusers", "").split():
        return ["DenyUsers * for unlisted addresses"]
    return []


def _limited(entry: str) -> bool:
    _, at, where = entry.rpartition("@")
    if not at or not where or where.startswith("!"):
        return False
    return not (set(where) <= set("*?.:") or re.fullmatch(r"[0.:]*/0", where))


