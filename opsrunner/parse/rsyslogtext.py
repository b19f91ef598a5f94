"""The words of an rsyslog configuration: comments, lines, objects with parameters, blocks.

Each function takes the rest of a text and returns what it read and what is left of it.
Source: RainerScript documentation, rsyslog ``grammar/lexer.l``.
"""

from __future__ import annotations

import re

_PARAMETER = re.compile(r"""([\w.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\])""")
_PASSED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#[^\n]*""")  # brackets in it are none
_SPACE = re.compile(r"(?:\s+|#[^\n]*|/\*.*?\*/)+", re.DOTALL)
_CONTINUED = re.compile(r"\\\r?\n\s*")


def joined(text: str) -> str:
    """Given a text, return it with lines that end in a backslash joined to the next."""
    return _CONTINUED.sub(" ", text)


def skip(text: str) -> str:
    """Given a text, return it without the blanks and comments it begins with."""
    match = _SPACE.match(text)
    return text[match.end() :] if match else text


def line(text: str) -> tuple[str, str]:
    """Given a text, return its first line without a trailing comment, and the rest."""
    first, _, rest = text.partition("\n")
    return re.split(r"\s#", first, maxsplit=1)[0].rstrip(), rest


def call(text: str) -> tuple[dict[str, str], str]:
    """Given ``name(a="1" b="2") rest``, return parameters (names in lower case) and the rest."""
    inside, rest = _enclosed(text, "(", ")")
    inside = re.sub(r"(?m)(^|\s)#[^\n]*", " ", inside)
    found = {}
    for match in _PARAMETER.finditer(inside):
        value = match.group(2) if match.group(2) is not None else match.group(3)
        found[match.group(1).lower()] = value
    return found, rest


def block(text: str) -> tuple[str, str]:
    """Given ``{ inside } rest``, return the inside and the rest."""
    return _enclosed(text, "{", "}")


def _enclosed(text: str, opening: str, closing: str) -> tuple[str, str]:
    start = text.find(opening)
    if start < 0:
        return "", ""
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        passed = _PASSED.match(text, at) if char in "\"'#" else None
        if passed:
            at = passed.end()
            continue
        depth += (char == opening) - (char == closing)
        at += 1
        if depth == 0:
            return text[start + 1 : at - 1], text[at:]
    return text[start + 1 :], ""
