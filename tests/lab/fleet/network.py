"""The lab's network: one bridge per lab, one cable per host, nothing beyond.

Hosts get no default route, so that traffic stays inside their bridge. The cable is
laid by us after the host has its own namespace: no two hosts can race for a name.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .instance import Host, Instance, LabError
from .shell import run

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERFACES = Path("/sys/class/net")


def taken_networks() -> list[ipaddress.IPv4Network]:
    """Return every IPv4 network that this machine routes or has an address in."""
    found: list[ipaddress.IPv4Network] = []
    for line in run("ip", "-j", "-4", "addr").splitlines():
        for interface in json.loads(line):
            for entry in interface.get("addr_info", []):
                text = f"{entry['local']}/{entry['prefixlen']}"
                found.append(ipaddress.IPv4Network(text, strict=False))
    for route in json.loads(run("ip", "-j", "-4", "route", "show", "table", "all") or "[]"):
        target = route.get("dst", "default")
        if target not in ("default", "0.0.0.0/0"):
            found.append(ipaddress.IPv4Network(target, strict=False))
    return found


def candidates(name: str) -> Iterator[str]:
    """Given a lab name, yield the first three octets to try, always in the same order."""
    start = int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) % (50 * 256)
    for step in range(50 * 256):
        high, low = divmod((start + step) % (50 * 256), 256)
        yield f"10.{200 + high}.{low}"


def free_subnet(name: str) -> str:
    """Return three octets of a free /24. Raise LabError when the machine has none left."""
    taken = taken_networks()
    for subnet in candidates(name):
        wanted = ipaddress.IPv4Network(f"{subnet}.0/24")
        if not any(wanted.overlaps(other) for other in taken):
            return subnet
    raise LabError("no free 10.x.y.0/24 network on this machine")


def bridge_subnet(instance: Instance) -> str | None:
    """Return the first three octets of the lab's bridge, or None when there is no bridge."""
    if not (INTERFACES / instance.bridge).exists():
        return None
    for interface in json.loads(run("ip", "-j", "-4", "addr", "show", "dev", instance.bridge)):
        for entry in interface.get("addr_info", []):
            return str(entry["local"]).rpartition(".")[0]
    return None


def make_bridge(instance: Instance, subnet: str) -> None:
    """Create the bridge with the controller's address. The caller holds the network lock."""
    if not (INTERFACES / instance.bridge).exists():
        address = f"02:{instance.tag[0:2]}:{instance.tag[2:4]}:{instance.tag[4:6]}:01:00"
        run("ip", "link", "add", instance.bridge, "address", address, "type", "bridge")
    run("ip", "addr", "replace", f"{subnet}.1/24", "dev", instance.bridge)
    run("ip", "link", "set", instance.bridge, "up")


def plug_in(instance: Instance, host: Host, leader: int, subnet: str) -> None:
    """Lay the cable into the namespace of a host's PID 1 and give it its address."""
    outer, inner = instance.veth(host), f"p{instance.veth(host)}"[:15]
    unplug(instance, host)
    address = instance.hardware_address(host)
    run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "address", address)
    run("ip", "link", "set", outer, "master", instance.bridge, "up")
    run("ip", "link", "set", inner, "netns", str(leader), "name", "eth0")
    inside = ("nsenter", f"--net=/proc/{leader}/ns/net", "ip", "-batch", "-")
    run(
        *inside,
        stdin=f"link set lo up\naddr add {host.address(subnet)}/24 dev eth0\nlink set eth0 up\n",
    )


def unplug(instance: Instance, host: Host) -> None:
    """Remove a host's cable when it is there."""
    if (INTERFACES / instance.veth(host)).exists():
        run("ip", "link", "del", instance.veth(host), check=False)


def set_link(instance: Instance, host: Host, *, up: bool) -> None:
    """Pull or push the plug on the bridge's side."""
    run("ip", "link", "set", instance.veth(host), "up" if up else "down")


def remove_all(instance: Instance) -> list[str]:
    """Remove every interface of this lab, found by name; return the names removed."""
    names = [entry.name for entry in os.scandir(INTERFACES)]
    mine = [n for n in names if n == instance.bridge or instance.veth_prefix in n]
    for name in sorted(mine, reverse=True):
        run("ip", "link", "del", name, check=False)
    return mine
