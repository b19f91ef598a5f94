"""What a shell's tests say: ``[ ]``, ``test``, ``[[ ]]``; None where nobody can tell."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase

Truth = bool | None
Expand = Callable[[str], str]  # raises what the caller uses for "unknown"
Exists = Callable[[str, str], Truth]  # (what kind of test, path)

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-gt": operator.gt, "-ge": operator.ge,
    "-lt": operator.lt, "-le": operator.le,
}
_FILE_TESTS = frozenset(("-e", "-f", "-r", "-s", "-d", "-x", "-h", "-L", "-w", "-a"))
_BRACKET_WORD = re.compile(
    r"""&&|\|\||[()]|!(?=\s)|(?:"(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`|\$\([^)]*\)|[^\s&|()])+""",
)


def both(left: Truth, right: Truth) -> Truth:
    """Return ``left and right`` of three-valued logic."""
    if left is False or right is False:
        return False
    return True if left and right else None


def negated(truth: Truth) -> Truth:
    """Return ``not truth`` of three-valued logic."""
    return None if truth is None else not truth


def words_test(words: list[str], expand: Callable[[str], str | None], exists: Exists) -> Truth:
    """Given the raw words inside ``[ ]``, return whether they hold."""
    for joint, neutral in (("-o", False), ("-a", True)):
        if joint in words[1:-1]:
            at = words.index(joint, 1)
            left = words_test(words[:at], expand, exists)
            right = words_test(words[at + 1 :], expand, exists)
            if neutral:
                return both(left, right)
            return negated(both(negated(left), negated(right)))
    if words[:1] == ["!"]:
        return negated(words_test(words[1:], expand, exists))
    return _plain(words, expand, exists)


def _plain(words: list[str], expand: Callable[[str], str | None], exists: Exists) -> Truth:
    values = [expand(word) for word in words]
    if len(words) <= 1:
        return bool(values) and (None if values[0] is None else values[0] != "")
    if len(words) == 2:  # noqa: PLR2004 - an operator and its word
        return _unary(words[0], values[1], exists)
    if len(words) == 3:  # noqa: PLR2004 - two words and the operator between
        return _binary(values[0], words[1], values[2])
    return None


def _unary(how: str, value: str | None, exists: Exists) -> Truth:
    if how == "-t":
        return True  # a person at a terminal
    if value is None:
        return None
    if how in ("-z", "-n"):
        return (value == "") == (how == "-z")
    return exists(how, value) if how in _FILE_TESTS else None


def _binary(left: str | None, how: str, right: str | None) -> Truth:
    if left is None or right is None:
        return None
    if how in ("=", "==", "!="):
        return (left == right) == (how != "!=")
    if how in _COMPARE:
        try:
            return _COMPARE[how](int(left), int(right))
        except ValueError:
            return False  # "integer expression expected" is a failed test
    return None


def bracket_test(
    text: str, expand: Callable[[str], str | None], pattern: Callable[[str], str | None],
    exists: Exists,
) -> Truth:
    """Given the inside of ``[[ ]]``, return whether it holds; the right of ``==`` is a pattern."""
    words: list[str] = _BRACKET_WORD.findall(text)
    for joint in ("||", "&&"):
        if joint in words:
            at = words.index(joint)
            left = bracket_test(" ".join(words[:at]), expand, pattern, exists)
            right = bracket_test(" ".join(words[at + 1 :]), expand, pattern, exists)
            if joint == "&&":
                return both(left, right)
            return negated(both(negated(left), negated(right)))
    if words[:1] == ["!"]:
        return negated(bracket_test(" ".join(words[1:]), expand, pattern, exists))
    if len(words) == 3 and words[1] in ("=", "==", "!="):  # noqa: PLR2004 - two words, one operator
        left_value, glob = expand(words[0]), pattern(words[2])
        if left_value is None or glob is None:
            return None
        return fnmatchcase(left_value, glob) == (words[1] != "!=")
    return None if "(" in words else _plain(words, expand, exists)
