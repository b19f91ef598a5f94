"""xinetd and inetd: which services they would offer.

Source: xinetd.conf(5), inetd.conf(5); tried with xinetd 2.3.15: of ``disable`` given twice the
first counts, a value that is no boolean drops the whole entry, a remark behind ``yes`` undoes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MAIN = "/etc/xinetd.conf"
_ATTRIBUTE = re.compile(r"(\w+)\s*[+-]?=\s*(.*)$")


def offered(files: Mapping[str, str]) -> list[str]:
    """Given xinetd's files by path, return the names of the services that are not disabled."""
    defaults: dict[str, list[str]] = {}
    entries: list[tuple[str, dict[str, str]]] = []
    for text in _in_order(files):
        for name, attributes in _blocks(text):
            if name == "defaults":
                for key in ("enabled", "disabled"):
                    defaults.setdefault(key, []).extend(attributes.get(key, "").split())
            else:
                entries.append((name, attributes))
    found = []
    for name, attributes in entries:
        names = {name, attributes.get("id", name)}
        only = set(defaults.get("enabled", []))
        if names & set(defaults.get("disabled", [])) or (only and not names & only):
            continue
        if not _disabled(attributes.get("disable")):
            found.append(name)
    return sorted(set(found))


def _in_order(files: Mapping[str, str]) -> Iterator[str]:
    main = files.get(_MAIN)
    if main is None:
        return
    yield main
    for word, path in re.findall(r"(?m)^\s*(includedir|include)\s+(\S+)", main):
        if word == "include" and path in files:
            yield files[path]
        prefix = path.rstrip("/") + "/"
        for other in sorted(files):
            name = other[len(prefix) :]
            if word == "includedir" and other.startswith(prefix) and not (
                "." in name or name.endswith("~") or "/" in name
            ):
                yield files[other]


def _blocks(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    name = ""
    attributes: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] in ("service", "defaults"):
            name, attributes = (words[1] if words[0] == "service" and len(words) > 1
                                else words[0]), {}
        elif line.startswith("}"):
            if name:
                yield name, attributes
            name = ""
        elif match := _ATTRIBUTE.match(line):
            attributes.setdefault(match.group(1), match.group(2).strip())
    if name:
        yield name, attributes


def _disabled(value: str | None) -> bool:
    words = (value or "").split()
    return len(words) == 1 and words[0].lower() != "no"


def inetd(text: str) -> list[str]:
    """Given inetd.conf, return the names of its services; a line that is commented is none."""
    rows = (line.split() for line in text.splitlines())
    return sorted({words[0].rpartition(":")[2] for words in rows
                   if len(words) > 5 and not words[0].startswith("#")})  # noqa: PLR2004 - fields
