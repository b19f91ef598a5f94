"""Services nobody should offer: on at boot, running now, under xinetd, or listening."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from opsrunner.facts.base import Host, fact
from opsrunner.parse import xinetd
from opsrunner.parse.addresses import loopback

_SUPER = r"(xinetd|inetd|openbsd-inetd|inetutils-inetd|rlinetd)\.(service|socket)"
_RUNNING = ("active", "activating", "reloading")
_SYSLOG = re.compile(r"(rsyslogd|syslog-ng|syslogd|rs:main)")


@dataclass(frozen=True, slots=True)
class Offer:
    """One service: its units (a pattern), xinetd names, ports (``tcp/23``) and programs."""

    service: str
    units: str = r"(?!)"
    inetd: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    programs: str = r"(?!)"
    others: str = r"(?!)"  # programs that use the port for something else
    local: bool = False  # serving this host alone is no offer


CLEARTEXT = (
    Offer("telnet", r"(inetutils-)?(in\.)?telnetd?(@.*)?\.(service|socket)",
          ("telnet", "ktelnet", "krb5-telnet", "ekrb5-telnet"), ("tcp/23",),
          r"(in\.)?telnetd$|utelnetd$"),
    Offer("rsh", r"(rsh|rshd)(@.*)?\.(service|socket)", ("shell", "rsh"), ("tcp/514",),
          r"(in\.)?rshd$", _SYSLOG.pattern),
    Offer("rlogin", r"(rlogin|rlogind)(@.*)?\.(service|socket)", ("login", "rlogin"),
          ("tcp/513",), r"(in\.)?rlogind$"),
    Offer("rexec", r"(rexec|rexecd)(@.*)?\.(service|socket)", ("exec", "rexec"), ("tcp/512",),
          r"(in\.)?rexecd$"),
)
SMALL = tuple(
    Offer(name, rf"{name}(-(dgram|stream|tcp|udp))?(@.*)?\.(service|socket)",
          (name, f"{name}-dgram", f"{name}-stream", f"{name}-udp", f"{name}-tcp"),
          (f"tcp/{port}", f"udp/{port}"))
    for name, port in (("echo", 7), ("discard", 9), ("daytime", 13), ("chargen", 19), ("time", 37))
)
LEGACY = (
    Offer("tftp", r"(tftp|tftpd|tftpd-hpa|atftpd|in\.tftpd)(@.*)?\.(service|socket)", ("tftp",),
          ("udp/69",), r"(in\.)?tftpd$|atftpd$"),
    Offer("talk", r"n?talkd?(@.*)?\.(service|socket)", ("talk", "ntalk", "otalk"),
          ("udp/517", "udp/518"), r"(in\.)?n?talkd$"),
    Offer("finger", r"(finger|fingerd|cfingerd)(@.*)?\.(service|socket)", ("finger",),
          ("tcp/79",), r"(in\.)?c?fingerd$"),
    Offer("ypbind", r"(ypbind|nis)\.service", (), (), r"ypbind$"),
    Offer("ypserv", r"(ypserv|yppasswdd|ypxfrd|nis-server)\.service", (), (),
          r"ypserv$|(rpc\.)?yppasswdd?$|(rpc\.)?ypxfrd$"),
)
PERIPHERAL = (
    Offer("avahi", r"avahi-(daemon|dnsconfd)\.(service|socket)", (), (), r"avahi-daemon"),
    Offer("cups", r"(cups|cupsd|cups-browsed|cups-lpd.*)\.(service|socket|path)",
          ("printer", "cups-lpd"), (), r"cupsd$|cups-browsed$"),
    Offer("bluetooth", r"bluetooth\.service", (), (), r"bluetoothd$"),
)
ROLES = (
    Offer("dhcp", r"(dhcpd6?|isc-dhcp-server6?|kea-dhcp[46](-server)?)\.service", (),
          ("udp/67", "udp/547"), r"dhcpd$|kea-dhcp", local=True),
    Offer("dns", r"(named(-chroot)?|bind9|unbound|dnsmasq|pdns)\.service", (),
          ("tcp/53", "udp/53"), r"named$|unbound$|dnsmasq$", local=True),
    Offer("http", r"(httpd|nginx|apache2|lighttpd|caddy|tomcat[0-9]*)\.(service|socket)", (),
          ("tcp/80", "tcp/443"), r"(httpd|nginx|apache2|lighttpd|caddy)$", local=True),
    Offer("proxy", r"(squid3?|privoxy|tinyproxy)\.service", (), ("tcp/3128",), r"squid|tinyproxy",
          local=True),
    Offer("mail", r"(dovecot|cyrus-imapd|cyrus)\.(service|socket)", (),
          ("tcp/110", "tcp/143", "tcp/993", "tcp/995"), r"dovecot$|imapd$", local=True),
    Offer("ldap", r"(slapd|dirsrv@.*)\.service", (), ("tcp/389", "tcp/636"), r"slapd$|ns-slapd$",
          local=True),
    Offer("rsync", r"(rsyncd|rsync)(@.*)?\.(service|socket)", ("rsync",), ("tcp/873",), local=True),
)


_LISTED = (*CLEARTEXT, *SMALL, *LEGACY, *PERIPHERAL, *ROLES)
_UNITS = re.compile("|".join(offer.units for offer in _LISTED))
_PROGRAMS = re.compile("|".join(offer.programs for offer in _LISTED))


@fact(facts=["services.units"])
def units_on(host: Host) -> list[tuple[str, str]]:
    """Return the units that are enabled or active, with that word: ``("cups.path", "enabled")``."""
    found = []
    for name, unit in host.get("services.units").items():
        if unit["enabled"].startswith("enabled"):
            found.append((name, unit["enabled"]))
        if unit["active"] in _RUNNING:
            found.append((name, unit["active"]))
    return found


def on(units: Sequence[tuple[str, str]], pattern: str) -> Iterator[str]:
    """Given the units that are on, yield those of a pattern: ``telnet.socket enabled``."""
    fits = re.compile(pattern).fullmatch
    for name, state in units:
        if fits(name):
            yield f"{name} {state}"


def _offered(host: Host, table: Sequence[Offer]) -> list[dict[str, Any]]:
    """Return what of a table is on: ``{"service", "how": [...]}``."""
    units, names = host.get("offers.candidates")
    reached: list[dict[str, Any]] = []
    local: list[dict[str, Any]] = []
    for one in host.get("network.listeners"):
        (local if loopback(one["address"]) else reached).append(one)
    under = set(host.get("offers.under_inetd"))
    found = []
    for offer in table:
        how = [f"{one['protocol']}/{one['port']} {one['address']} ({one['process'] or '?'})"
               for one in reached if _listens(offer, one)]
        # What runs and listens on loopback only is not offered.
        if not (offer.local and not how and any(_listens(offer, one) for one in local)):
            how += on(units, offer.units)
            how += [f"process {name}" for name in names if re.match(offer.programs, name)]
        how += [f"xinetd {name}" for name in offer.inetd if name in under]
        if how:
            found.append({"service": offer.service, "how": how})
    return found


def _listens(offer: Offer, one: dict[str, Any]) -> bool:
    programs = (one["process"] or "").split(",")
    if f"{one['protocol']}/{one['port']}" in offer.ports:
        return not any(re.match(offer.others, name) for name in programs)
    return any(re.match(offer.programs, name) for name in programs if name)


@fact(probes=["services.inetd"], facts=["offers.units_on", "system.processes"])
def under_inetd(host: Host) -> list[str]:
    """Return the services xinetd or inetd offers, none when neither is on at boot or running."""
    names = {process["name"] for process in host.get("system.processes")}
    if not (names & {"xinetd", "inetd"} or any(on(host.get("offers.units_on"), _SUPER))):
        return []
    files = host.files("services.inetd")
    texts = {path: files.text(path) or "" for path in files.states if path.startswith("/")}
    found = xinetd.offered(texts)
    for path, text in texts.items():
        if path.startswith("/etc/inetd."):
            found += xinetd.inetd(text)
    return sorted(set(found))


@fact(facts=["offers.units_on", "system.processes"])
def candidates(host: Host) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the units that are on and the programs that run, of all the tables here together."""
    units = [unit for unit in host.get("offers.units_on") if _UNITS.fullmatch(unit[0])]
    names = {str(process["name"]) for process in host.get("system.processes")}
    return units, sorted(name for name in names if _PROGRAMS.match(name))


