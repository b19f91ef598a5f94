"""Listening sockets: who offers what to whom."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import postfix
from opsrunner.parse.addresses import loopback
from opsrunner.parse.iptables import chains_of
from opsrunner.parse.nft import statements_of

_FIELDS = 4
_X_PROGRAMS = re.compile(r"(X|Xorg|Xwayland|Xvnc|Xvfb|Xtightvnc|Xtigervnc|x11vnc|vino-server|"
                         r"vncserver|wayvnc|x0vncserver|gdm.*|xdm|kdm|lightdm)$")
_MTA = {"master": "postfix", "sendmail": "sendmail", "exim": "exim", "exim4": "exim"}
_MTA_UNITS = {"sendmail.service": "sendmail", "exim.service": "exim", "exim4.service": "exim"}


@fact(probes=["network.listeners"])
def listeners(host: Host) -> list[dict[str, Any]]:
    """Return every listening socket, as ss, netstat or /proc/net show it.

    Shape: ``{"protocol": "tcp" | "udp", "address": "0.0.0.0", "port": 22, "process": "sshd" |
    None}``; several programs on one socket are joined by commas.
    """
    rows = []
    for line in host.text("network.listeners").splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) != _FIELDS or not words[2].isdigit():
            raise CannotTell(Reason.UNPARSABLE, f"a listener that reads {line[:80]!r}")
        rows.append({
            "protocol": words[0], "address": words[1], "port": int(words[2]),
            "process": None if words[3] == "-" else words[3],
        })
    return rows


@fact(facts=["network.listeners"])
def exposed(host: Host) -> list[dict[str, Any]]:
    """Return the listeners that other hosts reach, each with ``at`` (``tcp/22``) as well."""
    return [
        {"at": f"{one['protocol']}/{one['port']}", **one}
        for one in host.get("network.listeners") if not loopback(one["address"])
    ]


@fact(facts=["network.exposed"])
def cleartext_displays(host: Host) -> list[dict[str, Any]]:
    """Return the listeners of VNC, X11 and XDMCP: ``{"service", "at", "process"}``.

    By port (5800-5910, 6000-6010, udp/177) and, elsewhere, by the server's program.
    """
    found = []
    for one in host.get("network.exposed"):
        service = _display(one["protocol"], one["port"])
        if service is None and one["protocol"] == "tcp":
            names = (one["process"] or "").split(",")
            service = "display" if any(_X_PROGRAMS.match(name) for name in names) else None
        if service:
            found.append({"service": service, "at": one["at"], "process": one["process"]})
    return found


def _display(protocol: str, port: int) -> str | None:
    if protocol == "udp":
        return "xdmcp" if port == 177 else None  # noqa: PLR2004 - its port
    if 5800 <= port <= 5810 or 5900 <= port <= 5910:  # noqa: PLR2004 - VNC's displays :0 to :10
        return "vnc"
    return "x11" if 6000 <= port <= 6010 else None  # noqa: PLR2004 - X11's displays :0 to :10


@fact(probes=["network.mail"], facts=["network.exposed", "services.units"])
def mail_from_outside(host: Host) -> list[str]:
    """Return how other hosts reach the mail server, now or after its next start.

    Listeners on 25, 465 and 587 now; for postfix what main.cf and master.cf would open.
    Raise CannotTell for another mail server that is enabled and does not run.
    """
    found = [
        f"{one['at']} {one['address']} ({one['process'] or '?'})"
        for one in host.get("network.exposed")
        if one["protocol"] == "tcp" and one["port"] in (25, 465, 587)
    ]
    units = host.get("services.units")
    if _on(units.get("postfix.service")):
        found += _postfix(host)
    if found:
        return found
    for unit, name in _MTA_UNITS.items():
        state = units.get(unit) or {}
        if str(state.get("enabled")).startswith("enabled") and state.get("active") != "active":
            raise CannotTell(Reason.UNPARSABLE, f"{name} is enabled and does not run")
    return []


def _on(unit: dict[str, Any] | None) -> bool:
    return unit is not None and (
        str(unit["enabled"]).startswith("enabled") or unit["active"] == "active")


def _postfix(host: Host) -> list[str]:
    files = host.files("network.mail")
    text = files.text("/etc/postfix/main.cf")
    if text is None:
        return []
    if files.states.get("/etc/postfix/master.cf") == "denied":
        raise CannotTell(Reason.DENIED, "/etc/postfix/master.cf")
    master = dict(host.sections("network.mail")).get("master", "")
    try:
        return postfix.opened(text, master)
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, str(error)) from None


@fact(probes=["firewall.live"])
def firewall(host: Host) -> list[dict[str, str]]:
    """Return the rules the kernel filters incoming packets by, for the network ledger.

    Shape: ``{"source": "nft inet firewalld" | "iptables" | ..., "chain", "rule"}``.
    """
    rows: list[dict[str, str]] = []
    sections = dict(host.sections("firewall.live"))
    for name in ("legacy", "iptables", "legacy6", "iptables6"):
        family = "ip6tables" if name.endswith("6") else "iptables"
        for line in sections.get(name, "").splitlines():
            words = line.split(None, 2)
            if words[:1] == ["-A"] and len(words) > 2:  # noqa: PLR2004 - -A CHAIN RULE
                rows.append({"source": family, "chain": words[1], "rule": words[2]})
    written = {"ip filter": "iptables", "ip6 filter": "iptables6"}
    for table, chain, rule in statements_of(sections.get("nft", "")):
        if not chains_of(sections.get(written.get(table, ""), "")):
            rows.append({"source": f"nft {table}", "chain": chain, "rule": rule})
    return rows
