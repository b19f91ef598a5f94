"""What a raw shell word stands for, as far as it can be known without running anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

Lookup = Callable[[str], str | None]  # a variable's value; "" when unset; None when unknown
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_LITERAL = re.compile(r"[^~'\"\\$`]*\Z")
_SUFFIX = re.compile(r"(:?[-=+?]|##?|%%?)(.*)", re.DOTALL)
_GLOB = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})
_PRODUCT = re.compile(r"\s*(\d+)\s*(?:([*+])\s*(\d+)\s*)?")


class Unknown(Exception):  # noqa: N818 - not an error: nobody can know the word's value
    """A word whose value depends on what only running it would tell."""


def expand(word: str, lookup: Lookup, run: Lookup, *, pattern: bool = False) -> str:
    """Given a raw word, return its value; ``run`` answers command substitutions.

    With ``pattern``, quoted parts lose their meaning for ``fnmatch``. Raise Unknown.
    """
    if _LITERAL.match(word):
        return word
    return _Expander(word, lookup, run, pattern=pattern).whole()


class _Expander:
    def __init__(self, word: str, lookup: Lookup, run: Lookup, *, pattern: bool) -> None:
        self._word, self._lookup, self._run, self._pattern = word, lookup, run, pattern
        self._at = 0

    def whole(self) -> str:
        out = []
        word = self._word
        if word.startswith("~") and (len(word) == 1 or word[1] == "/"):
            out.append(self._variable("HOME"))
            self._at = 1
        while self._at < len(word):
            char = word[self._at]
            if char == "'":
                end = word.index("'", self._at + 1)
                out.append(self._quoted(word[self._at + 1 : end]))
                self._at = end + 1
            elif char == '"':
                self._at += 1
                out.append(self._quoted(self._double()))
            elif char == "\\":
                out.append(self._quoted(word[self._at + 1 : self._at + 2].strip("\n")))
                self._at += 2
            elif char in "$`":
                out.append(self._dollar())
            else:
                out.append(char)
                self._at += 1
        return "".join(out)

    def _quoted(self, text: str) -> str:
        return text.translate(_GLOB) if self._pattern else text

    def _double(self) -> str:
        out = []
        while self._word[self._at] != '"':
            char = self._word[self._at]
            if char == "\\" and self._word[self._at + 1] in '"\\$`\n':
                out.append(self._word[self._at + 1].strip("\n"))
                self._at += 2
            elif char in "$`":
                out.append(self._dollar())
            else:
                out.append(char)
                self._at += 1
        self._at += 1
        return "".join(out)

    def _dollar(self) -> str:
        word, start = self._word, self._at
        if word[start] == "`":
            self._at = word.index("`", start + 1) + 1
            return self._answer(word[start + 1 : self._at - 1])
        if word.startswith("$((", start):
            self._at = word.index("))", start) + 2
            return _number(word[start + 3 : self._at - 2])
        if word.startswith(("$(", "${"), start):
            opening = word[start + 1]
            self._at = _closing(word, start + 2, opening, ")" if opening == "(" else "}")
            inside = word[start + 2 : self._at - 1]
            return self._answer(inside) if opening == "(" else self._braced(inside)
        name = _NAME.match(word, start + 1)
        self._at = name.end() if name else start + 1
        if name is None:  # a plain $, or the one in front of a quoted text
            return "" if word[start + 1 : start + 2] in ("'", '"') else "$"
        return self._variable(name.group())

    def _answer(self, command: str) -> str:
        answer = self._run(command)
        if answer is None:
            raise Unknown(command)
        return answer

    def _variable(self, name: str) -> str:
        value = self._lookup(name)
        if value is None:
            raise Unknown(f"${name}")
        return value

    def _braced(self, inside: str) -> str:
        name = _NAME.match(inside)
        if name is None:
            raise Unknown(inside)
        rest = inside[name.end() :]
        if not rest:
            return self._variable(name.group())
        suffix = _SUFFIX.fullmatch(rest)
        if suffix is None:
            raise Unknown(inside)
        return self._modified(self._variable(name.group()), *suffix.groups())

    def _modified(self, value: str, operator: str, text: str) -> str:
        if operator.endswith(("-", "=")):
            return value or expand(text, self._lookup, self._run)
        if operator.endswith("+"):
            return expand(text, self._lookup, self._run) if value else ""
        if operator.endswith("?"):
            return value
        return _trimmed(value, operator, expand(text, self._lookup, self._run, pattern=True))


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """Given a value, return it without what ``#``, ``##``, ``%`` or ``%%`` cut away."""
    cuts = range(len(value) + 1)
    if operator in ("##", "%"):
        cuts = range(len(value), -1, -1)
    for cut in cuts:
        part = value[:cut] if operator[0] == "#" else value[cut:]
        if fnmatchcase(part, pattern):
            return value[cut:] if operator[0] == "#" else value[:cut]
    return value


def _number(text: str) -> str:
    match = _PRODUCT.fullmatch(text)
    if match is None:
        raise Unknown(text)
    left, operator, right = match.groups()
    if operator is None:
        return str(int(left))
    return str(int(left) * int(right) if operator == "*" else int(left) + int(right))


def _closing(word: str, at: int, opening: str, closing: str) -> int:
    depth = 1
    while depth:
        if word[at] == "\\":
            at += 1
        elif word[at] in "'\"":
            at = word.index(word[at], at + 1)
        else:
            depth += (word[at] == opening) - (word[at] == closing)
        at += 1
    return at
