"""Debian's version order: deb-version(7), dpkg's ``version.c``."""

from __future__ import annotations

import re

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")


def vercmp(one: str, other: str) -> int:
    """Given two whole versions ``[epoch:]upstream[-revision]``, return -1, 0 or 1."""
    first, second = _split(one), _split(other)
    if first[0] != second[0]:
        return 1 if first[0] > second[0] else -1
    return _part_cmp(first[1], second[1]) or _part_cmp(first[2], second[2])


def _split(version: str) -> tuple[int, str, str]:
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    return int(epoch), *((upstream, revision) if dash else (rest, ""))


def _part_cmp(one: str, other: str) -> int:
    left, right = _PARTS.findall(one), _PARTS.findall(other)
    length = max(len(left), len(right))
    padding = [("", "")]
    for (a, m), (b, n) in zip(
        left + padding * (length - len(left)), right + padding * (length - len(right)), strict=True,
    ):
        order = _text_cmp(a, b) or (int(m or 0) > int(n or 0)) - (int(m or 0) < int(n or 0))
        if order:
            return order
    return 0


def _text_cmp(one: str, other: str) -> int:
    first, second = [_weight(c) for c in one] + [0], [_weight(c) for c in other] + [0]
    return (first > second) - (first < second)


def _weight(character: str) -> int:
    """``~`` before the end, letters after it, everything else after letters."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
