"""The few shapes that our pictures are made of, as SVG text.

Only presentation attributes, no style: a page's policy lets no other style act, and Typst reads
them as well. Coordinates are in points of a picture ``WIDTH`` wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from rich.cells import cell_len

from opsrunner.report.text import visible

WIDTH = 720
FONT = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
# A word, or one character with the punctuation that must not begin a line.
_WORDS = re.compile(r"[\x21-\x7e]+ ?|.[，、。；：）」》]*")
INK, SOFT, LINE = "#1c2733", "#5a6878", "#cfd6de"


def picture(height: float, shapes: Iterable[str], title: str) -> str:
    """Given a height, shapes and what the picture shows in words, return it as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img" aria-label="{_told(title)}">'
        f"{''.join(shapes)}</svg>"
    )


def bar(x: float, y: float, width: float, height: float, fill: str, edge: str = "none") -> str:
    """Given place, size and colours, return a rectangle, never too thin to be seen."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{height:.1f}" '
        f'rx="2" fill="{fill}" stroke="{edge}"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = LINE, width: float = 1) -> str:
    """Given two points, return the line between them."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"/>'
    )


def text(x: float, y: float, said: str, anchor: str = "start", colour: str = INK, size: int = 11) -> str:  # noqa: E501 - a text
    """Given a place (the baseline's begin, middle or end) and text from anywhere, return it."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="{size}" fill="{colour}" '
        f'text-anchor="{anchor}">{_told(said)}</text>'
    )


def two_lines(said: str, columns: int) -> list[str]:
    """Given text and how many columns a line has (a Chinese character takes two), break it.

    At most two lines; what does not fit even then ends in an ellipsis.
    """
    lines = [""]
    for word in _WORDS.findall(said):
        if cell_len(lines[-1] + word.rstrip()) > columns and lines[-1]:
            lines.append("")
        lines[-1] += word
    kept = [line.strip() for line in lines[:2]]
    if len(lines) > len(kept):
        while kept[1] and cell_len(kept[1]) > columns - 2:
            kept[1] = kept[1][:-1]
        kept[1] += "…"
    return kept


def ticks(longest: float, most: int = 8) -> list[float]:
    """Given the longest value, return round values from zero on, the last not below it."""
    if longest <= 0:
        return [0.0, 1.0]
    step = next(
        base * 10.0 ** power for power in range(-3, 9) for base in (1, 2, 5)
        if longest / (base * 10.0 ** power) <= most
    )
    count = int(-(-longest // step))
    return [step * number for number in range(max(count, 1) + 1)]


def _told(said: str) -> str:
    return escape(visible(said).replace("\n", " "))
