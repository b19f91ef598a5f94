"""Services that nobody should offer: off now and at boot, under xinetd and inetd too.

A unit that does not exist is nothing to do. Disabled is enough for a unit that is enabled; one
that another unit or the bus would start (static) is masked, for nothing else keeps it off.
"""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.facts.offers import CLEARTEXT, LEGACY, PERIPHERAL, SMALL, Offer
from opsrunner.parse import xinetd
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused, strings

_VARIABLE = "services_disabled"
_XINETD, _INETD = "/etc/xinetd.conf", "/etc/inetd.conf"
_INETD_FILES = (_XINETD, "/etc/xinetd.d/*", _INETD)
_GRAPHICAL, _UNNEEDED_NFS = "default graphical.target", "filesharing.unneeded_nfs"
_SUFFIX = re.compile(r"[\w:.\\@-]+\.(service|socket|path|timer)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_OFFERS: dict[str, Offer] = {
    offer.service: offer for offer in (*CLEARTEXT, *SMALL, *LEGACY, *PERIPHERAL)
}
_ALIASES = {"avahi-daemon": "avahi", "graphical.target": _GRAPHICAL}
_IDLE = frozenset(name for offer in _OFFERS.values() for name in offer.inetd)
# Units by the name of what they offer; the sockets come first, for they start the services.
_UNITS: dict[str, tuple[str, ...]] = {
    "telnet": ("telnet.socket", "telnetd.socket", "in.telnetd.socket", "telnet.service",
               "telnetd.service", "inetutils-telnetd.service"),
    "rsh": ("rsh.socket", "rshd.socket", "rsh.service", "rshd.service"),
    "rlogin": ("rlogin.socket", "rlogind.socket", "rlogin.service", "rlogind.service"),
    "rexec": ("rexec.socket", "rexecd.socket", "rexec.service", "rexecd.service"),
    "tftp": ("tftp.socket", "tftpd.socket", "in.tftpd.socket", "tftp.service", "tftpd.service",
             "tftpd-hpa.service", "atftpd.service", "atftpd.socket"),
    "talk": ("ntalk.socket", "talk.socket", "talkd.socket", "ntalk.service", "talk.service",
             "talkd.service"),
    "finger": ("finger.socket", "fingerd.socket", "finger.service", "fingerd.service",
               "cfingerd.service"),
    "ypbind": ("ypbind.service", "nis.service"),
    "ypserv": ("ypserv.service", "yppasswdd.service", "ypxfrd.service", "nis-server.service"),
    "avahi": ("avahi-daemon.socket", "avahi-daemon.service", "avahi-dnsconfd.service"),
    "cups": ("cups.socket", "cups.path", "cups-lpd.socket", "cups.service", "cupsd.service",
             "cups-browsed.service"),
    "bluetooth": ("bluetooth.service",),
    "nfs": ("nfs-server.service", "nfs-kernel-server.service", "nfs.service",
            "nfs-mountd.service", "nfs-ganesha.service", "rpcbind.socket", "rpcbind.service",
            "portmap.service"),
    "xinetd": ("xinetd.service", "inetd.socket", "inetd.service", "openbsd-inetd.service",
               "inetutils-inetd.service", "rlinetd.service"),
}
# Without these the host is lost, or nobody would learn of it.
_VITAL = re.compile(
    r"(sshd?|dropbear|systemd-.*|dbus.*|network.*|NetworkManager.*|auditd|rsyslog|syslog-ng|crond?"
    r"|firewalld|iptables|ip6tables|nftables|getty.*|polkit|sssd|init)(@.*)?\.(service|socket)",
)


def _units(name: str) -> tuple[str, ...]:
    """Given an item of the variable, return the units that stand for it."""
    if _SUFFIX.fullmatch(name):
        return (name,)
    if name == _GRAPHICAL:
        return ()
    return _UNITS.get(name, (f"{name}.socket", f"{name}.service"))


def _reads(wanted: object) -> Reads:
    given = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
    names = [_ALIASES.get(name, name) for name in given]
    known = [name for name in names if _NAME.fullmatch(name)]
    units = tuple(dict.fromkeys(unit for name in known for unit in _units(name)))
    more = {_GRAPHICAL: "kylinservices.desktop", "nfs": _UNNEEDED_NFS}
    return Reads(files=_INETD_FILES, units=units,
                 facts=("offers.under_inetd", "services.units",
                        *(fact for name, fact in more.items() if name in names)))


