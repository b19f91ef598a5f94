"""Kernel parameters without interfaces, by rule: each value now, and ``... at boot``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsrunner.facts.base import Host, fact
from opsrunner.facts.sysctl import View, at_boot

_INFORMATION = ("kernel.dmesg_restrict", "kernel.kptr_restrict", "kernel.yama.ptrace_scope")
_ADDRESSES = ("kernel.randomize_va_space",)
_COOKIES = ("net.ipv4.tcp_syncookies",)
_DUMPS = ("fs.suid_dumpable",)


def _certain(view: View, keys: Iterable[str]) -> dict[str, Any]:
    return {key: view.get(key, "not in this kernel") for key in keys}


@fact(facts=["sysctl.live"])
def information_now(host: Host) -> dict[str, Any]:
    """Return what guards the kernel's log, its pointers and other processes; only keys it has."""
    view: View = host.get("sysctl.live")
    return {key: view[key] for key in _INFORMATION if key in view}


@fact(facts=["sysctl.boot"])
def information_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set them."""
    view: View = host.get("sysctl.boot")
    return at_boot({key: view[key] for key in _INFORMATION if key in view})


@fact(facts=["sysctl.live"])
def addresses_now(host: Host) -> dict[str, Any]:
    """Return how far addresses are randomised: 0 not, 1 without the heap, 2 with it."""
    return _certain(host.get("sysctl.live"), _ADDRESSES)


@fact(facts=["sysctl.boot"])
def addresses_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set it."""
    return at_boot(_certain(host.get("sysctl.boot"), _ADDRESSES))


@fact(facts=["sysctl.live"])
def cookies_now(host: Host) -> dict[str, Any]:
    """Return whether SYN cookies are sent: 0 never, 1 in a flood, 2 always."""
    return _certain(host.get("sysctl.live"), _COOKIES)


@fact(facts=["sysctl.boot"])
def cookies_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set it."""
    return at_boot(_certain(host.get("sysctl.boot"), _COOKIES))


@fact(facts=["sysctl.live"])
def dumps_now(host: Host) -> dict[str, Any]:
    """Return whether privileged programs may dump core: 0 never."""
    return _certain(host.get("sysctl.live"), _DUMPS)


@fact(facts=["sysctl.boot"])
def dumps_at_boot(host: Host) -> dict[str, Any]:
    """Return the same as the next boot would set it."""
    return at_boot(_certain(host.get("sysctl.boot"), _DUMPS))
