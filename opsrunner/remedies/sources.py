"""The addresses administration may come from: read, and never without the controller's own."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.facts.base import CannotTell
from opsrunner.remedies.values import refused, strings

Network = IPv4Network | IPv6Network
_WIDEST = 4  # bits: a network of /3 or wider is no limit
CONTROLLER = "firewall.controller"  # the fact: where this very session came from
_DECLARED = "ops_controller_address"  # wins, for sessions that come through something else


def networks(variable: str, wanted: Any) -> list[Network]:  # noqa: ANN401 - the role's value
    """Return the networks, sorted. Raise ByHand for none, InputError naming all that are none."""
    words = strings(variable, wanted)
    if not words:
        raise ByHand(f"请在 harden_linux_{variable} 中填写控制机和堡垒机的地址或网段",
                     f"name the addresses of controller and bastion in harden_linux_{variable}")
    found: list[Network] = []
    wrong = []
    for word in words:
        try:
            network = ip_network(word)
        except ValueError as error:
            wrong.append(f"{word!r}: {error}")
            continue
        if network.prefixlen < _WIDEST:
            wrong.append(f"{word!r} is no limit")
        found.append(network)
    if wrong:
        raise refused(variable, wrong)
    return sorted(set(found), key=lambda one: (one.version, one))


def refuse_lockout(draft: Draft, allowed: list[Network]) -> None:
    """Raise Refused unless the controller's own address is known and among the networks."""
    address = controller(draft)
    if address is None:
        raise Refused("不知道控制机从哪个地址连接，不能限制来源",
                      "the address the controller comes from is not known: sources cannot be "
                      "limited")
    if not any(address in network for network in allowed):
        raise Refused(f"控制机地址 {address} 不在允许的来源中，会被锁在外面",
                      f"the controller's address {address} is not among the sources: it would be "
                      "locked out")


def controller(draft: Draft) -> IPv4Address | IPv6Address | None:
    """Return the address the controller comes from, None when it is not known."""
    word = str(draft.state.attributes.get(_DECLARED) or "")
    if not word:
        with contextlib.suppress(CannotTell):
            word = draft.fact(CONTROLLER)
    try:
        address = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
