"""Frames of ``state.*`` -> units, sysctls, accounts, and who logged in. Pure.

Each function returns everything that was asked for: as it is, or as the CannotTell that says
why nobody knows. Files have a module of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from opsrunner.changes.state import AccountState, UnitState
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Reason

SYSV_UNITS = "services.units"  # the fact that knows them where there is no systemctl
_UP = frozenset(("active", "reloading", "activating"))
# What systemd says of a script in init.d: whether it starts is then said by its start links.
_BY_LINKS = frozenset(("", "bad", "generated"))


def login(host: Host) -> tuple[str, int]:
    """Given frames, return the account that logged in and the host's day. Raise CannotTell."""
    sections = dict(host.sections("state.self"))
    day = sections.get("today", "").strip()
    if not day.isascii() or not day.isdigit():
        raise CannotTell(Reason.UNPARSABLE, "state.self")
    return sections.get("login", "").strip(), int(day)


def is_root(host: Host) -> bool:
    """Given frames, return whether the script ran as root; so it did where that was not asked."""
    return dict(host.sections("state.self")).get("uid", "0").strip() == "0"


def units(host: Host, names: tuple[str, ...]) -> dict[str, UnitState | CannotTell]:
    """Given frames and unit names, return each unit."""
    if not names:
        return {}
    try:
        sections = dict(host.sections("state.units"))
        if "systemd" in sections:
            return dict(_systemd(sections, names))
        known = host.get(SYSV_UNITS)
    except CannotTell as reason:
        return dict.fromkeys(names, reason)
    return {name: _sysv(name, known, sections.get("up", "").split()) for name in names}


def _systemd(
    sections: Mapping[str, str], names: tuple[str, ...],
) -> dict[str, UnitState | CannotTell]:
    blocks = [block for block in sections["systemd"].split("\n\n") if block.strip()]
    if len(blocks) != len(names):
        raise CannotTell(Reason.UNPARSABLE, "systemctl show answered for other units")
    starts = sections.get("sysv", "").split()
    return {
        name: _unit(name, dict(line.split("=", 1) for line in block.splitlines() if "=" in line),
                    starts)
        for name, block in zip(names, blocks, strict=True)
    }


def _unit(name: str, said: Mapping[str, str], starts: list[str]) -> UnitState | CannotTell:
    load, enabled = said.get("LoadState"), said.get("UnitFileState", "")
    if load is None or "ActiveState" not in said:
        return CannotTell(Reason.UNPARSABLE, f"systemctl show said nothing of {name}")
    if load == "not-found":
        return UnitState(name, present=False)
    if load == "masked":
        enabled = "masked"
    elif enabled in _BY_LINKS:
        enabled = "enabled" if name.removesuffix(".service") in starts else "disabled"
    return UnitState(name, present=True, enabled=enabled, active=said["ActiveState"] in _UP)


def _sysv(name: str, known: Mapping[str, Any], up: list[str]) -> UnitState:
    if name not in known:
        return UnitState(name, present=False)
    return UnitState(name, present=True, enabled=known[name]["enabled"], active=name in up)


def sysctl_path(key: str) -> str:
    """Given a parameter's name, return its path below /proc/sys: ``.`` and ``/`` change places."""
    return key.translate(str.maketrans("./", "/."))


def sysctls(host: Host, keys: tuple[str, ...]) -> dict[str, str | CannotTell | None]:
    """Given frames and keys, return each live value, its blanks single; None: no such key.

    A pattern (``net.ipv4.conf.*.rp_filter``) gives every key there is of it.
    """
    if not keys:
        return {}
    try:
        sections = dict(host.sections("state.sysctls"))
    except CannotTell as reason:
        return dict.fromkeys(keys, reason)
    present = set(sections.get("present", "").splitlines())
    live = _values(sections.get("network", ""), ":")
    kernel = _values(sections.get("kernel", ""), "=")
    live |= {sysctl_path(key): value for key, value in kernel.items()}
    paths = {path for key in keys for path in _meant(sysctl_path(key), present)}
    return {
        key: CannotTell(Reason.DENIED, key) if path in present - live.keys() else live.get(path)
        for path, key in sorted((path, sysctl_path(path)) for path in paths)
    }


def _meant(path: str, present: set[str]) -> list[str]:
    """Return the paths that one asked for means: itself, or what is there of a pattern."""
    if "*" not in path:
        return [path]
    parts = path.split("/")
    return [one for one in present if len(one.split("/")) == len(parts)
            and all(map(fnmatchcase, one.split("/"), parts))]


def _values(section: str, mark: str) -> dict[str, str]:
    pairs = (line.partition(mark) for line in section.splitlines() if mark in line)
    return {key.strip(): " ".join(value.split()) for key, _, value in pairs}


def accounts(host: Host) -> Mapping[str, AccountState] | CannotTell:
    """Given frames, return the local accounts by name."""
    try:
        sections = dict(host.sections("state.accounts"))
        shadow = {line.split(":")[0]: line.split(":") for line in sections["shadow"].splitlines()}
        lines = [line.split(":") for line in sections["passwd"].splitlines()]
        return {
            fields[0]: _account(fields, shadow.get(fields[0], []))
            for fields in lines if len(fields) == 6 and fields[2].isdigit()  # noqa: PLR2004
        }
    except CannotTell as reason:
        return reason
    except (KeyError, ValueError, IndexError):
        return CannotTell(Reason.UNPARSABLE, "state.accounts")


def _account(fields: list[str], shadow: list[str]) -> AccountState:
    name, password, uid, gid, home, shell = fields
    if password == "x":  # noqa: S105 - passwd(5)'s word for "it stands in shadow"
        password = shadow[1] if shadow else "none"
    days = [int(day) if day else None for day in shadow[2:8]] if shadow else [None] * 6
    return AccountState(name, int(uid), int(gid), home, shell, password, *days)
