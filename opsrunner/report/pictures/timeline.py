"""The time line as a picture: for each step what was planned and what it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from opsrunner.report.paper import Language, Say
from opsrunner.report.pictures.svg import (
    INK,
    LINE,
    SOFT,
    WIDTH,
    bar,
    line,
    picture,
    text,
    ticks,
    two_lines,
)

_LEFT, _RIGHT, _TOP, _ROW = 262, 16, 34, 34
_PHASE_WIDTH, _COLUMNS = 40, 39  # the phase's band; columns of a line of a step's title
_COLOURS = ("#c98a1b", "#b5533c", "#2f6fa8", "#3b8456")
_PLANNED = Say("计划", "planned")
_ACTUAL = Say("实际", "actual")
_NOT_DONE = Say("未完成或跳过", "failed or skipped")
_MINUTES = Say("分钟", "minutes")
_FAILED = "#9c1c1c"


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: its phase (the text of it and its place among the phases), title, and times.

    Times are seconds from the first step's begin: begin and end as planned and as they were;
    None for what has not been. ``good``: it ended as it should.
    """

    phase: Say
    place: int
    title: Say
    planned: tuple[float, float]
    actual: tuple[float, float] | None = None
    good: bool = True


def timeline_picture(bars: Sequence[Bar], title: Say) -> Say:
    """Given the steps in order and what the picture shows, return it in both languages."""
    return Say(_drawn(bars, title, "zh"), _drawn(bars, title, "en"))


def _drawn(bars: Sequence[Bar], title: Say, language: Language) -> str:
    height = _TOP + _ROW * len(bars) + 34
    return picture(height, _shapes(bars, language), title.in_(language))


def _shapes(bars: Sequence[Bar], language: Language) -> Iterator[str]:
    ends = [one.planned[1] for one in bars] + [one.actual[1] for one in bars if one.actual]
    marks = ticks(max(ends, default=0) / 60)
    scale = (WIDTH - _LEFT - _RIGHT) / (marks[-1] * 60)
    bottom = _TOP + _ROW * len(bars)
    yield from _legend(bars, language)
    for minutes in marks:
        x = _LEFT + minutes * 60 * scale
        yield line(x, _TOP, x, bottom)
        yield text(x, bottom + 14, f"{minutes:g}", "middle", SOFT, 9)
    yield text(WIDTH - _RIGHT, bottom + 28, _MINUTES.in_(language), "end", SOFT, 9)
    yield from _phases(bars, language)
    for row, one in enumerate(bars):
        yield from _step(one, _TOP + row * _ROW, scale, language)


def _legend(bars: Sequence[Bar], language: Language) -> Iterator[str]:
    yield bar(_LEFT, 11, 22, 7, "#e7ecf2", SOFT)
    yield text(_LEFT + 28, 18, _PLANNED.in_(language), colour=SOFT, size=10)
    if any(one.actual for one in bars):
        yield bar(_LEFT + 90, 11, 22, 7, _COLOURS[2])
        yield text(_LEFT + 118, 18, _ACTUAL.in_(language), colour=SOFT, size=10)
    if any(one.actual and not one.good for one in bars):
        yield bar(_LEFT + 180, 11, 22, 7, _FAILED)
        yield text(_LEFT + 208, 18, _NOT_DONE.in_(language), colour=SOFT, size=10)


def _phases(bars: Sequence[Bar], language: Language) -> Iterator[str]:
    row = 0
    for place, group in groupby(bars, key=lambda one: one.place):
        mine = list(group)
        y, height = _TOP + row * _ROW, len(mine) * _ROW
        yield bar(2, y + 2, _PHASE_WIDTH, height - 4, _COLOURS[place % len(_COLOURS)])
        said = mine[0].phase.in_(language)
        size = 11 if language == "zh" else 7
        yield text(2 + _PHASE_WIDTH / 2, y + height / 2 + 4, said, "middle", "#ffffff", size)
        row += len(mine)


def _step(one: Bar, y: float, scale: float, language: Language) -> Iterator[str]:
    lines = two_lines(one.title.in_(language), _COLUMNS)
    for number, said in enumerate(lines):
        place = y + (21 if len(lines) == 1 else 15 + 13 * number)
        yield text(_PHASE_WIDTH + 10, place, said, colour=INK, size=10)
    yield line(_PHASE_WIDTH + 10, y + _ROW, WIDTH - _RIGHT, y + _ROW, LINE, 0.5)
    begin, end = one.planned
    yield bar(_LEFT + begin * scale, y + 6, (end - begin) * scale, 8, "#e7ecf2", SOFT)
    if one.actual:
        begin, end = one.actual
        colour = _COLOURS[one.place % len(_COLOURS)] if one.good else _FAILED
        yield bar(_LEFT + begin * scale, y + 18, (end - begin) * scale, 9, colour)
