"""The text of sshd_config: which values Match blocks may put in place of the effective ones.

``sshd -T`` answers for one connection; a Match block can loosen an option for others. Source:
sshd_config(5) ("the first obtained value will be used", "Match"), OpenSSH servconf.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_WORD = re.compile(r'\s*"([^"]*)"|\s*([^\s"]+)')


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


def match_values(
    text: str, included: Callable[[str], Iterable[str]], depth: int = 0, *, inside: bool = False,
) -> dict[str, list[str]]:
    """Given a configuration, return by option (lower case) the values that Match blocks set.

    ``included`` gives the texts an Include pattern names. Of an option that stands twice in a
    block the first counts. Raise ValueError for includes nested deeper than sshd allows.
    """
    if depth > 16:  # noqa: PLR2004 - servconf.c SERVCONF_MAX_DEPTH
        raise ValueError("Include goes deeper than 16 files")
    found: dict[str, list[str]] = {}
    block: set[str] = set()
    for line in text.splitlines():
        words = tokens(line)
        if not words:
            continue
        keyword, values = words[0], words[1:]
        if keyword == "match":
            inside, block = [value.lower() for value in values] != ["all"], set()
        elif keyword == "include":
            for pattern in values:
                for inner in included(pattern):
                    deeper = match_values(inner, included, depth + 1, inside=inside)
                    for key, more in deeper.items():
                        found.setdefault(key, []).extend(more)
        elif inside and keyword not in block:
            block.add(keyword)
            found.setdefault(keyword, []).append(" ".join(values))
    return found
