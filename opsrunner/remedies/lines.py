"""Text edited line by line; what is not changed keeps every byte, its line ending too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_ENDING = re.compile(r"\r?\n?\Z")


def split(text: str) -> list[str]:
    """Given a text, return its lines with their endings; joined they are the text again."""
    first, *rest = text.split("\n")
    lines = [first]
    for line in rest:
        lines[-1] += "\n"
        lines.append(line)
    return lines if lines[-1] else lines[:-1]


def parted(line: str) -> tuple[str, str]:
    """Given a line, return it without its ending, and the ending."""
    end = _ENDING.search(line)
    start = end.start() if end else len(line)
    return line[:start], line[start:]


def edited(text: str, change: Callable[[str], str | None]) -> str:
    """Given a text and what makes a new body of a line's (None: it stays), return the new text."""
    found = []
    for line in split(text):
        body, ending = parted(line)
        new = change(body)
        found.append(line if new is None else new + ending)
    return "".join(found)


def added(text: str, bodies: Iterable[str]) -> str:
    """Given a text, return it with lines after it; a last line without an ending gets one."""
    new = "".join(f"{body}\n" for body in bodies)
    return f"{text}\n{new}" if new and text and not text.endswith("\n") else text + new
