"""The DOCX: the customer's template or ours, fonts that Chinese is set in, and nothing acts."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from opsrunner.errors import SettingsError
from opsrunner.report.paper import Paper
from opsrunner.report.papers.as_docx import DocxWriter
from opsrunner.report.papers.docx_template import DEFAULT, W
from opsrunner.report.papers.docx_zip import pack, template_parts
from opsrunner.report.text import visible
from tests.reports.hostile import HOSTILE
from tests.unit.report.papers.sheets import ROLES, paper


def write(given: Paper, folder: Path, template: Path | None = None) -> Any:  # noqa: ANN401 - python-docx has no types
    """Given a paper, return its document as python-docx reads it."""
    path = folder / "paper.docx"
    DocxWriter(template).write(given, path, "zh")
    return docx.Document(str(path))


def texts(document: Any) -> list[str]:  # noqa: ANN401 - python-docx has no types
    """Given a document, return the text of every paragraph, those of tables included."""
    return ["".join(_said(run) for run in p.iter(f"{W}t", f"{W}br", f"{W}tab"))
            for p in document.element.body.iter(f"{W}p")]


def _said(run: Any) -> str:  # noqa: ANN401 - an lxml element
    return str(run.text or "") if run.tag == f"{W}t" else "\t" if run.tag == f"{W}tab" else "\n"


def edited(folder: Path, part: str, *changes: str) -> Path:
    """Given a part and what stands there and what shall, return the default template so changed."""
    path = folder / "template.docx"
    found = {name: b"".join(pieces).decode() for name, pieces in template_parts()}
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in found[part]
        found[part] = found[part].replace(old, new)
    pack(path, ((name, [text.encode()]) for name, text in found.items()))
    return path


def test_the_template_is_what_its_parts_say(tmp_path: Path) -> None:
    pack(tmp_path / "new.docx", template_parts())
    assert (tmp_path / "new.docx").read_bytes() == DEFAULT.read_bytes(), (
        "run python -m opsrunner.report.papers.docx_zip")


def test_cover_versions_contents_evidence_and_running_lines(tmp_path: Path) -> None:
    document = write(paper("x"), tmp_path)
    said = texts(document)
    for told in ("报告", "N-1", *ROLES, "版本记录", "首次编制", "1  第一节", "1.1  小节",
                 "附录：证据清单", "a" * 64):
        assert told in said
    section = document.sections[-1]
    foot = _line(section.footer)
    assert "d" * 64 in foot
    assert "第 1 页，共 1 页" in foot
    footer = section.footer._element  # noqa: SLF001 - python-docx has no other way
    fields = [field.get(f"{W}instr").strip() for field in footer.iter(f"{W}fldSimple")]
    assert fields == ["PAGE", "NUMPAGES"]
    assert "报告" in _line(section.header)
    assert "N-1" in _line(section.header)


def _line(part: Any) -> str:  # noqa: ANN401 - python-docx has no types
    return "".join(text.text for text in part._element.iter(f"{W}t"))  # noqa: SLF001 - no other way


def test_every_style_says_what_chinese_is_set_in(tmp_path: Path) -> None:
    styles = write(paper("x"), tmp_path).styles.element
    default = styles.find(f"{W}docDefaults//{W}rFonts")
    assert default.get(f"{W}eastAsia") == "宋体"
    assert {fonts.get(f"{W}eastAsia") for fonts in styles.iter(f"{W}rFonts")} == {"宋体", "黑体"}


def test_a_wide_table_lies_sideways_and_repeats_its_head(tmp_path: Path) -> None:
    document = write(paper("x", wide=True), tmp_path)
    pages = [(s.page_width > s.page_height) for s in document.sections]
    assert pages == [False, False, True, False]
    table = next(t for t in document.tables if "甲" in t.rows[0].cells[0].text)
    assert table._tbl.tr_lst[0].find(f"{W}trPr/{W}tblHeader") is not None  # noqa: SLF001 - as above
    widths = [int(column.get(f"{W}w")) for column in table._tbl.iter(f"{W}gridCol")]  # noqa: SLF001 - as above
    room = document.sections[2].page_width - 2 * document.sections[2].left_margin
    assert sum(widths) == pytest.approx(room / 635, abs=2)  # EMU a twentieth of a point
    upright = write(paper("x"), tmp_path)
    assert len(upright.sections) == 2


def test_hostile_text_stands_there_as_text(tmp_path: Path) -> None:
    said = texts(write(paper(*HOSTILE), tmp_path))
    for text in HOSTILE:
        assert visible(text) in said
    with zipfile.ZipFile(tmp_path / "paper.docx") as archive:
        for name in archive.namelist():
            etree.fromstring(archive.read(name))  # every part is XML
        whole = archive.read("word/document.xml")
    assert b"<script" not in whole
    assert whole.count(b"instrText") == 2  # the contents' own field, no other


@given(st.text(max_size=200))
@settings(max_examples=25, deadline=None)
def test_any_text_is_a_document(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    said = texts(write(paper(text), tmp_path_factory.mktemp("any")))
    assert visible(text) in said


def test_the_same_paper_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(paper(*HOSTILE), tmp_path / name)
    assert (tmp_path / "a/paper.docx").read_bytes() == (tmp_path / "b/paper.docx").read_bytes()


def test_a_customers_template_is_used(tmp_path: Path) -> None:
    ours, theirs = "{{ subtitle }}", "某某市大数据局 {{ subtitle }}"
    template = edited(tmp_path, "word/document.xml", ours, theirs)
    assert "某某市大数据局 x" in texts(write(paper("x"), tmp_path, template))
    numbered = edited(
        tmp_path, "word/styles.xml", '<w:keepNext/><w:keepLines/><w:spacing w:before="360"',
        '<w:keepNext/><w:keepLines/><w:numPr><w:numId w:val="1"/></w:numPr>'
        '<w:spacing w:before="360"',
    )
    said = texts(write(paper("x"), tmp_path, numbered))
    assert "第一节" in said  # the template numbers its headings: no second number


def test_styles_a_template_lacks_are_put_in(tmp_path: Path) -> None:
    template = edited(tmp_path, "word/styles.xml", 'w:val="Paper Table"', 'w:val="Mine"')
    document = write(paper("x"), tmp_path, template)
    assert "Paper Table" in {style.name for style in document.styles}


@pytest.mark.parametrize(("part", "old", "new", "said"), [
    ("word/document.xml", "{{ body }}", "", "{{ body }} is missing"),
    ("word/footer1.xml", "{{ digest }}", "", "{{ digest }} is missing"),
    ("word/document.xml", "{{ subtitle }}", "{{ subtitel }}", "{{ subtitel }} is no tag of ours"),
    ("word/document.xml", "{{ row.sha256 }}", "{{ row.sha }}", "a tag is wrong"),
    ("word/document.xml", "{%tr for row in facts %}", "{%tr for row facts %}", "a tag is wrong"),
    ("word/document.xml", "</w:document>", "", "is no DOCX file"),
])
def test_a_bad_template_says_what_is_wrong(
    tmp_path: Path, part: str, old: str, new: str, said: str,
) -> None:
    template = edited(tmp_path, part, old, new)
    with pytest.raises(SettingsError) as caught:
        DocxWriter(template)
    assert said in str(caught.value)
    assert str(template) in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    template = edited(
        tmp_path, "word/document.xml", "{{ body }}", "{{ bodi }}", "{{ row.value }}", "{{ valeu }}",
    )
    with pytest.raises(SettingsError) as caught:
        DocxWriter(template)
    assert [str(problem).count("{{") for problem in caught.value.problems] == [1, 1, 1]


def test_the_body_stands_in_a_paragraph_of_its_own(tmp_path: Path) -> None:
    template = edited(
        tmp_path, "word/document.xml", "{{ body }}", "", "{{ row.what }}", "{{ body }}",
    )
    with pytest.raises(SettingsError, match="in a paragraph of its own"):
        DocxWriter(template)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_docx_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.docx"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match="is no DOCX file"):
        DocxWriter(path)
    with pytest.raises(SettingsError, match="No such file"):
        DocxWriter(tmp_path / "absent.docx")


def test_a_template_cannot_reach_out(tmp_path: Path) -> None:
    template = edited(
        tmp_path, "word/document.xml", "{{ subtitle }}",
        "{{ subtitle.__class__.__mro__[1].__subclasses__() }}",
    )
    with pytest.raises(SettingsError, match="a tag is wrong"):
        DocxWriter(template)
