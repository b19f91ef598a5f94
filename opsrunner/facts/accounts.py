"""Accounts: ``/etc/passwd``, ``/etc/group`` and what ``/etc/shadow`` says without its hashes."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_PASSWD_FIELDS = 7
_GROUP_FIELDS = 4
_SHADOW_FIELDS = 8


def _table(text: str | None, path: str) -> list[list[str]]:
    if not text or not text.strip():
        raise CannotTell(Reason.UNPARSABLE, f"{path} is missing or empty")
    return [line.split(":") for line in text.splitlines() if line.strip()]


@fact(probes=["accounts.passwd"])
def passwd(host: Host) -> list[dict[str, Any]]:
    """Return the lines of ``/etc/passwd`` in order, broken ones included.

    Shape: ``{"name", "password", "uid": int | None, "gid": int | None, "home", "shell"}``.
    ``password`` is ``x`` or only said to be there (``set``) or ``empty``. Source: passwd(5).
    """
    rows = []
    for words in _table(host.files("accounts.passwd").text("/etc/passwd"), "/etc/passwd"):
        fields = words + [""] * (_PASSWD_FIELDS - len(words))
        word = fields[1]
        rows.append(
            {
                "name": fields[0],
                "password": "x" if word == "x" else "set" if word else "empty",
                "uid": int(fields[2]) if fields[2].isdigit() else None,
                "gid": int(fields[3]) if fields[3].isdigit() else None,
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
        gid = int(fields[2]) if fields[2].isdigit() else None
        members = [name for name in fields[3].strip().split(",") if name]
        rows.append({"name": fields[0], "gid": gid, "members": members})
    return rows


@fact(probes=["accounts.shadow"])
def shadow(host: Host) -> dict[str, dict[str, Any]]:
    """Return ``/etc/shadow`` by account, the hash reduced to its kind on the host itself.

    Shape: ``{"kind", "changed", "min", "max", "warn", "inactive", "expires"}``; numbers are
    days (dates since 1970-01-01), None where the field is empty. ``kind``: ``empty``,
    ``locked``, ``$6$`` and the like, ``!$6$`` when a real hash is locked, ``des``, ``other``.
    Source: shadow(5).
    """
    rows: dict[str, dict[str, Any]] = {}
    keys = ("changed", "min", "max", "warn", "inactive", "expires")
    for fields in _table(host.text("accounts.shadow"), "/etc/shadow"):
        if len(fields) != _SHADOW_FIELDS:
            raise CannotTell(Reason.UNPARSABLE, f"/etc/shadow: {len(fields)} fields, not 8")
        numbers = {key: _days(word) for key, word in zip(keys, fields[2:], strict=True)}
        rows[fields[0]] = {"kind": fields[1], **numbers}
    return rows


def _days(word: str) -> int | None:
    word = word.strip()
    try:
        return int(word) if word else None
    except ValueError:
        raise CannotTell(Reason.UNPARSABLE, f"/etc/shadow: {word!r} is no number") from None
