"""Who could log in: system and default accounts, dormant accounts, the three administrators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.account import can_authenticate, is_login_shell, is_stock_command

_OVERFLOW = 65534  # nobody and what stands above it
_LOWEST = 500  # below it no distribution ever put a person's account
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAUSIBLE = 15000  # days: a clock before 2011 is wrong
_MONTHS = {name: n for n, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1,
)}
_LAST = re.compile(r"\s([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-]\d{4}) (\d{4})$")
_NEVER = "**Never logged in**"
_OFFICE = r"_?-?(adm|admin|administrator|mgr|mng|manager)s?"
_ROLES = {
    "system": re.compile(rf"(sys|system){_OFFICE}", re.IGNORECASE),
    "security": re.compile(rf"(sec|security|safe){_OFFICE}", re.IGNORECASE),
    "audit": re.compile(rf"(aud|audit|log){_OFFICE}|audit(or)?s?", re.IGNORECASE),
}


def _open_shells(host: Host) -> list[dict[str, Any]]:
    return [
        {"name": row["name"], "uid": row["uid"], "shell": row["shell"] or "/bin/sh"}
        for row in host.get("accounts.passwd")
        if row["uid"] is not None and row["name"] != "root" and is_login_shell(row["shell"])
        and not is_stock_command(row["name"], row["shell"])
    ]


def _open_passwords(host: Host) -> list[dict[str, Any]]:
    hashes = host.get("accounts.shadow")
    return [
        {"name": row["name"], "uid": row["uid"], "password": kind}
        for row in host.get("accounts.passwd")
        if row["uid"] is not None and row["name"] != "root"
        for kind in [
            hashes.get(row["name"], {}).get("kind") if row["password"] == "x" else row["password"],  # noqa: S105 - field 2
        ]
        if can_authenticate(kind)
    ]


@fact(facts=["accounts.passwd"])
def with_shell(host: Host) -> list[dict[str, Any]]:
    """Return every account but root that has a login shell: ``{"name", "uid", "shell"}``."""
    return _open_shells(host)


@fact(facts=["accounts.passwd", "accounts.shadow"])
def with_password(host: Host) -> list[dict[str, Any]]:
    """Return every account but root whose password is not locked: ``{"name", "uid", "password"}``.

    ``password`` is the kind of the hash; ``empty`` counts, it lets anybody in.
    """
    return _open_passwords(host)


@fact(probes=["login.defs"], facts=["accounts.passwd"])
def system_shells(host: Host) -> list[dict[str, Any]]:
    """Return system accounts that have a login shell: ``{"name", "uid", "shell"}``."""
    return [row for row in _open_shells(host) if _is_system(row, _first_user(host))]


@fact(probes=["login.defs"], facts=["accounts.passwd", "accounts.shadow"])
def system_passwords(host: Host) -> list[dict[str, Any]]:
    """Return system accounts whose password is not locked: ``{"name", "uid", "password"}``."""
    return [row for row in _open_passwords(host) if _is_system(row, _first_user(host))]


def _is_system(row: Mapping[str, Any], first: int) -> bool:
    return row["uid"] < first or row["uid"] >= _OVERFLOW or row["name"] in ("nobody", "nfsnobody")


def _first_user(host: Host) -> int:
    """Return UID_MIN; where it is missing or absurd, what the distribution uses.

    A UID_MIN of 1 would otherwise turn every system account into a person's.
    """
    usual = _LOWEST if host.platform in ("centos-6", "rhel-6") else 1000
    text = host.files("login.defs").text("/etc/login.defs") or ""
    words = re.findall(r"(?m)^[ \t]*UID_MIN[ \t]+\"?([0-9]{1,9})\"?[ \t\r]*$", text)
    number = int(words[-1]) if words else 0
    return number if _LOWEST <= number < _OVERFLOW else usual


@fact(
    probes=["accounts.today", "accounts.lastlog"],
    facts=["accounts.login_accounts", "accounts.shadow"],
)
def idle(host: Host) -> list[dict[str, Any]]:
    """Return for how many days each account that could log in has not done so.

    Shape: ``{"name", "last": date | "never", "idle_days": int}``. Left out are root, the account
    this check runs under and accounts that have expired. Where there was no login, the days
    since the password was last set count. Source: lastlog(8); a login without a terminal (scp,
    automation) leaves no trace there.
    """
    today = _today(host)
    people = [
        row for row in host.get("accounts.login_accounts")
        if row["name"] != "root" and not 0 <= _or(row["expires"], -1) <= today
    ]
    if not people:
        return []
    sections = dict(host.sections("accounts.lastlog"))
    last = dict(_logins(sections.get("lastlog", "")))
    if not last:
        raise CannotTell(Reason.UNPARSABLE, "lastlog listed no account")
    me = sections.get("me", "").strip()
    return [_idle(host, row["name"], last.get(row["name"]), today) for row in people
            if row["name"] != me]


def _idle(host: Host, name: str, last: int | None, today: int) -> dict[str, Any]:
    since = last
    if since is None:
        since = _or(host.get("accounts.shadow").get(name, {}).get("changed"), 0)
    day = (_EPOCH + timedelta(days=last)).date().isoformat() if last is not None else "never"
    return {"name": name, "last": day, "idle_days": max(0, today - since)}


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _today(host: Host) -> int:
    word = host.text("accounts.today").strip()
    if not re.fullmatch(r"[0-9]{1,9}", word) or int(word) < _PLAUSIBLE:
        raise CannotTell(Reason.UNPARSABLE, f"the host's clock says day {word[:20]!r}")
    return int(word)


def _logins(text: str) -> Iterator[tuple[str, int | None]]:
    """Yield (account, day of its last login), None for never; the heading is skipped."""
    for line in text.split("\n"):
        bare = line.rstrip()
        name = bare.split(" ", 1)[0]
        if bare.endswith(_NEVER):
            yield name, None
        elif match := _LAST.search(bare):
            month, day, hour, minute, _, zone, year = match.groups()
            if month not in _MONTHS:
                raise CannotTell(Reason.UNPARSABLE, f"lastlog: {bare[:80]!r}")
            try:
                when = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute),
                                tzinfo=UTC)
            except ValueError as error:
                raise CannotTell(Reason.UNPARSABLE, f"lastlog: {bare[:80]!r}") from error
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
            yield name, (when - (offset if zone[0] == "+" else -offset) - _EPOCH).days
        elif bare and not bare.startswith("Username"):
            raise CannotTell(Reason.UNPARSABLE, f"lastlog: {bare[:80]!r}")


@fact(facts=["accounts.login_accounts", "sudo.installed", "sudo.blanket_holders"])
def admin_roles(host: Host) -> dict[str, list[str]]:
    """Return who holds the three administrator roles (三员), by the usual names.

    Shape: ``{"system": [...], "security": [...], "audit": [...], "overlaps": [...]}``. A holder
    is an account somebody can log in with whose name, or a group of which, says the role
    (sysadm, secadm, auditadm and the like); who may run anything through sudo is a system
    administrator. ``overlaps`` says who holds two roles. Root holds none.
    """
    sudoers = set(host.get("sudo.blanket_holders")) if host.get("sudo.installed") else set()
    held: dict[str, set[str]] = {role: set() for role in _ROLES}
    for row in host.get("accounts.login_accounts"):
        if row["name"] == "root":
            continue
        words = [row["name"], *row["groups"]]
        for role, names in _ROLES.items():
            if any(names.fullmatch(word) for word in words):
                held[role].add(row["name"])
        rights = {row["name"], f"#{row['uid']}", *(f"%{name}" for name in row["groups"]), "ALL"}
        if row["uid"] == 0 or rights & sudoers:
            held["system"].add(row["name"])
    overlaps = [
        f"{name}: {', '.join(role for role in held if name in held[role])}"
        for name in sorted(set().union(*held.values()))
        if sum(name in people for people in held.values()) > 1
    ]
    return {**{role: sorted(people) for role, people in held.items()}, "overlaps": overlaps}
