"""The workbook: the promised sheets, usable at once, and nothing in it computes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.workbook import Workbook

from opsrunner.models import Verdict
from opsrunner.report.as_xlsx import XlsxWriter
from opsrunner.report.document import Document
from opsrunner.report.xlsx_book import CELL_LIMIT
from tests.reports import fleet, sample
from tests.reports.hostile import HOSTILE
from tests.unit.report.conftest import Maker

SHEETS = [
    "概览 Summary",
    "条款判定 Clauses",
    "检查结果 Findings",
    "条款矩阵 Clause matrix",
    "主机 Hosts",
    "未知项 Unknowns",
    "例外 Waivers",
]


def _book(document: Document, folder: Path, writer: XlsxWriter | None = None) -> Workbook:
    (path,) = (writer or XlsxWriter()).write(document, folder / "report.xlsx")
    return openpyxl.load_workbook(path)


def _texts(book: Workbook) -> Iterator[str]:
    for sheet in book:
        for row in sheet.iter_rows(values_only=True):
            yield from (cell for cell in row if isinstance(cell, str))


def _acting(path: Path) -> list[str]:
    """Return what in a workbook would compute or link."""
    with ZipFile(path) as archive:
        sheets = {n: archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets")}
    marks = (b"<f>", b"<f ", b"<hyperlink", b"http")
    return [name for name, xml in sheets.items() if any(mark in xml for mark in marks[:3])]


def test_sheets_are_ready_to_read(tmp_path: Path) -> None:
    book = _book(sample.document(), tmp_path)
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes is not None
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.column_dimensions["A"].width > 10
    assert all(book[name].auto_filter.ref for name in SHEETS[1:])
    cell = book["检查结果 Findings"]["C2"]
    assert (cell.value, cell.font.name, cell.alignment.wrap_text) == ("不合格 Fail", "等线", True)
    assert cell.fill.fgColor.rgb != book["检查结果 Findings"]["C3"].fill.fgColor.rgb


def test_rows_are_those_of_the_document(tmp_path: Path) -> None:
    document = sample.document()
    book = _book(document, tmp_path)
    rows = {name: book[name].max_row - 1 for name in SHEETS}
    assert rows["检查结果 Findings"] == document.tally.total
    assert rows["未知项 Unknowns"] == document.tally.verdicts[Verdict.UNKNOWN]
    assert rows["例外 Waivers"] == document.tally.waived == 1
    assert rows["主机 Hosts"] == len(document.subjects)
    assert rows["条款判定 Clauses"] == len(document.clauses) == 34
    assert rows["条款矩阵 Clause matrix"] == len(document.subjects) + 1
    assert "2026-06-30" in set(_texts(book))


def test_findings_beyond_a_sheet_go_on_in_the_next(tmp_path: Path) -> None:
    book = _book(fleet.document(7, 10), tmp_path, XlsxWriter(rows=31))
    names = [name for name in book.sheetnames if name.startswith("检查结果")]
    assert [book[name].max_row for name in names] == [31, 31, 11]
    assert names == ["检查结果 Findings", "检查结果 Findings 2", "检查结果 Findings 3"]


def test_hostile_text_is_text(hostile: Document, tmp_path: Path) -> None:
    book = _book(hostile, tmp_path)
    assert _acting(tmp_path / "report.xlsx") == []
    texts = set(_texts(book))
    for harmless in ("=cmd|'/c calc'!A0", "-2+3", "@SUM(1+1)", "https://example.invalid/"):
        assert harmless in texts
    assert r"user\u202egpj.exe" in texts
    # openpyxl leaves Excel's escape of an escape in the text, Excel counts without it
    assert all(len(text.replace("_x005F_", "_")) <= CELL_LIMIT for text in texts)
    assert any("截断" in text for text in texts)


def test_excels_own_escape_does_not_smuggle_a_formula(make: Maker, tmp_path: Path) -> None:
    _book(make("_x003D_1+1"), tmp_path)
    with ZipFile(tmp_path / "report.xlsx") as archive:
        assert b"_x005F_x003D_1+1" in archive.read("xl/worksheets/sheet3.xml")


def test_control_an_ordinary_workbook_would_act(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "naive.xlsx")) as book:
        for number, text in enumerate(HOSTILE[4:13]):
            book.add_worksheet().write(number, 0, text)
    assert len(_acting(tmp_path / "naive.xlsx")) >= 2


@pytest.mark.parametrize("count", [0, 1])
def test_a_fleet_with_nothing_to_say_still_opens(count: int, make: Maker, tmp_path: Path) -> None:
    book = _book(make(*range(count)), tmp_path)
    assert book["检查结果 Findings"].max_row == 1 + count
