"""APT's sources and switches: sources.list(5), apt.conf(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TRUE = frozenset(("yes", "true", "with", "on", "enable"))
_ONE_LINE = re.compile(r"\s*(deb|deb-src)\s+(?:\[(.*?)\]\s*)?(\S+)\s+(\S+)")
_CONFIG = re.compile(r'([\w:/.-]+)\s+"(.*)";')
_TRUSTING = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
UNSAFE = (
    "acquire::allowinsecurerepositories",
    "acquire::allowweakrepositories",
    "acquire::allowdowngradetoinsecurerepositories",
    "apt::get::allowunauthenticated",
)


def truth(value: str) -> bool:
    """Given a value, return whether APT takes it for true (a number that is not 0, yes, ...)."""
    word = value.strip().strip('"').lower()
    return word in _TRUE or (word.isdecimal() and int(word) != 0)


def one_line(text: str) -> Iterable[tuple[str, list[str]]]:
    """Given a ``.list`` file, yield each source and its options that skip checks."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.partition("#")[0])
        if match:
            options = [word.partition("=") for word in (match.group(2) or "").split()]
            skipping = [key for key, sign, value in options if _skips(key.rstrip("+-"), value)]
            yield f"{match.group(3)} {match.group(4)}", skipping


def deb822(text: str) -> Iterable[tuple[str, list[str]]]:
    """Given a ``.sources`` file, yield each enabled source and its fields that skip checks."""
    for stanza in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = {
            key.strip().lower(): value.strip()
            for key, colon, value in (line.partition(":") for line in lines)
            if colon and not key[:1].isspace()
        }
        switch = fields.get("enabled", "yes").lower()
        if "uris" not in fields or switch in ("no", "false", "without", "off", "disable", "0"):
            continue
        yield f"{fields['uris']} {fields.get('suites', '')}".strip(), [
            key for key, value in fields.items() if _skips(key, value)
        ]


def _skips(key: str, value: str) -> bool:
    return key.lower() in _TRUSTING and truth(value)


def switches(dump: str) -> list[str]:
    """Given ``apt-config dump``, return the switches on that accept unsigned repositories.

    ``apt-config`` has merged all files already; of a repeated name the last line holds.
    """
    last = {m.group(1).lower(): m.group(2) for m in map(_CONFIG.match, dump.splitlines()) if m}
    return [name for name in UNSAFE if truth(last.get(name, "no"))]
