"""Modes of files that rules name, of homes, and of private keys: rights are only taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.file_frames import is_pattern
from opsrunner.parse.account import is_login_shell, is_stock_command
from opsrunner.remedies.amounts import octal
from opsrunner.remedies.base import Reads, remedy

# Groups that may keep reading, on which family, and which files: programs of the distribution
# read them through it, and nobody is in it.
_KEY_GROUP, _KEY_FILE = "ssh_keys", re.compile(r"/etc/ssh/ssh_host_\w+_key")
_SHADOW_GROUP = "shadow"
_SHADOW_FILE = re.compile(r"/etc/g?shadow-?")
_GROUP_READS = 0o640
_GROUPS, _ACCOUNTS = "accounts.group", "accounts.passwd"
# Where homes are; the mode of one elsewhere is a person's to change.
_HOMES = ("/root", "/home/*", "/home/*/*", "/opt/*", "/srv/*", "/data/*", "/app/*", "/u01/*",
          "/u01/app/*", "/var/lib/*")
_SYSTEM = re.compile(r"/(?:(?:bin|boot|dev|etc|lib|lib64|proc|run|sbin|sys|tmp|usr)(?:/.*)?"
                     r"|home|mnt|opt|srv|var|var/[a-z]+)?")
_KEYS = ("/root/.ssh/*", "/home/*/.ssh/*", "/etc/pki/tls/private/*", "/etc/pki/nginx/private/*",
         "/etc/pki/tls/certs/*", "/etc/ssl/private/*", "/etc/ssl/*", "/etc/nginx/*",
         "/etc/nginx/*/*", "/etc/httpd/conf/*", "/etc/httpd/conf.d/*", "/etc/apache2/*",
         "/etc/apache2/*/*", "/etc/*.key", "/etc/*.pem", "/etc/*/*.key", "/etc/*/*.pem",
         "/var/lib/pgsql/data/*.key")


def _paths(wanted: Mapping[str, Any]) -> Reads:
    return Reads(stats=tuple(str(path) for path in wanted), facts=(_GROUPS, _ACCOUNTS))


@remedy("files_modes", "dict", _paths,
        'Octal modes at most by path or shell pattern, such as "0640"; the files become root\'s.')
def files_modes(draft: Draft, wanted: Mapping[str, str]) -> None:
    """Take away rights beyond a mode and give the file to root; one that is missing is left."""
    limits = {path: octal(f"files_modes.{path}", value) for path, value in wanted.items()}
    for path, limit in sorted(limits.items()):
        for real in _matches(draft, path):
            _restrict(draft, real, limit)


def _matches(draft: Draft, path: str) -> Iterator[str]:
    if not is_pattern(path):
        return iter([path] if draft.exists(path) else [])
    pattern = re.compile("/".join(_part(part) for part in path.split("/")))
    found = draft.paths(path.partition("*")[0].rpartition("/")[0])
    return (one for one in found if pattern.fullmatch(one))


def _part(part: str) -> str:
    """Return a shell pattern of one path component as a regular expression."""
    text = re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return f"(?!\\.){text}" if part.startswith(("*", "?")) else text


def _restrict(draft: Draft, path: str, limit: int) -> None:
    now = draft.file(path)
    group, most = 0, limit
    if draft.is_("debian") and _SHADOW_FILE.fullmatch(path):
        group, most = _group(draft, _SHADOW_GROUP), _GROUP_READS
    elif _KEY_FILE.fullmatch(path) and now.gid == _group(draft, _KEY_GROUP):
        group, most = now.gid or 0, _GROUP_READS
    if (now.mode or 0) & ~most & 0o7777 or now.uid or now.gid not in (0, group):
        kept = now.gid if now.gid == group else 0
        draft.set_mode(path, (now.mode or 0) & most, uid=0, gid=kept)


def _group(draft: Draft, name: str) -> int:
    """Return the number of a group that nobody is in, root's when somebody is or it is missing."""
    own = {row["gid"] for row in draft.fact(_ACCOUNTS)}
    rows = [row for row in draft.fact(_GROUPS)
            if row["name"] == name and not row["members"] and row["gid"] not in own]
    return int(rows[0]["gid"] or 0) if rows else 0


@remedy("files_home_mode", "str",
        Reads(stats=_HOMES, accounts=True, facts=("permissions.home_folders",)),
        'Octal mode at most, such as "0750", of the homes of accounts with a login shell.')
def files_home_mode(draft: Draft, wanted: str) -> None:
    """Take rights beyond the mode from homes; owners and system folders are a person's."""
    limit = octal("files_home_mode", wanted)
    by_hand = [row["path"] for row in draft.fact("permissions.home_folders")
               if any(not why.startswith("mode") for why in row["wrong"])]
    loose = []
    for path in dict.fromkeys(_homes(draft)):
        if path not in draft.state.files or _SYSTEM.fullmatch(path):
            rows = draft.fact("permissions.home_folders")
            by_hand += [row["path"] for row in rows if row["path"] == path and row["wrong"]]
        elif draft.exists(path) and (draft.file(path).mode or 0) & ~limit & 0o777:
            loose.append(path)
    if by_hand:
        said = ", ".join(sorted(set(by_hand)))
        raise ByHand(f"家目录属主不符或位于系统目录，须人工处理：{said}",
                     f"homes with another owner, or in a system folder, are a person's: {said}")
    for path in loose:
        now = draft.file(path).mode or 0
        draft.set_mode(path, now & (limit | 0o7000))


def _homes(draft: Draft) -> list[str]:
    return [account.home.rstrip("/") or "/" for account in draft.accounts().values()
            if is_login_shell(account.shell) and not is_stock_command(account.name, account.shell)]


@remedy("files_private_keys", "str", Reads(stats=_KEYS, facts=("keys.private",)),
        'Octal mode at most, such as "0600", of the private keys that are found by their content.')
def files_private_keys(draft: Draft, wanted: str) -> None:
    """Take rights beyond the mode from private keys; whose they are is a person's to settle."""
    limit = octal("files_private_keys", wanted)
    wrong = [row for row in draft.fact("keys.private") if row["wrong"]]
    strange = [row["path"] for row in wrong if row["path"] not in draft.state.files
               or any(not why.startswith("mode") for why in row["wrong"])
               or _shared(draft, row["path"])]
    if strange:
        said = ", ".join(strange)
        raise ByHand(f"私钥属主不符、位置特殊或由服务经属组读取，须人工处理：{said}",
                     "keys with another owner, in an unusual place, or that a service may read"
                     f" through their group, are a person's: {said}")
    for row in wrong:
        draft.set_mode(row["path"], (draft.file(row["path"]).mode or 0) & limit)


def _shared(draft: Draft, path: str) -> bool:
    """Return whether a group other than root's may read a server's key: a service may need it."""
    now = draft.file(path)
    return "/.ssh/" not in path and now.gid != 0 and bool((now.mode or 0) & 0o040)
