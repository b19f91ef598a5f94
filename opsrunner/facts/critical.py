"""The files whose change gives power over the host: mode, ACL entries and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason


@fact(probes=["files.attributes"])
def files(host: Host) -> list[dict[str, Any]]:
    """Return the critical files: who besides root could change them, ACL and attributes.

    Shape: ``{"path", "mode": "-rw-r--r--", "acl": [...], "attributes": "i", "wrong": [...]}``.
    ls marks a file that has ACL entries beyond its mode with ``+``; getfacl only says which.
    """
    sections = dict(host.sections("files.attributes"))
    entries = dict(_acl(sections.get("acl", "")))
    letters = {
        path: flags.replace("-", "")
        for flags, _, path in (
            line.partition(" ") for line in sections.get("attributes", "").split("\n")
        )
    }
    rows = []
    for line in sections.get("modes", "").split("\n"):
        mode, _, rest = line.partition("|")
        uid, _, path = rest.partition("|")
        if path:
            acl = entries.get(path, [])
            rows.append({
                "path": path, "mode": mode, "acl": acl, "attributes": letters.get(path, ""),
                "wrong": _changeable(mode, uid, has_acl=bool(acl) or mode.endswith("+")),
            })
    if not any(row["path"] == "/etc/passwd" for row in rows):
        raise CannotTell(Reason.UNPARSABLE, "ls did not list /etc/passwd")
    return rows


def _changeable(mode: str, uid: str, *, has_acl: bool) -> list[str]:
    """Given ls's mode column, return who else could change the file; columns 6 and 9 are w."""
    wrong = ["extra ACL entries"] if has_acl else []
    if uid != "0":
        wrong.append(f"owner is uid {uid}")
    return wrong + [f"{who} may write" for who, at in (("group", 5), ("others", 8))
                    if mode[at : at + 1] == "w"]


def _acl(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (path, extra entries) of getfacl's blocks; base entries are those of the mode."""
    for block in text.split("\n\n"):
        path = ""
        entries = []
        for line in block.split("\n"):
            if line.startswith("# file: "):
                path = line[len("# file: ") :]
            elif re.match(r"(user|group):[^:]+:|mask:", line):
                entries.append(line.partition("\t")[0])
        if path:
            yield path, entries
