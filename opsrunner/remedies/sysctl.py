"""Kernel parameters: the values that hold now, and a file that wins at every boot.

systemd reads sysctl.d by file name, and digits come before letters: the file's name is late. What
is read later still, and ``/etc/sysctl.conf`` (which ``sysctl -p`` and ``sysctl --system`` apply
last), is changed in place where it says otherwise. EL 6 knows ``/etc/sysctl.conf`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.parse.sysctlconf import dotted, path_of
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.sysctlfiles import FILES, persist
from opsrunner.remedies.sysctlgoals import OWN, WHOLE, good, of_interfaces
from opsrunner.remedies.values import mapping, refused

UNIT = "systemd-sysctl.service"
_KEY = re.compile(r"[a-z]\w*(\.[\w/:@-]+)+", re.ASCII)
_ROUTES, _FORWARDERS = "interfaces.several_default_routes", "interfaces.forwarders"


def _reads(wanted: Mapping[str, Any]) -> Reads:
    whole = [match for key in wanted if (match := WHOLE.fullmatch(path_of(str(key))))]
    each = [f"net.{match[1]}.conf.*.{match[2]}" for match in whole if match[2] in OWN]
    return Reads(
        files=FILES, units=(UNIT,), sysctls=(*(str(key) for key in wanted), *each),
        facts=("sysctl.live", _ROUTES, _FORWARDERS),
    )


@remedy("sysctl", "dict", _reads,
        "Kernel parameters by name, now and at every boot; one this kernel lacks is left out.")
def sysctl(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Make each parameter, and where it counts each interface, as strict as wanted."""
    _refuse_nonsense(wanted)
    if draft.unit(UNIT).enabled == "masked":
        raise ByHand(f"{UNIT} 已屏蔽，重启后不会应用任何内核参数",
                     f"{UNIT} is masked: no boot would apply kernel parameters")
    goals = {path_of(str(key)): str(value) for key, value in wanted.items()
             if draft.sysctl(str(key)) is not None}
    goals = _loosened(draft, goals)
    _refuse_router(draft, goals)
    persist(draft, goals)
    _set_now(draft, goals)


def _refuse_nonsense(wanted: Mapping[str, Any]) -> None:
    items = mapping("sysctl", wanted).items()
    problems = [(key, "is no kernel parameter") for key, _ in items if not _KEY.fullmatch(str(key))]
    problems += [(key, f"{value!r} is no value of one") for key, value in items
                 if not re.fullmatch(r"[ -~]+", str(value)) or isinstance(value, bool)]
    if problems:
        raise refused("sysctl", [f"{key}: {said}" for key, said in problems])


def _loosened(draft: Draft, goals: Mapping[str, str]) -> dict[str, str]:
    """Where default routes leave by several interfaces the loose filter (2) is the right one."""
    strict = [path for path, value in goals.items() if path.endswith("/rp_filter") and value == "1"]
    loose = bool(strict) and draft.fact(_ROUTES)
    return {**goals, **dict.fromkeys(strict, "2")} if loose else dict(goals)


def _refuse_router(draft: Draft, goals: Mapping[str, str]) -> None:
    closed = [path for path, value in goals.items() if value == "0"
              and (path == "net/ipv4/ip_forward" or path.endswith("/forwarding"))]
    needing = draft.fact(_FORWARDERS) if closed else []
    if needing:
        raise Refused(f"本机运行需要转发的程序：{'、'.join(needing)}",
                      f"programs here need forwarding: {', '.join(needing)}")


def _set_now(draft: Draft, goals: Mapping[str, str]) -> None:
    for path, value in goals.items():
        key = dotted(path)
        if not good(path, draft.sysctl(key), value):
            _set(draft, key, value)
    for path, value in of_interfaces(draft, goals).items():
        key = dotted(path)
        # Forwarding of all interfaces follows the switch for all of them in the kernel.
        if not path.endswith("/forwarding") and not good(path, draft.sysctl(key), value):
            _set(draft, key, value)


def _set(draft: Draft, key: str, value: str) -> None:
    draft.set_sysctl(key, value)
    draft.activate("sysctl")
