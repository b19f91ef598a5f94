"""Whether accounts and groups are who they say: unique, shadowed, local, one superuser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opsrunner.facts.base import Host, fact

_NIS = ("+", "-")


@fact(facts=["accounts.passwd"])
def duplicate_users(host: Host) -> list[dict[str, Any]]:
    """Return user names and uids that stand more than once in ``/etc/passwd``.

    Shape: ``{"kind": "name" | "uid", "value", "accounts": [...]}``.
    """
    return _duplicates(host.get("accounts.passwd"), "uid", "accounts")


@fact(facts=["accounts.group"])
def duplicate_groups(host: Host) -> list[dict[str, Any]]:
    """Return group names and gids that stand more than once in ``/etc/group``.

    Shape: ``{"kind": "name" | "gid", "value", "groups": [...]}``.
    """
    return _duplicates(host.get("accounts.group"), "gid", "groups")


def _duplicates(rows: Iterable[Mapping[str, Any]], number: str, word: str) -> list[dict[str, Any]]:
    by: dict[tuple[str, Any], list[str]] = {}
    for row in rows:
        if row["name"].startswith(_NIS):
            continue
        by.setdefault(("name", row["name"]), []).append(row["name"])
        if row[number] is not None:
            by.setdefault((number, row[number]), []).append(row["name"])
    return [
        {"kind": kind, "value": value, word: names}
        for (kind, value), names in by.items() if len(names) > 1
    ]


@fact(facts=["accounts.passwd"])
def uid_zero(host: Host) -> list[str]:
    """Return the names of all accounts that are the superuser to the kernel, in order, once."""
    names = (row["name"] for row in host.get("accounts.passwd") if row["uid"] == 0)
    return list(dict.fromkeys(names))


@fact(facts=["accounts.passwd"])
def unshadowed(host: Host) -> list[str]:
    """Return the accounts whose password field in ``/etc/passwd`` is not exactly ``x``."""
    return [
        row["name"] for row in host.get("accounts.passwd")
        if row["password"] != "x" and not row["name"].startswith(_NIS)  # noqa: S105 - field 2
    ]


@fact(facts=["accounts.passwd", "accounts.group"])
def nis_entries(host: Host) -> list[str]:
    """Return the ``+`` and ``-`` entries of passwd and group, which bring in accounts of NIS."""
    return [
        f"/etc/{table}: {row['name']}"
        for table in ("passwd", "group")
        for row in host.get(f"accounts.{table}")
        if row["name"].startswith(_NIS)
    ]


@fact(facts=["accounts.shadow"])
def nis_shadow_entries(host: Host) -> list[str]:
    """Return the ``+`` and ``-`` entries of shadow; needs root, so it is a fact of its own."""
    return [f"/etc/shadow: {name}" for name in host.get("accounts.shadow") if name[:1] in _NIS]
