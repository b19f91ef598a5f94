"""``sysctl.d`` files as systemd-sysctl reads them: sysctl.d(5), systemd ``src/sysctl/sysctl.c``.

A key is kept as its path under ``/proc/sys`` (``net/ipv4/conf/eth0.100/rp_filter``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

Settings = dict[str, str | None]  # path -> value in order of application; None: "-key", left out

_LINE = re.compile(r"[\r\n\0]+")
_SWAP = str.maketrans("./", "/.")
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|[0-9]+)(?=\s|$)")
_GLOB = re.compile(r"[*?\[]")


def path_of(key: str) -> str:
    """Given a key as written, return its path: when a dot comes first, dots and slashes swap."""
    first = re.search(r"[./]", key)
    path = key.translate(_SWAP) if first and first.group() == "." else key
    return path.strip("/")


def dotted(path: str) -> str:
    """Given a path, return the key as sysctl(8) prints it: ``net.ipv4.conf.eth0/100.rp_filter``."""
    return path.translate(_SWAP)


def merge(texts: Iterable[str]) -> Settings:
    """Given files' texts in order, return what is assigned; a key set again moves to the end."""
    settings: Settings = {}
    for text in texts:
        for path, value in _assignments(text):
            settings.pop(path, None)
            settings[path] = value
    return settings


def _assignments(text: str) -> Iterable[tuple[str, str | None]]:
    for line in _LINE.split(text):
        entry = line.strip()
        if not entry or entry[0] in "#;":
            continue
        key, equals, value = entry.partition("=")
        ignoring_failure = key.startswith("-")
        key = key.lstrip("-").strip()
        if key and (equals or ignoring_failure):
            yield path_of(key), value.strip() if equals else None


def patterns(settings: Settings) -> list[str]:
    """Given settings, return the keys that are patterns, the last one first (systemd 245)."""
    return [path for path in reversed(settings) if _GLOB.search(path)]


def assigned(settings: Settings, path: str, known: Iterable[str] = ()) -> str | None:
    """Given settings, a path and the patterns that count, return the value written there.

    None when nothing is. An exact assignment, or an exclusion, beats every pattern.
    """
    if path in settings:
        return settings[path]
    return next((settings[pattern] for pattern in known if _matches(path, pattern)), None)


def _matches(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


@lru_cache(maxsize=1024)  # the same few values over and over
def as_number(value: str) -> int | None:
    """Given a written value, return the integer the kernel takes, None when it refuses it.

    The kernel reads like strtol with base 0 (0x1f, 017) and stops at the first blank.
    """
    match = _NUMBER.match(value.strip())
    if match is None:
        return None
    digits = match.group().lstrip("-")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" and digits != "0" else 10
    try:
        return int(digits, base) * (-1 if match.group()[0] == "-" else 1)
    except ValueError:  # 09 is no octal number: the kernel stops at the 9 and refuses the rest
        return None
