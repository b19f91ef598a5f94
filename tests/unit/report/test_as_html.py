"""The HTML is one offline file, runs no host's text, and hides nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest

from opsrunner.models import Verdict
from opsrunner.report.as_html import HtmlWriter
from opsrunner.report.document import Document
from tests.reports import fleet, sample
from tests.reports.hostile import HOSTILE
from tests.unit.report.conftest import Maker


class _Page(HTMLParser):
    """Collects what a browser would see: elements, their attributes, scripts and data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inner: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open in self.inner:
            self.inner[self._open].append(data)
        self._open = ""

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.inner["script"][0]))


def _written(document: Document, folder: Path) -> str:
    (path,) = HtmlWriter().write(document, folder / "report.html")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
def test_it_begins_in_the_language_that_was_set(
    tmp_path: Path, language: Literal["zh", "en"], lang: str,
) -> None:
    page = _Page(_written(replace(sample.document(), language=language), tmp_path))
    assert next(a["lang"] for tag, a in page.elements if tag == "html") == lang
    (pressed,) = [a["lang"] for _, a in page.elements if a.get("aria-pressed") == "true"]
    assert pressed == lang


def test_one_file_that_loads_nothing(tmp_path: Path) -> None:
    text = _written(sample.document(), tmp_path)
    page = _Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "iframe", "object", "embed", "base", "video", "audio"}
    links = [a[key] for _, a in page.elements for key in ("src", "href") if key in a]
    assert all(link.startswith(("#", "data:,")) for link in links)
    assert not re.search(r"@import|url\(", text.partition("</style>")[0])


def test_policy_allows_exactly_our_style_and_script(tmp_path: Path) -> None:
    page = _Page(_written(sample.document(), tmp_path))
    (policy,) = [a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    for kind, text in (("style", page.inner["style"][0]), ("script", page.inner["script"][1])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not [a for _, a in page.elements if any(k.startswith("on") or k == "style" for k in a)]


def test_script_never_parses_text_as_html() -> None:
    folder = Path(__file__).parents[3] / "opsrunner" / "report" / "templates"
    for script in folder.glob("*.js"):
        banned = re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|srcdoc",
                            script.read_text())  # fmt: skip
        assert banned == [], script.name


def test_hostile_text_makes_no_element(hostile: Document, make: Maker, tmp_path: Path) -> None:
    def shape(document: Document) -> list[str]:
        return [tag for tag, _ in _Page(_written(document, tmp_path)).elements]

    tame = make(*range(len(list(hostile.findings()))), reason="denied: x", verdict=Verdict.UNKNOWN)
    assert shape(hostile) == shape(tame)
    # Control: put in as it is, the same text does make elements.
    naive = _written(tame, tmp_path).replace("denied", "denied" + HOSTILE[0] + HOSTILE[1])
    assert [tag for tag, _ in _Page(naive).elements] != shape(tame)


def test_hostile_text_is_shown_and_cannot_act(hostile: Document, tmp_path: Path) -> None:
    text = _written(hostile, tmp_path)
    assert not set(text) & set("\x1b\x00\x07\x9b\u202e\u200b\u2028\ufeff")
    texts = _Page(text).data["findings"]["texts"]
    assert HOSTILE[0] in texts
    assert r"user\u202egpj.exe" in texts
    assert HOSTILE[-1] in texts  # however long, nothing is cut


def test_page_holds_every_finding_as_it_is(tmp_path: Path) -> None:
    document = sample.document()
    data = _Page(_written(document, tmp_path)).data
    found, verdicts = data["findings"], ["fail", "unknown", "manual", "pass", "not_applicable"]
    columns = found["columns"]
    owners = [subject[0] for subject in data["subjects"] for _ in range(subject[4])]
    told = [
        (
            owners[i],
            found["checks"][columns["c"][i]][0],
            verdicts[columns["v"][i]],
            found["texts"][columns["e"][i]],
            tuple(found["checks"][columns["c"][i]][3]),
            bool(columns["w"][i]),
        )
        for i in range(len(columns["c"]))
    ]
    assert told == [
        (f.subject, f.rule, f.verdict.value, f.evidence or "", f.clauses, bool(f.waived))
        for f in sample.findings()
    ]


def test_unknowns_have_their_own_section_with_every_reason(tmp_path: Path) -> None:
    section = _written(sample.document(), tmp_path).partition('<section id="unknown">')[2]
    section = section.partition("</section>")[0]
    for finding in sample.findings():
        if finding.verdict is Verdict.UNKNOWN:
            assert f"<code>{(finding.reason or '').partition(':')[0]}</code>" in section


def test_no_unknown_no_section_and_no_score_is_a_dash(make: Maker, tmp_path: Path) -> None:
    assert 'id="unknown"' not in _written(make(1), tmp_path)
    assert "<strong>—</strong>" in _written(make(1, verdict=Verdict.MANUAL), tmp_path)
    assert "<strong>0%</strong>" in _written(make(1), tmp_path)


def test_large_fleet_is_an_index_and_pages(tmp_path: Path) -> None:
    document = fleet.document(23, 4)
    index, *pages = HtmlWriter(single=10, page=3).write(document, tmp_path / "report.html")
    assert len(pages) == 8  # four platforms of 5 or 6 hosts, three to a page
    assert {page.parent for page in pages} == {tmp_path / "report-html"}
    linked = {
        attributes["href"]
        for _, attributes in _Page(index.read_text(encoding="utf-8")).elements
        if attributes.get("href", "").startswith("report-html/")
    }
    assert linked == {f"report-html/{page.name}" for page in pages}
    data = [_Page(page.read_text(encoding="utf-8")).data for page in pages]
    assert sum(len(each["findings"]["columns"]["c"]) for each in data) == document.tally.total
    hosts = _Page(index.read_text(encoding="utf-8")).data
    assert {subject[0] for subject in hosts["subjects"]} == {row.id for row in document.subjects}
    assert "findings" not in hosts


@pytest.mark.parametrize("subject", ["../../x", "/etc/passwd", "a/b", "CON", "\x00"])
def test_file_names_never_come_from_a_host(subject: str, make: Maker, tmp_path: Path) -> None:
    HtmlWriter(single=0).write(make(1, subject=subject), tmp_path / "report.html")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "0001.html", "report-html", "report.html",
    ]  # fmt: skip
