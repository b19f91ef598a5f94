"""The workbook: a cover, a sheet for each table that asks for one, and nothing computes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl

from opsrunner.report.paper import Say
from opsrunner.report.papers.as_xlsx import XlsxWriter
from opsrunner.report.text import visible
from opsrunner.report.xlsx_book import CELL_LIMIT
from tests.reports.hostile import HOSTILE
from tests.unit.report.papers.sheets import paper


def test_cover_and_a_sheet_that_can_be_filtered(tmp_path: Path) -> None:
    path = tmp_path / "paper.xlsx"
    XlsxWriter().write(paper("x", "y"), path, "zh")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["封面", "清单"]
    cover = [cell for row in book["封面"].iter_rows(values_only=True) for cell in row if cell]
    for told in ("报告", "N-1", "d" * 64, "审核", "版本记录", "附录：证据清单", "a" * 64, "k"):
        assert told in cover
    sheet = book["清单"]
    assert [cell.value for cell in sheet[1]] == ["甲", "乙"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet["A2"].fill.start_color.rgb != sheet["B2"].fill.start_color.rgb
    assert sheet.column_dimensions["B"].width > sheet.column_dimensions["A"].width


def test_in_english(tmp_path: Path) -> None:
    path = tmp_path / "paper.xlsx"
    XlsxWriter().write(paper("x"), path, "en")
    assert openpyxl.load_workbook(path).sheetnames == ["Cover", "List"]
    assert Say("清单", "List").in_("en") == "List"


def test_hostile_text_computes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "paper.xlsx"
    XlsxWriter().write(paper(*HOSTILE), path, "zh")
    rows = openpyxl.load_workbook(path)["清单"].iter_rows(min_row=2, max_col=1)
    cells = [cell for row in rows for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    said = [str(cell.value) for cell in cells]
    # openpyxl does not undo Excel's own escape of what looks like one.
    assert [text.replace("_x005F_", "_") for text in said[:-1]] == [
        visible(text) for text in HOSTILE[:-1]
    ]
    assert len(said[-1]) == CELL_LIMIT
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/s")]
    assert sheets
    assert not any(mark in xml for xml in sheets for mark in (b"<f>", b"<f ", b"<hyperlink"))
