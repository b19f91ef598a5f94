"""The host firewall: on, and SSH open to named sources only; never so that we are cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.parse.addresses import loopback
from opsrunner.parse.netfilter import Packet
from opsrunner.remedies import bootrules, sshsources
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.sources import CONTROLLER, controller, networks, refuse_lockout
from opsrunner.remedies.values import flag

_CONTAINERS = ("docker.service", "containerd.service", "kubelet.service", "podman.service",
               "libvirtd.service", "k3s.service")
_SAMPLES = (619, 21937, 52917)  # ports no service is known by
_EL6_RULES = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
-A INPUT -p {icmp} -j ACCEPT
-A INPUT -i lo -j ACCEPT
{ssh}
-A INPUT -j REJECT --reject-with {refusal}
-A FORWARD -j REJECT --reject-with {refusal}
COMMIT
"""
_FAMILIES = {
    4: (bootrules.IPTABLES, bootrules.RULES4, "icmp", "icmp-host-prohibited"),
    6: (bootrules.IP6TABLES, bootrules.RULES6, "ipv6-icmp", "icmp6-adm-prohibited"),
}


@remedy(
    "firewall_enabled", "bool",
    Reads(files=bootrules.FILES, units=(*bootrules.UNITS, *_CONTAINERS),
          facts=(*bootrules.FACTS, "network.listeners", "firewall.let_in_now", CONTROLLER)),
    "Whether the host firewall runs and starts at boot: firewalld, on EL 6 iptables.",
)
def firewall_enabled(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, switch the firewall on. Raise Refused where that would cut what is in use."""
    if not flag("firewall_enabled", wanted):
        return
    if not draft.is_("el6") and not draft.unit(bootrules.FIREWALLD).present:
        raise ByHand("未安装 firewalld，请按所用防火墙(nftables、iptables)手工配置",
                     "firewalld is not installed: configure the firewall in use by hand")
    filters = not draft.fact("firewall.let_in_now")
    if draft.is_("el6"):
        _iptables(draft, filters=filters)
    else:
        _firewalld(draft)
    if bootrules.let_in(draft, _samples(draft)):
        raise ByHand("现有防火墙规则放行一切，请先整理规则或默认区域",
                     "the rules that are there let everything in: put them, or the default zone, "
                     "in order first")
    ours = controller(draft)
    _refuse_cut(packet for packet in bootrules.kept_out(draft, draft.fact("firewall.ssh_packets"))
                if not any(ours in one for one in sshsources.opened(draft, packet) if ours))
    if not filters:
        _refuse_cut(packet for packet in bootrules.kept_out(draft, _served(draft))
                    if not sshsources.opened(draft, packet))


def _firewalld(draft: Draft) -> None:
    rivals = [name for name in bootrules.UNITS[1:]
              if draft.unit(name).active or draft.unit(name).enabled == "enabled"]
    if rivals:
        raise ByHand(f"{rivals[0]} 正在管理防火墙，请勿同时启用 firewalld",
                     f"{rivals[0]} keeps the firewall: do not run firewalld beside it")
    if not draft.unit(bootrules.FIREWALLD).active:
        _refuse_containers(draft)
    draft.set_unit(bootrules.FIREWALLD, enabled="enabled", active=True)


def _refuse_containers(draft: Draft) -> None:
    running = [name for name in _CONTAINERS if draft.unit(name).active]
    if running:
        raise Refused(f"{running[0]} 正在运行，启动防火墙会清空其网络规则",
                      f"{running[0]} runs: starting the firewall would flush its rules")


def _iptables(draft: Draft, *, filters: bool) -> None:
    """Switch on the script of each IP version in use, with EL 6's own rules where it has none.

    The script leaves no process behind: that the kernel filters says that it ran.
    """
    if not filters:
        _refuse_containers(draft)
    versions = {4}.union(*draft.fact("firewall.interfaces").values())
    for version in sorted(versions):
        unit, path, icmp, refusal = _FAMILIES[version]
        if not draft.unit(unit).present:
            raise ByHand(f"未安装 {unit} 的启动脚本", f"the init script of {unit} is missing")
        if not draft.exists(path):
            draft.write(path, _EL6_RULES.format(icmp=icmp, refusal=refusal, ssh=_ssh(draft)),
                        mode=0o600)
            draft.validate("iptables")
            draft.activate("iptables")
        draft.set_unit(unit, enabled="enabled", active=None if filters else True)


def _ssh(draft: Draft) -> str:
    ports = sorted({packet.port for packet in draft.fact("firewall.ssh_packets")})
    return "\n".join(f"-A INPUT -m state --state NEW -m tcp -p tcp --dport {port} -j ACCEPT"
                     for port in ports)


def _samples(draft: Draft) -> list[Packet]:
    return [Packet(protocol, port, name, family)
            for name, families in draft.fact("firewall.interfaces").items()
            for family in sorted(families) for protocol in ("tcp", "udp") for port in _SAMPLES]


def _served(draft: Draft) -> list[Packet]:
    """Return an outsider's connections to what listens on TCP beyond this host, SSH aside."""
    ssh = {packet.port for packet in draft.fact("firewall.ssh_packets")}
    ports = {one["port"] for one in draft.fact("network.listeners")
             if one["protocol"] == "tcp" and not loopback(one["address"])} - ssh
    return [Packet("tcp", port, name, 4) for name in draft.fact("firewall.interfaces")
            for port in sorted(ports)]


def _refuse_cut(packets: Iterable[Packet]) -> None:
    ports = ", ".join(dict.fromkeys(f"{one.protocol}/{one.port}" for one in packets))
    if ports:
        raise Refused(f"启用防火墙会切断 {ports}，请先在防火墙配置中放行",
                      f"the firewall would cut {ports}: allow it in the firewall's configuration "
                      "first")


@remedy(
    "firewall_ssh_sources", "list",
    Reads(files=bootrules.FILES, units=bootrules.UNITS,
          facts=(*bootrules.FACTS, "firewall.let_in_now", CONTROLLER)),
    "Addresses and networks that SSH is open to; the controller's own must be among them.",
)
def firewall_ssh_sources(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given networks, open SSH to each of them and close it to everybody else."""
    allowed = networks("firewall_ssh_sources", wanted)
    refuse_lockout(draft, allowed)
    packets = draft.fact("firewall.ssh_packets")
    ports = sorted({packet.port for packet in packets})
    if draft.is_("el6"):
        _need(draft, bootrules.IPTABLES)
        sshsources.in_iptables(draft, allowed, ports)
    else:
        _need(draft, bootrules.FIREWALLD)
        zones = {bootrules.boot_filter(draft).zone(packet.interface) for packet in packets}
        for zone in sorted(zones):
            sshsources.in_zone(draft, zone, allowed, ports)
    left = bootrules.let_in(draft, packets)
    if left:
        raise ByHand(f"另有规则向所有来源开放 SSH(tcp/{left[0].port})，请手工调整",
                     f"another rule opens SSH (tcp/{left[0].port}) to everybody: change it by "
                     "hand")


def _need(draft: Draft, unit: str) -> None:
    others = [name for name in bootrules.OTHERS if draft.unit(name).active]
    el6 = draft.is_("el6") and not draft.fact("firewall.let_in_now")
    state = draft.unit(unit)
    runs = state.enabled.startswith("enabled") and (state.active or el6)
    if not runs or others:
        name = others[0] if others else re.sub(r"\.service$", "", unit)
        raise ByHand(f"请先启用防火墙并只用一种：{name}",
                     f"switch on one firewall, and only one, first: {name}")
