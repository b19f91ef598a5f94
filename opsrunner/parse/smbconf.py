"""smb.conf: does a guest get in anywhere. Source: smb.conf(5), Samba ``lib/param``.

Names are compared without blanks and case, the last value wins, sections of one name are one,
and what ``[global]`` says of a share is the default of every share.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_SYNONYMS = {"public": "guestok", "onlyguest": "guestonly"}
_YES, _NO = frozenset(("yes", "true", "1", "on")), frozenset(("no", "false", "0", "off"))
Sections = dict[str, dict[str, str]]


def sections(text: str, included: Callable[[str], str | None]) -> Sections:
    """Given smb.conf and how to get an included file, return its sections.

    Raise ValueError for settings that come from elsewhere (registry, names with %, copies).
    """
    found: Sections = {}
    _read(text, included, 0, found, "global")
    return found


def _read(
    text: str, included: Callable[[str], str | None], depth: int, found: Sections, section: str,
) -> str:
    if depth > 8:  # noqa: PLR2004 - nothing sensible nests deeper
        raise ValueError("smb.conf: include goes too deep")
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        words = line.strip()
        if not words or words[0] in "#;":
            continue
        if words.startswith("["):
            section = words[1:].partition("]")[0].strip().lower()
            found.setdefault(section, {})
            continue
        name, _, value = words.partition("=")
        key = re.sub(r"\s", "", name).lower()
        value = value.strip().strip('"')
        if key in ("include", "configfile"):
            if value.lower() == "registry" or "%" in value:
                raise ValueError(f"smb.conf: {key} = {value}")
            inner = included(value)
            if inner is not None:
                section = _read(inner, included, depth + 1, found, section)
        elif key == "copy" or (key == "configbackend" and value.lower() != "file"):
            raise ValueError(f"smb.conf: {key} = {value}")
        else:
            found.setdefault(section, {})[_SYNONYMS.get(key, key)] = value
    return section


def guests(found: Sections) -> list[str]:
    """Given the sections, return where a guest gets in."""
    common = found.get("global", {})
    offences = []
    mapped = re.sub(r"\s", "", common.get("maptoguest", "never")).lower()
    if mapped not in ("never", "0"):
        offences.append(f"[global] map to guest = {common['maptoguest']}")
    if common.get("security", "").strip().lower() == "share":
        offences.append("[global] security = share")
    if _true(common.get("nullpasswords")):
        offences.append("[global] null passwords = yes")
    if _true(common.get("usershareallowguests")):
        offences.append("[global] usershare allow guests = yes")
    if _true(common.get("guestok")):
        offences.append("[global] guest ok = yes")
    for name, values in found.items():
        if name == "global" or values.get("available", "yes").lower() in _NO:
            continue
        if _true(values.get("guestok")) or _true(values.get("guestonly")):
            offences.append(f"[{name}] guest ok = yes")
    return offences


def _true(value: str | None) -> bool:
    return (value or "").strip().lower() in _YES
