"""GRUB's password settings, from lines whose secrets the probe has reduced to their kind.

GRUB 2: GNU GRUB manual "Authentication and authorisation", and grub2 ``01_users`` of EL, which
reads the hash from ``user.cfg``. GRUB Legacy (EL 6): ``password`` before the first ``title``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SUPERUSERS = re.compile(r"(?:set\s+)?superusers\s*=\s*(.*)")
_NAMES = re.compile(r"[\w.@-]+")


def legacy(lines: Iterable[str]) -> str:
    """Given grub.conf, return ``hashed``, ``plain`` or ``none``."""
    found = "none"
    for line in lines:
        words = line.split()
        if words[:1] == ["title"]:
            break
        if words[:1] == ["password"]:
            hashed = words[1:2] in (["--md5"], ["--encrypted"]) and words[2:] == ["set"]
            found = "hashed" if hashed else "plain"
    return found


def grub2(lines: Iterable[str], user_hash: str) -> str:
    """Given grub.cfg and the kind of hash in user.cfg (or ""), return what guards its menu.

    ``hashed``: one of the superusers has a PBKDF2 hash; ``plain``: some password is readable;
    ``no superuser``: passwords without superusers guard nothing; ``none``.
    Lines inside menu entries, functions and conditions other than those on user.cfg count for
    nothing: they are not what a boot certainly runs.
    """
    superusers: set[str] = set()
    kinds: dict[str, str] = {}
    for command in _unconditional(lines, user_hash):
        words = command.split()
        match = _SUPERUSERS.match(command)
        if match:
            superusers = set(_NAMES.findall(match.group(1)))
        elif words[:2] == ["unset", "superusers"]:
            superusers = set()
        elif words[:1] == ["password_pbkdf2"] and len(words) > 2:  # noqa: PLR2004 - user, kind
            kinds[words[1].strip("\"'")] = user_hash if words[2] == "variable" else words[2]
        elif words[:1] == ["password"]:
            kinds.setdefault("", "plain")
    if not superusers:
        return "no superuser" if kinds else "none"
    if "" in kinds or "plain" in kinds.values():
        return "plain"
    return "hashed" if "pbkdf2" in {kinds.get(user) for user in superusers} else "none"


def _unconditional(lines: Iterable[str], user_hash: str) -> Iterable[str]:
    """Yield the commands a boot certainly runs, one by one."""
    depth = 0
    conditions: list[bool] = []
    for line in lines:
        for part in re.split(r"[;\n]\s*", line):
            command = re.sub(r"^(then|do)\s+", "", part.strip())
            opened, closed = _braces(command)
            if command == "fi" or command.startswith("fi "):
                conditions[-1:] = []
            elif command.startswith("if "):
                about_user = "user.cfg" in command or "GRUB2_PASSWORD" in command
                conditions.append(about_user and bool(user_hash) and "!" not in command)
            elif command.startswith(("elif", "else")):
                conditions[-1:] = [False]
            elif depth == 0 and not opened and all(conditions):
                yield command
            depth = max(0, depth + opened - closed)


def _braces(command: str) -> tuple[int, int]:
    plain = re.sub(r"\$\{[^}]*\}|'[^']*'|\"[^\"]*\"", "", command)
    return plain.count("{"), plain.count("}")


def is_stub(lines: Iterable[str]) -> bool:
    """Return whether a grub.cfg only hands over to another one (EFI of Debian and EL 9)."""
    words = [line.split()[:1] for line in lines]
    return ["configfile"] in words and ["menuentry"] not in words and ["blscfg"] not in words