@remedy(
    _VARIABLE, "list", _reads,
    "Services that are off now and at boot: units with their suffix (cups.socket), or names such "
    "as telnet, cups or xinetd, which stand for all units and xinetd entries of that service.",
)
def services_disabled(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given services, stop and disable their units and switch off their xinetd entries."""
    names = _checked(strings(_VARIABLE, wanted))
    if _GRAPHICAL in names and _GRAPHICAL in draft.fact("kylinservices.desktop"):
        raise ByHand("默认启动目标为图形界面：执行 systemctl set-default multi-user.target",
                     "the default target is the desktop: run systemctl set-default "
                     "multi-user.target")
    for name in names:
        offer = _OFFERS.get(name)
        _refuse_others(draft, name, offer)
        # A client of NFS needs rpcbind: what is in use the fact leaves out.
        unneeded = {how.partition(" ")[0] for how in draft.fact(_UNNEEDED_NFS)
                    } if name == "nfs" else None
        for unit in _units(name):
            if unneeded is None or unit in unneeded:
                _off(draft, unit)
        if offer:
            _off_under_inetd(draft, offer)


def _checked(names: list[str]) -> list[str]:
    names = list(dict.fromkeys(_ALIASES.get(name, name) for name in names))
    wrong = [f"{name!r} is no service" for name in names
             if name != _GRAPHICAL and not _NAME.fullmatch(name)]
    if wrong:
        raise refused(_VARIABLE, wrong)
    vital = [unit for name in names for unit in _units(name) if _VITAL.fullmatch(unit)]
    if vital:
        raise Refused(f"主机运行不可缺少的服务不能关闭：{vital[0]}",
                      f"the host cannot do without this service: {vital[0]}")
    return names


def _off(draft: Draft, name: str) -> None:
    unit = draft.unit(name)
    if not unit.present:
        return
    starts = unit.enabled.startswith("enabled") or unit.enabled in ("generated", "linked")
    others_start = unit.enabled in ("static", "indirect") and unit.active
    enabled = "disabled" if starts else "masked" if others_start else None
    draft.set_unit(name, enabled=enabled, active=False if unit.active else None)


def _refuse_others(draft: Draft, name: str, offer: Offer | None) -> None:
    """Raise for what would be lost with it, or is on under a unit's name nobody foresaw."""
    if name == "xinetd":
        riding = sorted(set(draft.fact("offers.under_inetd")) - _IDLE)
        if riding:
            raise Refused(f"{riding[0]} 由 xinetd 提供，停用 xinetd 会中断它",
                          f"{riding[0]} is offered through xinetd and would stop with it")
    if offer is None:
        return
    for unit, state in draft.fact("services.units").items():
        on = state["enabled"].startswith("enabled") or state["active"] == "active"
        started = "@" in unit and state["active"] == "active"  # of a socket: ends with its client
        if on and re.fullmatch(offer.units, unit) and unit not in _units(name) and not started:
            raise ByHand(f"{unit} 也提供 {name}，请先确认再停用",
                         f"{unit} offers {name} too: look at it and switch it off")


def _off_under_inetd(draft: Draft, offer: Offer) -> None:
    names = set(offer.inetd) & set(draft.fact("offers.under_inetd"))
    if not names:
        return
    for path in (path for path in draft.paths("/etc/xinetd.") if path != _INETD):
        text = draft.text(path)
        changed = _xinetd_off(text, names)
        if changed != text:
            draft.write(path, changed)
            draft.activate("xinetd")
    if draft.exists(_INETD):
        lines = draft.text(_INETD).split("\n")
        kept = [f"#{line}" if names & set(xinetd.inetd(line)) else line for line in lines]
        if kept != lines:
            draft.write(_INETD, "\n".join(kept))
            draft.activate("xinetd")
    texts = {path: draft.text(path) for path in draft.paths("/etc/xinetd.") if path != _INETD}
    if left := names & set(xinetd.offered(texts)):
        name = min(left)
        raise ByHand(f"xinetd 的 {name} 条目写法特殊，请手工设置 disable = yes",
                     f"the xinetd entry {name} has an odd form: set disable = yes by hand")


_ENTRY = re.compile(r"(?m)^[ \t]*service[ \t]+(\S+)[^\n]*\n[^{}]*\{\r?\n(.*?)^[ \t]*\}", re.DOTALL)
_DISABLE = re.compile(r"(?m)^([ \t]*disable[ \t]*=[ \t]*)[^\n]*$")


def _xinetd_off(text: str, names: set[str]) -> str:
    """Given a file of xinetd, return it with ``disable = yes`` in the entries of these names."""

    def off(match: re.Match[str]) -> str:
        whole, body = match.group(0), match.group(2)
        ids = re.findall(r"(?m)^[ \t]*id[ \t]*=[ \t]*(\S+)", body)
        if not names & {match.group(1), *ids}:
            return whole
        changed, count = _DISABLE.subn(r"\g<1>yes", body)
        body_at = match.start(2) - match.start(0)
        end = body_at + len(body)
        new = changed if count else f"\tdisable = yes\n{body}"
        return whole[:body_at] + new + whole[end:]

    return _ENTRY.sub(off, text)
