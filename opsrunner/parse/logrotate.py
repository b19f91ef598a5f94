"""logrotate's configuration: what it would do with a given log.

Files are read in order and in place of ``include``; a global setting holds for the blocks after
it, those of later files too; the first block that names a log wins. Of a period and a size the
later one wins. Source: logrotate(8), logrotate ``config.c``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

_PERIODS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": 30.0, "yearly": 365.0}
_SCRIPTS = frozenset(("prerotate", "postrotate", "firstaction", "lastaction", "preremove"))
_SIZE = re.compile(r"\d+[kKMG]?")
_TABOO = (".rpmorig", ".rpmsave", ".swp", ".rpmnew", "~", ",v", ".cfsaved", ".disabled",
          ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak", ".dpkg-del", ".ucf-old",
          ".ucf-dist", ".ucf-new", ".bak")
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a log is rotated. ``days`` is the period, None when only its size decides.

    ``count``: rotated logs kept, -1 for all. ``maxage``: days after which they go. ``create``:
    the mode of the new log, None for that of the old one. ``broken``: logrotate would refuse.
    """

    days: float | None = None
    count: int = 0
    maxage: int | None = None
    maxsize: bool = False
    create: int | None = None
    broken: str = ""

    @property
    def kept(self) -> float:
        """Return for how many days a line is kept at least; infinite when nothing is removed.

        A log that is cut by its size may be cut at every run of logrotate, once a day.
        """
        days = 1.0 if self.days is None or self.maxsize else self.days
        kept = float("inf") if self.count < 0 else days * self.count
        return kept if self.maxage is None else min(kept, float(self.maxage))


@dataclass(slots=True)
class _Block:
    """One block: the patterns it names and what holds for them."""

    patterns: list[str] = field(default_factory=list)
    rotation: Rotation = field(default_factory=Rotation)


class Rotations:
    """Everything logrotate read; asked log by log."""

    def __init__(self, blocks: list[_Block]) -> None:
        self._blocks = blocks

    def of(self, path: str) -> Rotation | None:
        """Given a log's path, return how it is rotated, None when no block names it."""
        for block in self._blocks:
            if any(_names(pattern, path) for pattern in block.patterns):
                return block.rotation
        return None


def _names(pattern: str, path: str) -> bool:
    same_depth = pattern.count("/") == path.count("/")  # a * of a shell pattern stops at a slash
    return pattern == path or (same_depth and fnmatchcase(path, pattern))


def read(text: str, include: Callable[[str], Iterable[tuple[str, str]]]) -> Rotations:
    """Given the main file and what gives (name, text) of an included path, return all blocks."""
    reader = _Reader(include)
    reader.read(text, 0)
    return Rotations(reader.blocks)


class _Reader:
    """Follows the lines of all files with the globals that hold so far."""

    def __init__(self, include: Callable[[str], Iterable[tuple[str, str]]]) -> None:
        self.blocks: list[_Block] = []
        self._include = include
        self._globals = Rotation()
        self._taboo: tuple[str, ...] = _TABOO

    def read(self, text: str, depth: int) -> None:
        block: _Block | None = None
        names = ""
        script = False
        for raw in text.split("\n"):
            line = raw.strip()
            if script:
                script = line != "endscript"
            elif not line or line.startswith("#"):
                continue
            elif block is None and (names or line[0] in "/\"'") :
                names, brace, rest = f"{names} {line}".partition("{")
                if brace:
                    block = _Block(_patterns(names), self._globals)
                    names = ""
                    block = self._in_block(block, rest.strip())
            elif line.split()[0] in _SCRIPTS:
                script = True
            elif block is not None:
                block = self._in_block(block, line)
            else:
                self._global(line, depth)
        if block is not None:
            block.rotation = replace(block.rotation, broken="a block does not end")
            self.blocks.append(block)

    def _in_block(self, block: _Block, line: str) -> _Block | None:
        if line.startswith("}"):
            self.blocks.append(block)
            return None
        if line:
            block.rotation = _set(block.rotation, line)
        return block

    def _global(self, line: str, depth: int) -> None:
        word, _, value = _words(line)
        if word == "include" and depth < _DEEPEST:
            for name, text in self._include(value):
                if not name.endswith(self._taboo) and not name.rpartition("/")[2].startswith("."):
                    self.read(text, depth + 1)
        elif word == "tabooext":
            extra = value.removeprefix("+").replace(",", " ").split()
            self._taboo = (self._taboo if value.startswith("+") else ()) + tuple(extra)
        else:
            self._globals = replace(_set(self._globals, line), broken="")


def _patterns(text: str) -> list[str]:
    return [a or b or c for a, b, c in re.findall(r"\"([^\"]*)\"|'([^']*)'|(\S+)", text)]


def _words(line: str) -> tuple[str, str, str]:
    match = re.match(r"([A-Za-z]+)([\s=]*)(.*)", line)
    return (match.group(1), match.group(2), match.group(3).strip()) if match else ("", "", line)


def _set(rotation: Rotation, line: str) -> Rotation:
    """Given what held before and a directive, return what holds after it."""
    word, _, value = _words(line)
    if word in _PERIODS:
        odd = value and not (word == "weekly" and re.fullmatch(r"[0-7]", value))
        rotation = replace(rotation, days=_PERIODS[word], broken=line if odd else rotation.broken)
    elif word in ("rotate", "maxage"):
        if not re.fullmatch(r"-?\d+", value):
            rotation = replace(rotation, broken=line)
        elif word == "rotate":
            rotation = replace(rotation, count=int(value))
        else:
            rotation = replace(rotation, maxage=int(value))
    elif word in ("size", "maxsize"):
        wrong = "" if _SIZE.fullmatch(value) else line
        rotation = replace(rotation, broken=wrong or rotation.broken)
        rotation = replace(rotation, maxsize=True) if word[0] == "m" else replace(
            rotation, days=None)
    elif word == "create":
        mode = re.match(r"[0-7]{3,4}\b", value)
        rotation = replace(rotation, create=int(mode.group(0), 8) if mode else None)
    elif word in ("nocreate", "copytruncate", "copy"):
        rotation = replace(rotation, create=None)
    return rotation