_FACTS = ("offers.under_inetd", "offers.units_on", "offers.candidates", "network.listeners",
          "system.processes")


@fact(facts=_FACTS)
def cleartext_logins(host: Host) -> list[dict[str, Any]]:
    """Return the cleartext login services that are on: ``{"service": "telnet", "how": [...]}``."""
    return _offered(host, CLEARTEXT)


@fact(facts=_FACTS)
def super_servers(host: Host) -> list[dict[str, Any]]:
    """Return what xinetd and inetd offer, they themselves (when idle) and the small services."""
    names = {process["name"] for process in host.get("system.processes")}
    small = _offered(host, SMALL)
    listed = {one["service"] for one in small}
    under = [name for name in host.get("offers.under_inetd")
             if name.partition("-")[0] not in listed]
    found = small + [{"service": name, "how": ["xinetd"]} for name in under]
    if found:
        return found
    how = list(on(host.get("offers.units_on"), _SUPER))
    how += [f"process {name}" for name in sorted(names & {"xinetd", "inetd"})]
    return [{"service": "xinetd", "how": how}] if how else []


@fact(facts=_FACTS)
def legacy(host: Host) -> list[dict[str, Any]]:
    """Return which of tftp, talk, finger and NIS are on."""
    return _offered(host, LEGACY)


@fact(facts=_FACTS)
def peripheral(host: Host) -> list[dict[str, Any]]:
    """Return which of avahi, cups and bluetooth are on."""
    return _offered(host, PERIPHERAL)


@fact(facts=_FACTS)
def roles(host: Host) -> list[dict[str, Any]]:
    """Return the server roles the host plays: dhcp, dns, http, proxy, mail, ldap, rsync."""
    return _offered(host, ROLES)
