"""Time: the daemon that is there follows the site's servers, now and after a boot.

Servers are added, never taken away: which of them is followed is the daemon's own choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies import marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused, strings

_VARIABLE = "time_servers"
_SERVER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_LOCAL = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost", re.IGNORECASE)
_TIMESYNCD = "/etc/systemd/timesyncd.conf.d/90-opsrunner.conf"


@dataclass(frozen=True, slots=True)
class _Daemon:
    unit: str
    configurations: tuple[str, ...]  # the first one that exists is its own
    activation: str


_DAEMONS = (
    _Daemon("chronyd.service", ("/etc/chrony.conf", "/etc/chrony/chrony.conf"), "chrony"),
    _Daemon("chrony.service", ("/etc/chrony/chrony.conf", "/etc/chrony.conf"), "chrony"),
    _Daemon("ntpd.service", ("/etc/ntp.conf",), "ntp"),
    _Daemon("ntpsec.service", ("/etc/ntpsec/ntp.conf",), "ntp"),
    _Daemon("ntp.service", ("/etc/ntp.conf",), "ntp"),
    _Daemon("systemd-timesyncd.service", (_TIMESYNCD,), "timesyncd"),
)


@remedy(
    _VARIABLE, "list",
    Reads(files=tuple(dict.fromkeys(path for one in _DAEMONS for path in one.configurations)),
          units=tuple(one.unit for one in _DAEMONS)),
    "Time servers of the site, names or addresses, for the time daemon that is installed.",
)
def time_servers(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given servers, add those that are missing, and enable and start the daemon."""
    servers = _checked(strings(_VARIABLE, wanted))
    daemon = _daemon(draft)
    if daemon.configurations == (_TIMESYNCD,):
        text = f"[Time]\nNTP={' '.join(servers)}\n"
        changed = text != draft.text(_TIMESYNCD)
        if changed:
            draft.write(_TIMESYNCD, text)
    else:
        changed = _add(draft, daemon, servers)
    if changed:
        draft.activate(daemon.activation)
    draft.set_unit(daemon.unit, enabled="enabled", active=True)


def _checked(servers: list[str]) -> list[str]:
    if not servers:
        raise ByHand("请在 harden_linux_time_servers 中填写内网时钟源",
                     "name the site's time servers in harden_linux_time_servers")
    wrong = [f"{name!r} is no name or address of another host" for name in servers
             if not _SERVER.fullmatch(name) or _LOCAL.fullmatch(name)]
    if wrong:
        raise refused(_VARIABLE, wrong)
    return servers


def _daemon(draft: Draft) -> _Daemon:
    """Return the daemon that runs, else one that starts at boot, else one that is there."""
    there = [one for one in _DAEMONS
             if draft.unit(one.unit).present and draft.unit(one.unit).enabled != "alias"]
    for chosen in (
        [one for one in there if draft.unit(one.unit).active],
        [one for one in there if draft.unit(one.unit).enabled == "enabled"],
        there,
    ):
        if chosen:
            return chosen[0]
    raise ByHand("未安装时间同步服务，请先安装 chrony(EL6 为 ntp)",
                 "no time daemon is installed: install chrony (EL 6: ntp) first")


def _add(draft: Draft, daemon: _Daemon, servers: list[str]) -> bool:
    path = next((path for path in daemon.configurations if draft.exists(path)), None)
    if path is None:
        raise ByHand(f"{daemon.unit} 没有配置文件 {daemon.configurations[0]}",
                     f"{daemon.unit} has no configuration {daemon.configurations[0]}")
    text = draft.text(path)
    rest, ours = marked.cut(text)
    listed = re.findall(r"(?m)^[ \t]*(?:server|pool|peer)[ \t]+(\S+)", rest)
    new = {f"server {name} iburst" for name in servers if name not in listed}
    # Kept where they were added before, so that the order of wishes does not matter.
    lines = [*ours, *sorted(new.difference(ours))]
    changed = marked.put(rest, sorted(lines)) if lines != ours else text
    if changed != text:
        draft.write(path, changed)
    return changed != text
