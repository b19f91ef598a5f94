"""Accounts: passwd, group, what shadow says without its hashes, and the homes."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.account import can_authenticate, id_number, is_login_shell
from opsrunner.parse.found import found

_PASSWD_FIELDS = 7
_GROUP_FIELDS = 4
_SHADOW_FIELDS = 8
_KEY_FILES = ("/.ssh/authorized_keys", "/.ssh/authorized_keys2")


def _table(text: str | None, path: str) -> list[list[str]]:
    """Return the fields of each line that glibc would look at: no comment, no empty line."""
    if not text or not text.strip():
        raise CannotTell(Reason.UNPARSABLE, f"{path} is missing or empty")
    lines = (line.lstrip() for line in text.split("\n"))
    return [line.split(":") for line in lines if line and not line.startswith("#")]


@fact(probes=["accounts.passwd"])
def passwd(host: Host) -> list[dict[str, Any]]:
    """Return the lines of ``/etc/passwd`` in order, broken ones included, comments left out.

    Shape: ``{"name", "password", "uid": int | None, "gid": int | None, "home", "shell"}``.
    ``password`` is ``x`` or only said to be there (``set``) or ``empty``; a uid that glibc
    refuses is None and no account. Source: passwd(5).
    """
    rows = []
    for words in _table(host.files("accounts.passwd").text("/etc/passwd"), "/etc/passwd"):
        fields = words + [""] * (_PASSWD_FIELDS - len(words))
        word = fields[1]
        rows.append(
            {
                "name": fields[0],
                "password": "x" if word == "x" else "set" if word else "empty",
                "uid": id_number(fields[2]),
                "gid": id_number(fields[3]),
                "home": fields[5],
                "shell": fields[6].strip(),
            },
        )
    return rows


@fact(probes=["accounts.group"])
def group(host: Host) -> list[dict[str, Any]]:
    """Return the lines of ``/etc/group``: ``{"name", "gid": int | None, "members": [...]}``."""
    rows = []
    for words in _table(host.files("accounts.group").text("/etc/group"), "/etc/group"):
        fields = words + [""] * (_GROUP_FIELDS - len(words))
        members = [name.strip() for name in fields[3].split(",") if name.strip()]
        rows.append({"name": fields[0], "gid": id_number(fields[2]), "members": members})
    return rows


@fact(probes=["accounts.shadow"])
def shadow(host: Host) -> dict[str, dict[str, Any]]:
    """Return ``/etc/shadow`` by account, the hash reduced to its kind on the host itself.

    Shape: ``{"kind", "changed", "min", "max", "warn", "inactive", "expires"}``; numbers are
    days (dates since 1970-01-01), None where the field is empty. ``kind``: ``empty``,
    ``locked``, ``$6$`` and the like, ``!$6$`` when a real hash is locked, ``des``, ``other``.
    Of an account that stands twice the first line counts, as for glibc. Source: shadow(5).
    """
    rows: dict[str, dict[str, Any]] = {}
    keys = ("changed", "min", "max", "warn", "inactive", "expires")
    for fields in _table(host.text("accounts.shadow"), "/etc/shadow"):
        if len(fields) != _SHADOW_FIELDS:
            raise CannotTell(Reason.UNPARSABLE, f"/etc/shadow: {len(fields)} fields, not 8")
        numbers = {key: _days(word) for key, word in zip(keys, fields[2:], strict=True)}
        rows.setdefault(fields[0], {"kind": fields[1], **numbers})
    return rows


def _days(word: str) -> int | None:
    word = word.strip()
    try:
        return int(word) if word else None
    except ValueError:
        raise CannotTell(Reason.UNPARSABLE, f"/etc/shadow: {word[:20]!r} is no number") from None


@fact(probes=["accounts.homes"])
def homes(host: Host) -> dict[str, Any]:
    """Return every home of ``/etc/passwd`` and what in it lets somebody in.

    Shape: ``{"homes": {path: entry}, "trust": {path: entry}, "keys": {path: entry},
    "skipped": {path: file system}}``; an entry is ``{"kind", "mode", "uid", "user", "group",
    "size"}``. A home that is in neither ``homes`` nor ``skipped`` does not exist.
    """
    if host.frame("accounts.homes").stderr:
        said = host.frame("accounts.homes").stderr.decode("utf-8", "backslashreplace")
        raise CannotTell(Reason.PROBE_FAILED, f"accounts.homes: {said[:200]}")
    sections = dict(host.sections("accounts.homes"))
    skipped = (line.partition("|") for line in sections.get("skipped", "").split("\n"))
    return {
        "homes": _entries(sections.get("homes", "")),
        "trust": _entries(sections.get("trust", "")),
        "keys": _entries(sections.get("keys", "")),
        "skipped": {path: kind for kind, _, path in skipped if path},
    }


def _entries(text: str) -> dict[str, dict[str, Any]]:
    try:
        return {
            item.path: {
                "kind": item.kind, "mode": item.mode, "uid": item.uid, "user": item.user,
                "group": item.group, "size": item.size,
            }
            for item in found(text.split("\n"))
        }
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"accounts.homes: {error}") from error


@fact(facts=["accounts.passwd", "accounts.shadow", "accounts.group", "accounts.homes"])
def login_accounts(host: Host) -> list[dict[str, Any]]:
    """Return the accounts somebody can log in with: a login shell, and a password or a key.

    Shape: ``{"name", "uid", "shell", "password": kind, "keys": bool, "groups": [...],
    "expires": int | None}``. Keys are those in ``~/.ssh/authorized_keys``; a home that could
    not be looked at counts as holding one.
    """
    hashes, places = host.get("accounts.shadow"), host.get("accounts.homes")
    memberships: dict[str, list[str]] = {}
    for row in host.get("accounts.group"):
        for member in row["members"]:
            memberships.setdefault(member, []).append(row["name"])
    primary = {row["gid"]: row["name"] for row in reversed(host.get("accounts.group"))}
    rows = []
    for row in host.get("accounts.passwd"):
        aging = hashes.get(row["name"], {}) if row["password"] == "x" else {"kind": row["password"]}  # noqa: S105 - the word x in field 2
        keys = _has_keys(row["home"], places)
        if row["uid"] is None or not is_login_shell(row["shell"]):
            continue
        if not (keys or can_authenticate(aging.get("kind"))):
            continue
        groups = {primary.get(row["gid"], str(row["gid"])), *memberships.get(row["name"], [])}
        rows.append({
            "name": row["name"], "uid": row["uid"], "shell": row["shell"] or "/bin/sh",
            "password": aging.get("kind", "none"), "keys": keys, "groups": sorted(groups),
            "expires": aging.get("expires"),
        })
    return rows


def _has_keys(home: str, places: dict[str, Any]) -> bool:
    home = home.rstrip("/")
    if (home or "/") in places["skipped"]:
        return True
    return any(places["trust"].get(home + name, {}).get("size") for name in _KEY_FILES)
