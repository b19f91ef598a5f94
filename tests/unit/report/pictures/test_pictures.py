"""Pictures: well-formed whatever is in them, nothing said in them acts, nothing hides a failure."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from opsrunner.report.paper import Say
from opsrunner.report.pictures.probes import Point, probe_picture, thinned
from opsrunner.report.pictures.svg import ticks, two_lines
from opsrunner.report.pictures.timeline import Bar, timeline_picture

seconds = st.floats(0, 1e6)
bars = st.lists(st.builds(
    lambda title, a, b, c, d, good: Bar(
        Say("处置", "handling"), 2, Say(title, title), (min(a, b), max(a, b)),
        (min(c, d), max(c, d)), good),
    st.text(), seconds, seconds, seconds, seconds, st.booleans(),
), max_size=12)
points = st.lists(st.builds(Point, seconds, st.floats(0, 10), st.booleans()), max_size=60)


def sound(svg: str) -> None:
    """Refuse what is not well-formed, scripts, and attributes a page's policy would not let act."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in ("svg", "rect", "line", "text")
        assert not {"style", "href"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)


@given(bars, st.text())
def test_any_title_is_text_and_nothing_else(found: list[Bar], title: str) -> None:
    drawn = timeline_picture(found, Say(title, title))
    sound(drawn.zh)
    sound(drawn.en)


@given(points, st.none() | st.tuples(seconds, seconds), st.floats(0, 100))
def test_any_attempts_can_be_drawn(
    found: list[Point], outage: tuple[float, float] | None, resolution: float,
) -> None:
    sound(probe_picture(found, outage, Say("探测", "probe"), resolution).zh)


def test_the_outage_is_told_with_its_resolution() -> None:
    drawn = probe_picture([Point(0, 0.01, answered=True)], (1, 4), Say("探测", "probe"), 1.2)
    assert "中断 3.0 秒（分辨率 1.2 秒）" in drawn.zh
    assert "outage" not in probe_picture([], None, Say("探测", "probe"), 1.2).en


def test_markup_in_a_title_does_not_act() -> None:
    hostile = '<script>alert(1)</script>&\x1b[2J"'
    drawn = timeline_picture([Bar(Say("a", "a"), 0, Say(hostile, hostile), (0, 60))], Say("t", "t"))
    assert "<script>" not in drawn.zh
    assert "&lt;script" in drawn.zh
    assert "\x1b" not in drawn.zh


@given(st.lists(st.booleans(), min_size=1, max_size=5000))
def test_thinning_never_hides_a_failed_attempt(answered: list[bool]) -> None:
    found = [Point(float(n), 0.01, good) for n, good in enumerate(answered)]
    kept = thinned(found, 100)
    assert len(kept) <= 100
    assert all(one.answered for one in kept) == all(answered)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_a_title_is_two_lines_at_most(said: str) -> None:
    lines = two_lines(said, 40)
    assert 1 <= len(lines) <= 2
    if cell_len(said) <= 40 and said == said.strip():
        assert lines == [said]


@pytest.mark.parametrize(("longest", "expected"), [
    (0, [0, 1]), (230, [0, 50, 100, 150, 200, 250]), (7, list(range(8))), (0.4, None),
])
def test_ticks_are_round_and_reach_the_end(longest: float, expected: list[float] | None) -> None:
    found = ticks(longest)
    assert found[-1] >= longest
    assert expected is None or found == expected
    assert len(found) <= 10
