"""``/etc/fstab`` and mount options as libmount reads them: fstab(5), mount(8)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPE = re.compile(r"\\([0-7]{3})")
_FLAGS = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
_IMPLIED = {
    "user": ("nodev", "nosuid", "noexec"), "users": ("nodev", "nosuid", "noexec"),
    "owner": ("nodev", "nosuid"), "group": ("nodev", "nosuid"),
}
_TARGET, _OPTIONS = 1, 3


def targets(text: str) -> list[tuple[str, list[str]]]:
    """Given fstab's text, return (mount point, options) of every entry in order."""
    entries = []
    for line in text.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#") or len(words) <= _TARGET:
            continue
        options = words[_OPTIONS] if len(words) > _OPTIONS else "defaults"
        entries.append((_plain(words[_TARGET]), options.split(",")))
    return entries


def _plain(path: str) -> str:
    path = _ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), path)
    return path.rstrip("/") or "/"


def flags(options: Iterable[str]) -> list[str]:
    """Given options in order, return which of nodev, nosuid, noexec hold in the end, sorted."""
    held: set[str] = set()
    for word in options:
        name = word.strip().partition("=")[0]
        held.update(_IMPLIED.get(name, ()))
        held.update({name} & _FLAGS.keys())
        held.difference_update(flag for flag, opposite in _FLAGS.items() if name == opposite)
    return sorted(held)
