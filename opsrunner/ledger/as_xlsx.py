"""The ledgers as one workbook: how it was made, then a sheet a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opsrunner.ledger.model import MARKS, Cell, Ledger, Mark, Table
from opsrunner.report.labels import Label
from opsrunner.report.rows import Column
from opsrunner.report.xlsx_book import Book

NAME = "ledger.xlsx"
_TITLE = "资产台账 Ledgers"
_ABOUT = (Column(Label("项目", "Item"), 28), Column(Label("内容", "Content"), 80))
_LEGEND = {
    Mark.NOT_OBSERVED: "没有实测值，不表示没有问题 no observed value, which is no clean bill",
    Mark.SAME: "登记与实测一致 declared and observed agree",
    Mark.DIFFERENT: "登记与实测不一致，请核实 declared and observed differ: somebody has to look",
    Mark.UNDECLARED: "实测存在而未登记，请补登或清理 observed, not declared: declare or remove",
}


def write_xlsx(ledger: Ledger, path: Path) -> None:
    """Given the ledgers and a path, write the workbook; the same ledgers give the same bytes."""
    with Book(path, _TITLE, ledger.generated) as book:
        _write_about(book, ledger)
        for table in ledger.tables:
            _write_table(book, table)


def _write_about(book: Book, ledger: Ledger) -> None:
    """Write the first sheet: sources, counts, and what the marks mean."""
    sheet = book.sheet("说明 About", _ABOUT, freeze=0)
    run = f"{ledger.run}（{ledger.taken}）" if ledger.run else "无，实测列均为未采集 none"
    facts = {
        "主机清单 Inventory": ledger.inventory,
        "清单 SHA-256 Inventory hash": ledger.inventory_sha256,
        "检查记录 Run": run,
        "生成时间 Generated": ledger.generated,
        "主机数 Hosts": str(ledger.hosts),
        "有实测值的主机 Hosts observed": str(ledger.observed_hosts),
        **{str(table.label): f"{len(table.rows)} 行 rows" for table in ledger.tables},
    }
    for name, content in facts.items():
        sheet.row([name, content])
    for mark, meaning in _LEGEND.items():
        sheet.row([str(MARKS[mark]), meaning], styles={0: book.toned(MARKS[mark])})
    sheet.finish()


def _write_table(book: Book, table: Table) -> None:
    """Write one ledger with its marks in colour."""
    columns = [Column(column.label, column.width) for column in table.columns]
    sheet = book.sheet(f"{table.label.zh} {table.label.en}"[:31], columns)
    for cells in table.rows:
        sheet.row([cell.text for cell in cells], styles=_styles(book, cells))
    sheet.finish()


def _styles(book: Book, cells: Sequence[Cell]) -> dict[int, Any]:
    """Given a row, return the format of each marked cell by its column."""
    return {
        number: book.toned(MARKS[cell.mark])
        for number, cell in enumerate(cells)
        if cell.mark is not Mark.PLAIN
    }
