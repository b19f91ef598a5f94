"""Audit rules files: what ``auditctl -R`` would leave in the kernel, what augenrules makes.

The first invalid line ends the loading unless ``-i`` or ``-c`` came before, ``-D`` clears what
was loaded, and after ``-e 2`` nothing can be changed any more.
Source: auditctl(8), audit.rules(7), augenrules(8), audit-userspace ``src/auditctl.c``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from opsrunner.parse.auditrules import AuditRule, RefusedError, options, rule_of, words

_NOT_KEPT = re.compile(r"\s*#")


@dataclass(slots=True)
class Loaded:
    """What a rules file leaves in the kernel; ``refused`` is the line that ended the loading."""

    rules: list[AuditRule] = field(default_factory=list)
    enabled: int | None = None
    backlog: int | None = None
    refused: str | None = None


def load(text: str) -> Loaded:
    """Given a rules file, return what ``auditctl -R`` would leave in the kernel."""
    loaded, tolerant = Loaded(), False
    for line in text.split("\n"):
        stripped = words(line)
        if not stripped or stripped[0].startswith("#"):
            continue
        try:
            given = _given(line)
            tolerant = tolerant or any(letter in ("i", "c") for letter, _ in given)
            if loaded.enabled == 2 and not tolerant:  # noqa: PLR2004 - locked
                loaded.refused = line
                return loaded
            if loaded.enabled != 2:  # noqa: PLR2004 - locked
                _apply(given, loaded)
        except RefusedError:
            if not tolerant:
                loaded.refused = line
                return loaded
    return loaded


@lru_cache(maxsize=4096)
def _given(line: str) -> tuple[tuple[str, str], ...]:
    return tuple(options(line))


_rule = lru_cache(maxsize=4096)(rule_of)


def _apply(given: tuple[tuple[str, str], ...], loaded: Loaded) -> None:
    letters = [letter for letter, _ in given]
    if letters[0] in ("a", "A", "w"):
        rule = _rule(given)
        if rule is not None:
            loaded.rules.insert(0 if letters[0] == "A" else len(loaded.rules), rule)
    elif letters[0] in ("d", "W"):
        rule = _rule(given)
        loaded.rules = [other for other in loaded.rules if other != rule]
    elif letters[0] == "D":
        loaded.rules = []
    elif letters[0] == "e":
        if given[0][1] not in ("0", "1", "2"):
            raise RefusedError("-e takes 0, 1 or 2")
        loaded.enabled = int(given[0][1])
    elif letters[0] == "b":
        if not given[0][1].isdigit():
            raise RefusedError("-b takes a number")
        loaded.backlog = int(given[0][1])
    elif letters[0] in ("F", "S", "C", "k", "p", "R"):
        raise RefusedError(f"-{letters[0]} alone")


def merged(texts: Iterable[str]) -> str:
    """Given the files of ``rules.d`` in order, return the file that augenrules makes of them.

    Files are joined as they are, so a file that does not end its last line runs into the next.
    """
    first: dict[str, str] = {}
    rest = []
    for line in "".join(texts).split("\n"):
        if not line or _NOT_KEPT.match(line):
            continue
        bare = line.lstrip()
        if re.fullmatch(r"-D\s*", bare):
            first["D"] = line
        elif bare[:2] in ("-e", "-b", "-f"):
            first[bare[1]] = line
        else:
            rest.append(line)
    head = [first[letter] for letter in "Dbf" if letter in first]
    return "\n".join([*head, *rest, first.get("e", "")])


def natural(name: str) -> list[tuple[int, int, str]]:
    """Given a file name, return its sort key in the order of ``ls -v``: numbers by value."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
