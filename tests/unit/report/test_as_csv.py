"""CSV opens in Excel with Chinese intact, and computes nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from opsrunner.report.as_csv import CsvWriter
from opsrunner.report.document import Document
from opsrunner.report.rows import FINDING_COLUMNS
from tests.reports import sample
from tests.reports.hostile import HOSTILE


def _rows(document: Document, folder: Path) -> list[list[str]]:
    (path,) = CsvWriter().write(document, folder / "report.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _formulas(cells: Iterable[str]) -> list[str]:
    starts = ("=", "+", "-", "@", "\t", "\r", "＝")
    return [cell for cell in cells if cell.lstrip(" ").startswith(starts)]


def test_one_row_per_finding_behind_a_byte_order_mark(tmp_path: Path) -> None:
    rows = _rows(sample.document(), tmp_path)
    assert len(rows) == 1 + len(sample.findings())
    assert {len(row) for row in rows} == {len(FINDING_COLUMNS)}
    assert (tmp_path / "report.csv").read_bytes().startswith("\ufeff".encode())
    assert "麒麟-测试-02" in {row[0] for row in rows}


def test_no_cell_is_a_formula(hostile: Document, tmp_path: Path) -> None:
    rows = _rows(hostile, tmp_path)
    assert _formulas(cell for row in rows for cell in row) == []
    assert len(_formulas(HOSTILE)) >= 7  # control: the check does find formulas


def test_hostile_lines_do_not_add_rows(hostile: Document, tmp_path: Path) -> None:
    rows = _rows(hostile, tmp_path)
    assert len(rows) == 1 + len(list(hostile.findings()))
    assert "\x1b" not in (tmp_path / "report.csv").read_text(encoding="utf-8")
