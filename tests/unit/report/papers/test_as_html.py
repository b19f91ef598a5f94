"""The page: both languages, nothing loaded, nothing acts; in a browser: tests/reports."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from opsrunner.report.paper import Language
from opsrunner.report.papers.as_html import HtmlWriter
from opsrunner.report.text import visible
from tests.reports.hostile import HOSTILE
from tests.unit.report.papers.sheets import paper


class Page(HTMLParser):
    """What elements and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.events: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Given an element, keep what could act."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.events += [name for name, _ in attrs if name.startswith("on")]


def write(folder: Path, *texts: str, language: Language = "zh") -> str:
    """Given texts, return the page of a paper that shows them."""
    path = folder / "paper.html"
    HtmlWriter().write(paper(*texts), path, language)
    return path.read_text("utf-8")


def test_both_languages_are_there_and_one_is_shown_first(tmp_path: Path) -> None:
    page = write(tmp_path, "x")
    assert '<html lang="zh-CN">' in page
    both = '<span class="zh" lang="zh-CN">第一节</span><span class="en" lang="en">One</span>'
    assert both in page
    assert '<html lang="en">' in write(tmp_path, "x", language="en")


def test_a_value_stands_there_once(tmp_path: Path) -> None:
    page = write(tmp_path, "only-once")
    assert '<td class="bad">only-once</td><td>only-once</td>' in page  # not once a language


def test_hostile_text_stands_there_as_text(tmp_path: Path) -> None:
    text = write(tmp_path, *HOSTILE)
    page, harmless = Page(text), Page(write(tmp_path, *("y" for _ in HOSTILE)))
    assert page.tags == harmless.tags
    assert page.links == harmless.links
    assert page.events == []
    assert all(link.startswith(("data:,", "#section-", "#evidence")) for link in page.links)
    shown = unescape(re.sub(r"<[^>]*>", "", text))
    for hostile in HOSTILE:
        assert visible(hostile) in shown
