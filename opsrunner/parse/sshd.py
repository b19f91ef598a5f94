"""The text of sshd_config: which values Match blocks may put in place of the effective ones.

``sshd -T`` answers for one connection; a Match block can loosen an option for others. Source:
sshd_config(5) ("the first obtained value will be used", "Match"), OpenSSH servconf.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_WORD = re.compile(r'\s*"([^"]*)"|\s*([^\s"]+)')
_LISTS = frozenset(("allowusers", "allowgroups", "denyusers", "denygroups"))  # lines add up
_TIMES = frozenset(("clientaliveinterval", "logingracetime"))
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

Criteria = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A Match block: its criteria as (attribute, pattern) pairs and the options it sets."""

    criteria: Criteria
    options: dict[str, str] = field(default_factory=dict)

    def put(self, keyword: str, value: str) -> None:
        """Given an option, keep its first value; the lists of users and groups add up."""
        if keyword in _LISTS and keyword in self.options:
            self.options[keyword] += f" {value}"
        else:
            self.options.setdefault(keyword, seconds(value) if keyword in _TIMES else value)


def tokens(line: str) -> list[str]:
    """Given a line, return its words; the first may be parted from the second by ``=``.

    Comments and blank lines give no word; a carriage return is white space, as for sshd.
    """
    text = line.strip(" \t\r\n\f")
    if not text or text.startswith("#"):
        return []
    keyword, _, rest = _split(text)
    words = [match.group(1) or match.group(2) or "" for match in _WORD.finditer(rest)]
    for index, word in enumerate(words):
        if word.startswith("#"):  # newer versions end the line here, older ones refuse it
            return [keyword, *words[:index]]
    return [keyword, *words]


def _split(text: str) -> tuple[str, str, str]:
    match = re.match(r'"?([A-Za-z0-9]+)"?(\s*=\s*|\s+|$)', text)
    if match is None:
        return text, "", ""
    return match.group(1).lower(), match.group(2), text[match.end() :]


def seconds(value: str) -> str:
    """Given a time as sshd reads it (``1h30m``, ``90``), return its seconds; else it unchanged."""
    if not re.fullmatch(r"(\d+[smhdw]?)+", value, re.IGNORECASE | re.ASCII):
        return value
    parts = re.findall(r"(\d+)([smhdw]?)", value.lower())
    return str(sum(int(number) * _UNITS[unit] for number, unit in parts))


def match_blocks(
    text: str, included: Callable[[str], Iterable[str]], outer: Criteria | None = None,
    depth: int = 0,
) -> list[Block]:
    """Given a configuration, return its Match blocks in order, those of included files too.

    ``included`` gives the texts an Include pattern names; ``outer`` the criteria under which the
    text itself is included. Raise ValueError for includes nested deeper than sshd allows.
    """
    if depth > 16:  # noqa: PLR2004 - servconf.c SERVCONF_MAX_DEPTH
        raise ValueError("Include goes deeper than 16 files")
    block = None if outer is None else Block(outer)
    found = [block] if block else []
    for line in text.split("\n"):
        keyword, *values = tokens(line) or [""]
        if keyword == "match":
            block = Block((outer or ()) + _criteria(values))
            found.append(block)
        elif keyword == "include":
            around = block.criteria if block else None
            for inner in (text for pattern in values for text in included(pattern)):
                found += match_blocks(inner, included, around, depth + 1)
            if block:  # what follows the included files comes after their blocks
                block = Block(block.criteria)
                found.append(block)
        elif keyword and block:
            block.put(keyword, " ".join(values))
    return found


def _criteria(words: list[str]) -> Criteria:
    if [word.lower() for word in words] == ["all"]:
        return ()
    names, patterns = words[::2], words[1::2]
    patterns += [""] * (len(names) - len(patterns))
    return tuple((name.lower(), pattern) for name, pattern in zip(names, patterns, strict=True))


def possible(blocks: Iterable[Block], option: str, user: str | None = None) -> Iterator[str | None]:
    """Given Match blocks and an option, yield the values some connection may get from them.

    None comes last when a connection may meet none of them, and gets what holds outside. With
    ``user`` only connections of that user count, but a block of another user counts all the same.
    """
    for block in blocks:
        if option in block.options:
            yield block.options[option]
            if all(_certain(*criterion, user) for criterion in block.criteria):
                return
    yield None


def _certain(attribute: str, pattern: str, user: str | None) -> bool:
    """Return whether every connection (of that user) meets the criterion."""
    choices = pattern.split(",")
    if attribute not in ("user", "host", "address") or any("!" in choice for choice in choices):
        return False
    named = attribute == "user" and user is not None
    return "*" in choices or (named and any(fnmatchcase(str(user), one) for one in choices))
