"""Small ``name = value`` files of PAM's modules, read as the modules read them."""

from __future__ import annotations

import re

_PAIR = re.compile(r"([^\s=]+)\s*=?\s*(.*)", re.DOTALL)
_DIGITS = re.compile(r"\s*([+-]?)(\d+)")


def pairs(text: str) -> list[tuple[str, str]]:
    """Given a file, return its names and values in order; a ``#`` ends a line anywhere.

    A name alone (``even_deny_root``) has an empty value. Blanks or one ``=`` part the two.
    Source: ``faillock_config.c``, libpwquality ``settings.c``.
    """
    found = []
    for raw in text.split("\n"):
        line = raw.partition("#")[0].strip()
        match = _PAIR.match(line)
        if match:
            found.append((match.group(1), match.group(2)))
    return found


def scanned(text: str) -> int | None:
    """Given a text, return the number it begins with as C's ``sscanf`` and ``atoi`` take it."""
    match = _DIGITS.match(text)
    return int("".join(match.groups())) if match else None


def strict(text: str) -> int | None:
    """Given a text, return it as a decimal number when it is nothing else, as ``strtol`` checks."""
    return int(text) if re.fullmatch(r"\s*[+-]?\d+", text) else None


def c_number(text: str) -> int | None:
    """Given a text, return it as C's ``strtol`` of base 0 does: decimal, 0x hex, 0 octal."""
    match = re.fullmatch(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", text)
    if match is None:
        return None
    sign, digits = match.groups()
    base = 16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") else 10
    return (-1 if sign == "-" else 1) * int(digits, base)
