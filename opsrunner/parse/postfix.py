"""Postfix: on which addresses its smtpd would listen. Source: postconf(5), master(5)."""

from __future__ import annotations

import re

from opsrunner.parse.addresses import loopback

_LOCAL = frozenset(("loopback-only", "localhost"))


def settings(text: str) -> dict[str, str]:
    """Given main.cf, return its parameters; the last one wins, a line that begins blank goes on."""
    joined: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line)
    pairs = (line.partition("=") for line in joined)
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def opened(main: str, master: str) -> list[str]:
    """Given main.cf and the inet lines of master.cf, return the non-local addresses it opens.

    Raise ValueError for a value that only the running postfix can tell.
    """
    values = settings(main)
    interfaces = _expand(values.get("inet_interfaces", "all"), values)
    outside = [word for word in re.split(r"[,\s]+", interfaces) if word and not _is_local(word)]
    found = []
    for line in master.splitlines():
        words = line.split()
        if len(words) < 2 or words[-1] not in ("smtpd", "postscreen", "inet"):  # noqa: PLR2004
            continue
        where, colon, _ = words[0].rpartition(":")
        if colon:
            found += [] if _is_local(where) else [f"master.cf {words[0]}"]
        else:
            found += [f"inet_interfaces {word}" for word in outside]
    return list(dict.fromkeys(found))


def _expand(value: str, values: dict[str, str]) -> str:
    for _ in range(10):
        if "$" not in value:
            return value
        value = re.sub(
            r"\$[({]?(\w+)[)}]?", lambda match: values.get(match.group(1), "?"), value)
    raise ValueError(f"inet_interfaces {value[:60]}")


def _is_local(word: str) -> bool:
    return word.lower() in _LOCAL or loopback(word)
