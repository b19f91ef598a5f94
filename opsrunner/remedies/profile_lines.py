"""Lines of profile scripts that do nothing but set one variable, and what may be done with them.

Only whole lines are touched that certainly do nothing else. One that is taken out becomes ``:``,
the command that does nothing, because it may be all there is between ``then`` and ``fi``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from opsrunner.changes.draft import Draft
from opsrunner.remedies.lines import edited, parted, split

SCRIPTS = (
    "/etc/profile", "/etc/bashrc", "/etc/bash.bashrc", "/etc/profile.d/*.sh",
    "/etc/profile.d/sh.local",
    "/root/.bash_profile", "/root/.bash_login", "/root/.profile", "/root/.bashrc",
    "/etc/skel/.bash_profile", "/etc/skel/.bash_login", "/etc/skel/.profile", "/etc/skel/.bashrc",
)
_FOLDER = "/etc/profile.d/"
HEADER = "# Written by opsrunner ({}); changes here are lost."
_VALUE = r"""'[^']*'|"[^"$`\\]*"|[^\s;'"$`\\&|<>()#]*"""
_TAKEN_OUT = ": # taken out by opsrunner:"
_ASSIGNED = "(?:^|[\\s;&|({{]){}="
_DECLARED = r"\b(?:readonly|unset|declare|typeset|export)\b[^;|&#]*\b{}\b"


@dataclass(frozen=True, slots=True)
class Statement:
    """One command about a variable: the word before it (``export``, ``unset``, ...), its value."""

    word: str
    value: str | None


def statements(body: str, name: str) -> list[Statement] | None:
    """Given a line and a variable, return its commands when all are about that, else None."""
    pattern = re.compile(
        rf"(?:(?P<word>export|readonly|unset|declare|typeset)(?:\s+-[a-zA-Z]+)?\s+)?"
        rf"{name}(?:=(?P<value>{_VALUE}))?",
    )
    bare = re.sub(r"(^|\s)#[^'\"]*$", "", body).strip().removesuffix(";")
    found = []
    for part in bare.split(";"):
        match = pattern.fullmatch(part.strip())
        if match is None or (match["word"] is None and match["value"] is None):
            return None
        value = match["value"]
        found.append(Statement(match["word"] or "", None if value is None else value.strip("'\"")))
    return found


def sets(body: str, name: str) -> bool:
    """Given a line, return whether it may change a variable; comments do not."""
    code = "" if body.lstrip().startswith("#") else body
    return bool(re.search(_ASSIGNED.format(name), code) or re.search(_DECLARED.format(name), code))


def taken_out(body: str) -> str:
    """Given a line, return what stands there instead of it."""
    indent = body[: len(body) - len(body.lstrip())]
    return f"{indent}{_TAKEN_OUT} {body.strip()}"


def later(draft: Draft, drop_in: str) -> list[str]:
    """Given a drop-in of profile.d, return the scripts of which some part runs after it."""
    return [
        path for path in scripts(draft)
        if path > drop_in or not path.startswith(_FOLDER) or path.endswith("/sh.local")
    ]


def scripts(draft: Draft) -> list[str]:
    """Return the profile scripts that are there and are regular files, by their asked names."""
    known = (*draft.paths("/etc/profile"), *draft.paths("/etc/bash"), *draft.paths("/root/."),
             *draft.paths("/etc/skel/."))
    return [
        path for path in dict.fromkeys(known)
        if (path in SCRIPTS or (path.startswith(_FOLDER) and path.endswith(".sh")))
        and draft.file(path).content is not None
    ]


def edit(draft: Draft, path: str, change: Callable[[str], str | None], *, tail: bool) -> bool:
    """Change lines of a script; ``tail``: of /etc/profile and bashrc only what follows profile.d.

    Return whether anything was changed.
    """
    text = draft.text(path)
    head = _before_rest(text) if tail and path in ("/etc/profile", "/etc/bashrc") else 0
    lines = split(text)
    new = "".join(lines[:head]) + edited("".join(lines[head:]), change)
    if new != text:
        draft.write(path, new)
        draft.validate("shell")
    return new != text


def _before_rest(text: str) -> int:
    """Return the number of lines up to the last one that reads profile.d in."""
    places = [index for index, line in enumerate(split(text))
              if "/etc/profile.d" in line and not parted(line)[0].lstrip().startswith("#")]
    return places[-1] + 1 if places else 0
