"""The attempts of a probe as a picture: when it was answered, how fast, where the outage was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsrunner.report.paper import Language, Say
from opsrunner.report.pictures.svg import LINE, SOFT, WIDTH, bar, line, picture, text, ticks

_LEFT, _RIGHT, _TOP, _HEIGHT = 56, 16, 30, 150
_GOOD, _BAD, _BAND = "#3b8456", "#9c1c1c", "#fbe9e7"
_MOST = 1500  # points that are drawn; of more, each piece of the axis keeps its worst
_ANSWERED = Say("应答", "answered")
_FAILED = Say("无应答", "no answer")
_OUTAGE = Say("中断 {:.1f} 秒（分辨率 {:.3g} 秒）", "outage {:.1f} s (resolution {:.3g} s)")
_AXES = Say("横轴：秒；纵轴：应答用时（毫秒）", "across: seconds; up: milliseconds to the answer")


@dataclass(frozen=True, slots=True)
class Point:
    """One attempt: seconds since the first, seconds it took, and whether it was answered."""

    at: float
    took: float
    answered: bool


def probe_picture(
    points: Sequence[Point], outage: tuple[float, float] | None, title: Say,
    resolution: float = 0.0,
) -> Say:
    """Given attempts in order and the outage's begin and end (None: not measured), draw them.

    ``resolution`` is within how many seconds the outage is known: a bracket before its end.
    """
    return Say(
        picture(_TOP + _HEIGHT + 40, _shapes(points, outage, resolution, "zh"), title.zh),
        picture(_TOP + _HEIGHT + 40, _shapes(points, outage, resolution, "en"), title.en),
    )


def _shapes(
    points: Sequence[Point], outage: tuple[float, float] | None, resolution: float,
    language: Language,
) -> Iterator[str]:
    seconds = ticks(max((one.at + one.took for one in points), default=0), 10)
    millis = ticks(max((one.took for one in points), default=0) * 1000, 5)
    across = (WIDTH - _LEFT - _RIGHT) / seconds[-1]
    up = _HEIGHT / millis[-1]
    floor = _TOP + _HEIGHT
    if outage:
        begin, end = outage
        yield bar(_LEFT + begin * across, _TOP, (end - begin) * across, _HEIGHT, _BAND)
    for value in seconds:
        yield line(_LEFT + value * across, _TOP, _LEFT + value * across, floor)
        yield text(_LEFT + value * across, floor + 14, f"{value:g}", "middle", SOFT, 9)
    for value in millis:
        yield line(_LEFT, floor - value * up, WIDTH - _RIGHT, floor - value * up, LINE, 0.5)
        yield text(_LEFT - 6, floor - value * up + 3, f"{value:g}", "end", SOFT, 9)
    for one in thinned(points):
        x, height = _LEFT + one.at * across, max(one.took * 1000 * up, 2)
        yield line(x, floor, x, floor - height, _GOOD if one.answered else _BAD, 1.2)
    if outage:
        yield from _bracket(outage, resolution, across)
        said = _OUTAGE.in_(language).format(outage[1] - outage[0], resolution)
        yield text(WIDTH - _RIGHT, 18, said, "end", _BAD, 10)
    yield text(_LEFT, 18, _ANSWERED.in_(language), colour=_GOOD, size=10)
    yield text(_LEFT + 70, 18, _FAILED.in_(language), colour=_BAD, size=10)
    yield text(WIDTH - _RIGHT, floor + 32, _AXES.in_(language), "end", SOFT, 9)


def _bracket(outage: tuple[float, float], resolution: float, across: float) -> Iterator[str]:
    """Yield a bracket as wide as the outage may be shorter, at its end."""
    begin, end = max(outage[0], outage[1] - resolution), outage[1]
    left, right, y = _LEFT + begin * across, _LEFT + end * across, _TOP + 8
    yield line(left, y, right, y, _BAD, 1.2)
    for x in (left, right):
        yield line(x, y - 4, x, y + 4, _BAD, 1.2)


def thinned(points: Sequence[Point], most: int = _MOST) -> list[Point]:
    """Given many points, return at most so many: of each piece a failed one, else the slowest."""
    size = -(-len(points) // most) or 1
    pieces = (points[start:start + size] for start in range(0, len(points), size))
    return [max(piece, key=lambda one: (not one.answered, one.took)) for piece in pieces]
