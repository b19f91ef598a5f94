"""yum's and dnf's configuration: yum.conf(5), dnf.conf(5), libdnf's and yum's ``config`` code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Sections = dict[str, dict[str, str]]

_OPTION = re.compile(r"([^=:\s\[][^=:]*?)\s*[=:]\s*(.*)")
_TRUE = frozenset(("1", "yes", "true", "on"))
_FALSE = frozenset(("0", "no", "false", "off"))


def parse(text: str) -> Sections:
    """Given a file, return options by section; of a repeated section or key the last one holds.

    An indented line goes on with the value before it; only a whole line is a comment. Keys are
    kept in lower case, as yum reads them.
    """
    sections: Sections = {}
    section: dict[str, str] | None = None
    key = ""
    for line in text.splitlines():
        if not line.strip() or line[0] in "#;":
            continue
        if line[0].isspace() and key and section is not None:
            section[key] += f" {line.strip()}"
            continue
        key = ""
        if line.startswith("["):
            section = sections.setdefault(line[1:].partition("]")[0].strip(), {})
        elif section is not None and (match := _OPTION.match(line)):
            key = match.group(1).strip().lower()
            section[key] = match.group(2).strip()
    return sections


def truth(value: str | None, *, otherwise: bool) -> bool | None:
    """Given an option, return its truth, ``otherwise`` when not set, None when it is no boolean."""
    if value is None:
        return otherwise
    word = value.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def repositories(main: Mapping[str, str], files: Iterable[tuple[str, Sections]]) -> dict[str, bool]:
    """Given ``[main]`` and files in order of reading, return what repositories check by id.

    Only enabled ones (a word that is no boolean does not switch off); the value is whether
    packages must be signed. A repository without its own gpgcheck inherits ``[main]``'s, whose
    default is off. Of an id defined twice the tools keep the first and warn.
    """
    found: dict[str, bool] = {}
    inherited = truth(main.get("gpgcheck"), otherwise=False) is True
    for _path, sections in files:
        for name, options in sections.items():
            enabled = truth(options.get("enabled"), otherwise=True) is not False
            checks = truth(options.get("gpgcheck"), otherwise=inherited) is True
            if name == "main" or name in found:
                continue
            if enabled:
                found[name] = checks
    return found
