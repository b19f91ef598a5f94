"""systemd's unit and configuration files: systemd.syntax(7), ``src/shared/conf-parser.c``.

A file and its drop-ins are read one after the other; what a list setting was given before is
dropped by an empty assignment, and of a single value the last valid one holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Values = dict[tuple[str, str], list[str]]

_LINE = re.compile(r"[\r\n\0]+")
FOLDERS = (  # of units that are there after a boot, the first one hides the others
    "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system",
)


def merge(texts: Iterable[str]) -> Values:
    """Given a file's text and those of its drop-ins in order, return values by section and key."""
    values: Values = {}
    for text in texts:
        section = ""
        for line in _logical(text):
            if line.startswith("["):
                section = line[1:-1] if line.endswith("]") else ""
            elif section and "=" in line:
                key, _, value = line.partition("=")
                found = values.setdefault((section, key.rstrip()), [])
                if value.strip():
                    found.append(value.strip())
                else:
                    found.clear()
    return values


def _logical(text: str) -> Iterable[str]:
    held = ""
    for raw in _LINE.split(text):
        line = raw.strip()
        if line[:1] in ("#", ";") or (not line and not held):
            continue
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield (held + line).strip()
        held = ""
    if held.strip():
        yield held.strip()


def last(values: Values, section: str, key: str, valid: Iterable[str], otherwise: str) -> str:
    """Given a setting and its valid words, return the last valid value, else ``otherwise``."""
    allowed = set(valid)
    found = [value for value in values.get((section, key), []) if value in allowed]
    return found[-1] if found else otherwise


def in_order(texts: Mapping[str, str], folders: Iterable[str], drop_ins: str) -> list[str]:
    """Given texts by path, return the drop-ins ``FOLDER/drop_ins/*.conf`` in order of reading.

    They are read by file name, whatever their folder; an earlier folder hides the same name.
    An empty text (a link to ``/dev/null``) hides and says nothing.
    """
    chosen: dict[str, str] = {}
    for folder in reversed(list(folders)):
        start = f"{folder}/{drop_ins}/"
        for path, text in texts.items():
            if path.startswith(start) and path.endswith(".conf"):
                chosen[path[len(start) :]] = text
    return [chosen[name] for name in sorted(chosen)]
