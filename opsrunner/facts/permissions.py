"""Modes and owners of the files that have rules, measured against what they may be at most.

A mode is compared bit by bit: 0440 allows 0400 and 0000, not 0600. Every fact returns all files
it looked at as ``{"path", "mode", "owner", "wrong": [...]}``; a rule asks that ``wrong`` is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.account import is_login_shell, is_stock_command
from opsrunner.parse.found import Found, found

Judged = list[dict[str, Any]]
_NOWHERE = frozenset(("l", "N", "L"))  # find's letters for a link that leads to nothing
_KEY_GROUP = "ssh_keys"  # EL 7 on: ssh-keysign reads the host keys through this group
_BACKUPS_MODE = 0o600
_OTHERS_READ = 0o004


def section(host: Host, name: str) -> dict[str, Found]:
    """Given a section of the probe ``files.modes``, return its files by path.

    Patterns that matched nothing are left out. Raise CannotTell when one could not be looked at.
    """
    text = dict(host.sections("files.modes")).get(name)
    if text is None:
        raise CannotTell(Reason.NOT_COLLECTED, f"files.modes: {name}")
    try:
        lines = list(found(text.split("\n")))
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"files.modes: {error}") from error
    listed = {item.path for item in lines if item.kind == "acl"}
    items = {
        item.path: replace(item, acl=True) if item.path in listed else item
        for item in lines if item.kind != "acl"
    }
    if denied := [path for path, item in items.items() if item.kind == "denied"]:
        raise CannotTell(Reason.DENIED, ", ".join(denied))
    return {path: item for path, item in items.items() if item.there or "*" not in path}


def judged(
    item: Found, limit: int, groups: Collection[str] = (), *, kind: str = "f",
) -> dict[str, Any]:
    """Given a file, its largest mode and the groups it may have beside root, judge it.

    An ACL entry that lets somebody write shows in the mode's group bits, one that lets somebody
    read hides behind a group that may read: it counts where others must not read.
    """
    wrong = []
    if item.kind != kind:
        wrong.append("not a folder" if kind == "d" else "not a regular file")
    if item.mode & ~limit & 0o7777:
        wrong.append(f"mode beyond {limit:04o}")
    if item.uid != 0:
        wrong.append("owner is not root")
    if item.gid != 0 and item.group not in groups:
        wrong.append(f"group is not {' or '.join(('root', *sorted(groups)))}")
    if item.acl and not limit & _OTHERS_READ:
        wrong.append("extra ACL entries")
    return {"path": item.path, "mode": item.octal, "owner": item.owner, "wrong": wrong}


def absent(path: str) -> dict[str, Any]:
    """Given the path of a file that must be there and is not, return its judgement."""
    return {"path": path, "mode": "", "owner": "", "wrong": ["missing"]}


@fact(probes=["files.modes"])
def account_files(host: Host) -> Judged:
    """Return passwd, group and their backups: 0644 at most, root's; the two must be there."""
    items = section(host, "accounts")
    needed = _needed(items, ("/etc/passwd", "/etc/group"), 0o644)
    backups = _present(items, ("/etc/passwd-", "/etc/group-"))
    return [*needed, *(judged(item, 0o644) for item in backups)]


@fact(probes=["files.modes"], facts=["accounts.group", "accounts.passwd"])
def shadow_files(host: Host) -> Judged:
    """Return shadow, gshadow, their backups and opasswd: what holds hashes.

    0400 at most and root's, backups 0600. Debian's own programs read them through the group
    shadow, so there 0640 with that group is fine, as long as nobody is in it.
    """
    items = section(host, "accounts")
    limit, backups, groups = 0o400, _BACKUPS_MODE, frozenset[str]()
    if host.platform.startswith("debian"):
        limit, backups, groups = 0o640, 0o640, _unpeopled(host, "shadow")
    rows = [judged(items["/etc/shadow"], limit, groups)] if _is_there(items, "/etc/shadow") else [
        absent("/etc/shadow"),
    ]
    rows += [judged(item, limit, groups) for item in _present(items, ("/etc/gshadow",))]
    rows += [
        judged(item, backups, groups)
        for item in _present(items, ("/etc/shadow-", "/etc/gshadow-"))
    ]
    return rows + [
        judged(item, _BACKUPS_MODE) for item in _present(items, ("/etc/security/opasswd",))
    ]


