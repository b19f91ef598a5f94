"""RPM's version order: rpmvercmp and (epoch, version, release), as in rpm's ``rpmvercmp.c``."""

from __future__ import annotations

import re
from functools import cmp_to_key

_SEGMENT = re.compile(r"[^A-Za-z0-9~^]*(~|\^|[0-9]+|[A-Za-z]+|$)")

Evr = tuple[str, str, str]


def vercmp(one: str, other: str) -> int:
    """Given two versions (or releases), return -1, 0 or 1 as rpm orders them.

    ``~`` sorts before everything, the end included; ``^`` after the end, before anything else;
    a number after a word; separators only separate.
    """
    if one == other:
        return 0
    left, right = _segments(one), _segments(other)
    for a, b in zip(left, right, strict=False):
        if a != b:
            order = _compare(a, b)
            if order:
                return order
    return 0


def _segments(text: str) -> list[str]:
    """Return the parts of a version; the last one, ``""``, is its end."""
    return [match.group(1) for match in _SEGMENT.finditer(text)] + [""]


def _compare(a: str, b: str) -> int:
    for mark in "~^":
        if mark in (a, b):
            if mark == "^" and "" in (a, b):
                return 1 if a == mark else -1
            return -1 if a == mark else 1
    if not a or not b:
        return 1 if a else -1
    if a.isdigit() != b.isdigit():
        return 1 if a.isdigit() else -1
    if a.isdigit():
        a, b = a.lstrip("0"), b.lstrip("0")
        if len(a) != len(b):
            return 1 if len(a) > len(b) else -1
    return (a > b) - (a < b)


def evr_cmp(one: Evr, other: Evr) -> int:
    """Given two (epoch, version, release), return -1, 0 or 1; no epoch is epoch 0."""
    first, second = int(one[0] or 0), int(other[0] or 0)
    if first != second:
        return 1 if first > second else -1
    return vercmp(one[1], other[1]) or vercmp(one[2], other[2])


evr_key = cmp_to_key(evr_cmp)
