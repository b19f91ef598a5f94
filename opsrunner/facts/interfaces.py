"""Network parameters of each interface, as the kernel combines them with ``all``.

Source: Documentation/networking/ip-sysctl and ``include/linux/inetdevice.h``. The larger one
counts for ``rp_filter``; either for ``send_redirects``, ``log_martians`` and, unless the
interface forwards, ``accept_redirects``; both for ``accept_source_route``. IPv6 uses the
interface's own ``accept_redirects`` alone. ``all`` and ``default`` are always among the answers:
the first also rules what is changed later, the second interfaces that come later. Loopback is
left out: nothing reaches it from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsrunner.facts.base import Host, fact
from opsrunner.facts.sysctl import View, at_boot

# Programs whose hosts have to forward packets, as the kernel names them (15 characters).
_FORWARDERS = frozenset((
    "dockerd", "containerd", "conmon", "kubelet", "k3s-server", "k3s-agent", "crio", "rke2",
    "libvirtd", "virtnetworkd", "openvpn", "charon", "charon-systemd", "pluto", "zebra", "bird",
    "ospfd", "bgpd", "frr", "xl2tpd", "pptpd",
))

_WORDS = 5  # net, family, conf, interface, parameter
_ICMP = ("net.ipv4.icmp_echo_ignore_broadcasts", "net.ipv4.icmp_ignore_bogus_error_responses")


@fact(facts=["system.processes"])
def forwarders(host: Host) -> list[str]:
    """Return what runs here that needs forwarding: containers, virtual machines, VPN, routing."""
    running = {row["name"] for row in host.get("system.processes")}
    return sorted(running & _FORWARDERS)


@dataclass(frozen=True, slots=True)
class Table:
    """Parameters of interfaces by family and name, then by interface, loopback left out."""

    view: View
    values: Mapping[tuple[str, str], Mapping[str, Any]]

    def of(self, family: str, name: str) -> Mapping[str, Any]:
        """Given ``ipv4`` or ``ipv6`` and a parameter, return it by interface."""
        return self.values.get((family, name), {})


def _table(view: View) -> Table:
    values: dict[tuple[str, str], dict[str, Any]] = {}
    for key, value in view.items():
        words = key.split(".")
        if len(words) == _WORDS and words[2] == "conf" and words[3] != "lo":
            values.setdefault((words[1], words[4]), {})[words[3]] = value
    return Table(view, values)


@fact(facts=["sysctl.live"])
def now(host: Host) -> Table:
    """Return the parameters of interfaces as they are now."""
    return _table(host.get("sysctl.live"))


@fact(facts=["sysctl.boot"])
def boot(host: Host) -> Table:
    """Return the parameters of interfaces as the next boot would set them."""
    return _table(host.get("sysctl.boot"))


@fact(facts=["interfaces.now"])
def forwarding_now(host: Host) -> dict[str, Any]:
    """Return every switch that lets the host forward packets, by key, as they are now."""
    return _forwarding(host.get("interfaces.now"))


@fact(facts=["interfaces.boot"])
def forwarding_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    return at_boot(_forwarding(host.get("interfaces.boot")))


@fact(facts=["interfaces.now"])
def redirects_now(host: Host) -> dict[str, Any]:
    """Return every switch that lets redirects in or out, by key, as they are now."""
    return _redirects(host.get("interfaces.now"))


@fact(facts=["interfaces.boot"])
def redirects_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    return at_boot(_redirects(host.get("interfaces.boot")))


@fact(facts=["interfaces.now"])
def source_routes_now(host: Host) -> dict[str, Any]:
    """Return the switches for source routes, by key, as they are now."""
    return _source_routes(host.get("interfaces.now"))


@fact(facts=["interfaces.boot"])
def source_routes_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    return at_boot(_source_routes(host.get("interfaces.boot")))


@fact(facts=["interfaces.now"])
def reverse_paths_now(host: Host) -> dict[str, Any]:
    """Return how strictly interfaces check the way back, by key, as they do now."""
    return _reverse_paths(host.get("interfaces.now"))


@fact(facts=["interfaces.boot"])
def reverse_paths_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    return at_boot(_reverse_paths(host.get("interfaces.boot")))


@fact(facts=["sysctl.default_routes"])
def several_default_routes(host: Host) -> bool:
    """Return whether IPv4 default routes leave by several interfaces: loose filtering is right."""
    return len(host.get("sysctl.default_routes")) > 1


@fact(facts=["interfaces.now"])
def martians_now(host: Host) -> dict[str, Any]:
    """Return the switches for impossible addresses and odd ICMP, by key, as they are now."""
    return _martians(host.get("interfaces.now"))


@fact(facts=["interfaces.boot"])
def martians_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    return at_boot(_martians(host.get("interfaces.boot")))


def _keys(family: str, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"net.{family}.conf.{interface}.{name}": value for interface, value in values.items()}


def _uses_ipv6(table: Table) -> bool:
    return any(value != 1 for value in table.of("ipv6", "disable_ipv6").values())


def _only_whole(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("all", "default") if name in values}


def _forwarding(table: Table) -> dict[str, Any]:
    found = {"net.ipv4.ip_forward": table.view["net.ipv4.ip_forward"]}
    for family in ("ipv4", "ipv6") if _uses_ipv6(table) else ("ipv4",):
        found |= _keys(family, "forwarding", table.of(family, "forwarding"))
    return found


def _redirects(table: Table) -> dict[str, Any]:
    forwards = table.of("ipv4", "forwarding")
    accepts = table.of("ipv4", "accept_redirects")
    # A forwarding interface needs both switches on; "all" is asked for anyway.
    mattering = {
        name: value for name, value in accepts.items()
        if name in ("all", "default") or forwards.get(name) != 1
    }
    found = _keys("ipv4", "accept_redirects", mattering)
    found |= _keys("ipv4", "send_redirects", table.of("ipv4", "send_redirects"))
    if _uses_ipv6(table):
        accepts = table.of("ipv6", "accept_redirects")
        found |= _keys("ipv6", "accept_redirects", accepts)
    return found


def _source_routes(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for family in ("ipv4", "ipv6") if _uses_ipv6(table) else ("ipv4",):
        name = "accept_source_route"
        found |= _keys(family, name, _only_whole(table.of(family, name)))
    return found


def _reverse_paths(table: Table) -> dict[str, Any]:
    values = table.of("ipv4", "rp_filter")
    whole = values.get("all")
    effective = {
        name: max(whole, value) if isinstance(whole, int) and isinstance(value, int) else value
        for name, value in values.items()
    }
    return _keys("ipv4", "rp_filter", effective | _only_whole(values))


def _martians(table: Table) -> dict[str, Any]:
    logged = _only_whole(table.of("ipv4", "log_martians"))
    odd = {key: table.view.get(key, "not in this kernel") for key in _ICMP}
    return odd | _keys("ipv4", "log_martians", logged)
