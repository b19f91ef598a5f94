"""Networks as packet filters and access lists write them: whom do they hold."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_WIDE = 3  # a network this wide is no limit: 0.0.0.0/1 and 128.0.0.0/1 together are everybody


def everybody(text: str) -> bool:
    """Given a network, an address or a range, return whether it (nearly) holds everybody.

    Names and whatever is no address hold only themselves.
    """
    low, dash, high = text.partition("-")
    if dash:
        return _range_is_wide(low, high)
    if text in ("0/0", "any"):
        return True
    try:
        return ipaddress.ip_network(text, strict=False).prefixlen <= _WIDE
    except ValueError:
        return False


def _range_is_wide(low: str, high: str) -> bool:
    try:
        first, last = ipaddress.ip_address(low.strip()), ipaddress.ip_address(high.strip())
    except ValueError:
        return False
    wide: int = 2 ** (first.max_prefixlen - _WIDE) - 1
    return int(last) - int(first) >= wide


@lru_cache(maxsize=4096)  # the same few addresses on every host of a fleet
def loopback(text: str) -> bool:
    """Given a listener's address, return whether only this host itself reaches it."""
    bare = text.strip("[]").partition("%")[0].strip("[]")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def never_ours(text: str) -> bool:
    """Given a destination, return whether no connection from outside can go there: groups, lo."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.is_multicast or network.is_loopback or text.startswith("255.255.255.255")