@fact(probes=["files.modes"])
def sudo_files(host: Host) -> Judged:
    """Return sudoers and the files in sudoers.d (0440 at most), and that folder (0750)."""
    rows = []
    for path, item in section(host, "sudo").items():
        if item.there:
            folder = path == "/etc/sudoers.d"
            rows.append(judged(item, 0o750, kind="d") if folder else judged(item, 0o440))
    return rows


@fact(probes=["files.modes"], facts=["accounts.group", "accounts.passwd"])
def ssh_files(host: Host) -> Judged:
    """Return sshd's configuration (0600), its host keys (0600, or 0640 for the group ssh_keys).

    Public keys 0644; a drop-in counts like the main file. Empty when there is no sshd.
    """
    helpers = _unpeopled(host, _KEY_GROUP)
    rows = []
    for path, item in section(host, "ssh").items():
        if not item.there:
            continue
        if path == "/etc/ssh/sshd_config.d":
            rows.append(judged(item, 0o755, kind="d"))
        elif path.endswith(".pub"):
            rows.append(judged(item, 0o644, helpers))
        elif "/sshd_config" in path:
            rows.append(judged(item, 0o600))
        else:
            shared = item.group in helpers
            rows.append(judged(item, 0o640 if shared else 0o600, helpers))
    return rows


@fact(facts=["accounts.passwd", "accounts.homes"])
def home_folders(host: Host) -> Judged:
    """Return the homes of accounts with a login shell: 0750 at most, owned by the account.

    A home that does not exist holds nothing and is left out; ``sync`` and the like log nobody in.
    """
    places = host.get("accounts.homes")["homes"]
    rows = []
    for row in host.get("accounts.passwd"):
        entry = places.get(_home(row["home"]))
        if entry is None or entry["kind"] in _NOWHERE or row["uid"] is None:
            continue
        if not is_login_shell(row["shell"]) or is_stock_command(row["name"], row["shell"]):
            continue
        wrong = [] if entry["kind"] == "d" else ["not a folder"]
        if entry["mode"] & ~0o750 & 0o777:
            wrong.append("mode beyond 0750")
        if entry["uid"] != row["uid"]:
            wrong.append(f"not owned by {row['name']}")
        rows.append({
            "path": _home(row["home"]), "mode": f"{entry['mode']:04o}",
            "owner": f"{entry['user']}:{entry['group']}", "wrong": wrong,
        })
    return rows


@fact(facts=["accounts.passwd", "accounts.homes"])
def homes_out_of_sight(host: Host) -> list[str]:
    """Return nothing when every home of an account with a login shell was looked at.

    Raise CannotTell naming those on network file systems.
    """
    skipped = host.get("accounts.homes")["skipped"]
    unseen = {
        f"{row['home']} ({skipped[row['home']]})" for row in host.get("accounts.passwd")
        if row["home"] in skipped and is_login_shell(row["shell"])
    }
    if unseen:
        said = ", ".join(sorted(unseen))
        raise CannotTell(Reason.NOT_COLLECTED, f"homes on network file systems: {said}")
    return []


def _home(path: str) -> str:
    return path.rstrip("/") or "/"


def _is_there(items: dict[str, Found], path: str) -> bool:
    return path in items and items[path].there


def _present(items: dict[str, Found], paths: Iterable[str]) -> list[Found]:
    return [items[path] for path in paths if _is_there(items, path)]


def _needed(items: dict[str, Found], paths: Iterable[str], limit: int) -> Judged:
    return [
        judged(items[path], limit) if _is_there(items, path) else absent(path) for path in paths
    ]


def _unpeopled(host: Host, group: str) -> frozenset[str]:
    """Return the group's name in a set when nobody is in it, else nothing.

    In it is who is a member and whose own group it is.
    """
    rows = [row for row in host.get("accounts.group") if row["name"] == group]
    own = {row["gid"] for row in host.get("accounts.passwd")}
    peopled = any(row["members"] or row["gid"] in own for row in rows)
    return frozenset(() if peopled else (group,))
