"""The PDF: nothing sticks out, nothing acts, and no Chinese font is said, never set as boxes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from opsrunner.report.paper import Language, Paper
from opsrunner.report.papers.as_pdf import BREAK, PdfWriter, breakable, choose, fonts
from opsrunner.report.papers.writing import NotHereError
from opsrunner.report.text import visible
from tests.reports import pdf
from tests.reports.hostile import HOSTILE
from tests.unit.report.papers.sheets import paper


def _none() -> bool:
    try:
        choose(fonts().families())
    except NotHereError:
        return True
    return shutil.which("pdftotext") is None


needs_fonts = pytest.mark.skipif(_none(), reason="no Chinese font or no pdftotext on this machine")


def write(given: Paper, folder: Path, language: Language = "zh") -> Path:
    """Given a paper, return its PDF."""
    path = folder / "paper.pdf"
    PdfWriter().write(given, path, language)
    return path


@needs_fonts
def test_cover_contents_and_page_numbers(tmp_path: Path) -> None:
    cover, front, *rest, last = pdf.words(write(paper("x"), tmp_path))
    assert last == ""  # after the last form feed
    assert "报告" in cover
    assert "签署" in cover
    assert "第1页" not in cover
    assert "版本记录" in front
    assert "目录" in front
    total = 2 + len(rest)
    for number, page in enumerate([front, *rest], start=2):
        assert f"第{number}页，共{total}页" in page
        assert "d" * 64 in page
    assert "附录：证据清单" in rest[-1]


@needs_fonts
def test_english_has_no_chinese_but_names(tmp_path: Path) -> None:
    text = pdf.text(write(paper("x"), tmp_path, "en"))
    assert "Version record" in text
    assert "第" not in text


@needs_fonts
def test_hostile_text_stands_there_as_text_and_within_the_page(tmp_path: Path) -> None:
    typst = ("#panic(1)", "*b* _i_ $x$ `r` <l> @q = h - i + e / t \\ ", '#read("/etc/passwd")',
             "[#set page(width: 1cm)]", "// gone", "/* gone */", "\\u{41}")
    path = write(paper(*HOSTILE, *typst), tmp_path)
    words = "".join(pdf.words(path))
    for text in (*HOSTILE[:-1], *typst):
        assert "".join(visible(text).split()) in words
    assert BREAK not in pdf.text(path)
    layout = ["pdftotext", "-bbox", str(path), "-"]
    boxes = subprocess.run(layout, check=True, capture_output=True).stdout.decode()
    ends = [float(line.split('xMax="')[1].split('"')[0])
            for line in boxes.splitlines() if "<word" in line]
    assert len(ends) > 100
    assert max(ends) <= 595  # A4; a word of 40,000 letters is in it


@needs_fonts
def test_a_wide_table_lies_sideways(tmp_path: Path) -> None:
    path = write(paper("x", wide=True), tmp_path)
    info = subprocess.run(
        ["pdfinfo", "-l", "9", str(path)], check=True, capture_output=True,
    ).stdout.decode()
    assert info.count("841.89 x 595.276") == 1
    assert info.count("595.276 x 841.89") == 3


def test_no_chinese_font_is_said_with_what_to_install() -> None:
    with pytest.raises(NotHereError, match="install fonts-noto-cjk"):
        choose(["DejaVu Sans", "Libertinus Serif"])
    assert choose(["Noto Sans CJK SC"])["serif"] == ["Noto Sans CJK SC"]
    both = choose(["Source Han Sans SC", "Noto Serif CJK SC"])
    assert (both["serif"], both["sans"]) == (["Noto Serif CJK SC"], ["Source Han Sans SC"])


def test_long_words_break_and_nothing_else_changes() -> None:
    word = "/etc/systemd/system/opsrunner-undo.timer" + "x" * 50
    assert breakable(word).replace(BREAK, "") == word
    assert max(map(len, breakable(word).split(BREAK))) <= 12
    chinese = "short 中文也不需要断开的很长很长很长的句子"
    assert breakable(chinese) == chinese
    assert breakable(f"a{BREAK}b") == "a\\u200bb"  # a host's own is shown
