"""The text of a PAM file, edited line by line: what is not meant stays as it is, byte for byte.

Lines are told apart as libpam does it (``opsrunner/parse/pam.py`` judges with the same rules). A
jump (``[success=2 ...]``) is counted again when a line comes in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\[(?:\\\]|[^\]])*(?:\]|$)|[^ \t\n]+")
_JUMP = re.compile(r"(=\s*0*)([1-9][0-9]*)")
_HEAD = 3  # words before the arguments: type, control, module


class NotEditableError(ValueError):
    """A line that is continued over several: a person may edit it, a machine had better not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as libpam reads it; ``first`` to ``last`` are its lines in the file, from 0.

    ``kind`` is ``auth``, ``account``, ``password``, ``session`` or ``@include``; ``words`` are the
    words as written: brackets, ``-`` and a module's path are kept.
    """

    first: int
    last: int
    words: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return the type in lower case, without the dash that makes a missing module silent."""
        return self.words[0].removeprefix("-").lower()

    @property
    def control(self) -> str:
        """Return the control word, with its brackets."""
        return self.words[1] if len(self.words) > 1 else ""

    @property
    def module(self) -> str:
        """Return the module's name without path and ``.so``, or what an include includes."""
        named = self.words[2] if len(self.words) >= _HEAD else ""
        return named.rpartition("/")[2].removesuffix(".so")

    @property
    def args(self) -> tuple[str, ...]:
        """Return the arguments as written."""
        return self.words[_HEAD:]


def entries(text: str) -> Iterator[Entry]:
    """Given a file, yield its lines in order; comments, blank and unfinished lines give none."""
    held, first = "", -1
    for number, raw in enumerate(text.split("\n")):
        if not raw.strip(" \t") or raw.lstrip(" \t").startswith("#"):
            continue
        first = number if first < 0 else first
        before, comment, _ = raw.partition("#")
        trimmed = before.rstrip(" \t")
        if not comment and trimmed.endswith("\\"):
            held += trimmed[:-1] + " "
            continue
        words = tuple(_WORD.findall(held + before))
        if words:
            yield Entry(first, number, words)
        held, first = "", -1


def entry_at(text: str, number: int) -> Entry:
    """Given a file and a line number from 1, return the entry that begins there.

    Raise NotEditableError when none does.
    """
    for entry in entries(text):
        if entry.first == number - 1:
            return entry
    raise NotEditableError(f"line {number}")


def with_args(text: str, entry: Entry, args: Sequence[str]) -> str:
    """Given a file and one of its entries, return the file with other arguments on that line."""
    return _rewrite(text, entry, [*entry.words[:_HEAD], *args])


def _rewrite(text: str, entry: Entry, words: Sequence[str]) -> str:
    """Return the file with an entry's words replaced; blanks and a comment around them stay."""
    if entry.first != entry.last:
        raise NotEditableError(f"line {entry.first + 1} is continued")
    lines = text.split("\n")
    raw = lines[entry.first]
    spans = [match.span() for match in _WORD.finditer(raw.partition("#")[0])]
    parts = [raw[: spans[0][0]]]
    for index, word in enumerate(words):
        if index:
            known = index < len(spans)
            parts.append(raw[spans[index - 1][1] : spans[index][0]] if known else " ")
        parts.append(word)
    parts.append(raw[spans[-1][1] :])
    lines[entry.first] = "".join(parts)
    return "\n".join(lines)


def inserted(text: str, kind: str, index: int, new: Sequence[str]) -> str:
    """Given a file, put lines of one type in front of that type's entry number ``index``, from 0.

    At the number of entries they follow the last one. Jumps over the place are lengthened; one
    that ends there now meets the new lines. Raise NotEditableError.
    """
    for position, entry in enumerate(of_kind(text, kind)[:index]):
        control = _lengthened(entry.control, index - position, len(new))
        if control != entry.control:
            text = _rewrite(text, entry, [entry.words[0], control, *entry.words[2:]])
    at = _place(text, kind, index)
    lines = text.split("\n")
    lines[at:at] = new
    if at == len(lines) - len(new):  # the file had no final newline
        lines.append("")
    return "\n".join(lines)


def _lengthened(control: str, distance: int, added: int) -> str:
    """Given a control, return it with the jumps that pass over a place so far ahead longer."""
    if not control.startswith("["):
        return control

    def counted(match: re.Match[str]) -> str:
        jump = int(match.group(2))
        return match.group(1) + str(jump + added if jump >= distance else jump)

    return _JUMP.sub(counted, control)


def _place(text: str, kind: str, index: int) -> int:
    """Return the number of the line where a type's entry of this index would be put."""
    mine = of_kind(text, kind)
    if 0 < index <= len(mine):
        return mine[index - 1].last + 1  # a comment in between belongs to what follows
    if mine:
        return mine[0].first
    return text.count("\n") + (not text.endswith("\n") and bool(text))


def of_kind(text: str, kind: str) -> list[Entry]:
    """Given a file and a type, return that type's entries in order."""
    return [entry for entry in entries(text) if entry.kind == kind]


def line(kind: str, control: str, module: str, *args: str) -> str:
    """Given the parts of a line, return it laid out as distributions do."""
    return " ".join([f"{kind:<11} {control:<13} {module}.so", *args])
