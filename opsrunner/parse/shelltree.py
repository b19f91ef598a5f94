"""The tree of a shell script; words stay raw, as they stand in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Simple:
    """A command: its raw words, assignments in front included."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Commands joined by ``&&`` and ``||``: (operator before, command)."""

    links: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Commands one after the other; each inner tuple is what bash reads at once."""

    units: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """What cannot change this shell: a subshell, a pipeline, a command in the background."""

    inside: Node


@dataclass(frozen=True, slots=True)
class Not:
    """``! command``."""

    inside: Node


@dataclass(frozen=True, slots=True)
class If:
    """``if``: (condition, body) pairs and the ``else`` body."""

    arms: tuple[tuple[Lines, Lines], ...]
    otherwise: Lines | None


@dataclass(frozen=True, slots=True)
class Loop:
    """``for`` with a name and words, ``while`` and ``until`` with a condition."""

    name: str
    words: tuple[str, ...]
    condition: Lines | None
    body: Lines


@dataclass(frozen=True, slots=True)
class Case:
    """``case``: the word, and for each arm its patterns and body."""

    word: str
    arms: tuple[tuple[tuple[str, ...], Lines], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition."""

    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Test:
    """The inside of ``[[ ]]``, raw."""

    text: str


Node = Simple | Chain | Lines | Apart | Not | If | Loop | Case | Function | Test
