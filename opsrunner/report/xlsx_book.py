"""A workbook as the reports need it: plain-string cells, styled heads, filters, print setup.

Cells are written as strings or numbers only. A text that looks like a formula or a link stays a
text, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any, Self

import xlsxwriter

from opsrunner.report.labels import Label
from opsrunner.report.rows import Column
from opsrunner.report.text import clipped, visible

CELL_LIMIT = 32_767  # characters a cell can hold
ROW_LIMIT = 1_048_576  # rows a sheet can hold
FONT = "等线"  # on every Chinese Windows since 2016; others substitute their own
Cell = str | int | float


class Book:
    """A workbook; rows go to disk as they are written, so its size does not matter.

    Used in a ``with`` block: the file is there when the block has ended well.
    """

    def __init__(self, path: Path, title: str, created: str, header: str = "&L&A&R&D") -> None:
        self._path, self.header = path, header
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
            "use_zip64": True,
            "default_format_properties": {"font_name": FONT, "font_size": 10},
        }
        self._book: Any = xlsxwriter.Workbook(str(path), options)
        moment = datetime.fromisoformat(created).astimezone(UTC).replace(tzinfo=None)
        self._book.set_properties({"title": title, "author": "opsrunner", "created": moment})
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **properties: Any) -> Any:  # noqa: ANN401 - xlsxwriter has no types
        """Given format properties, return their format; the same properties share one."""
        base = {"valign": "top", "text_wrap": True}
        key = tuple(sorted({**base, **properties}.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(key))
        return self._formats[key]

    def toned(self, label: Label, **properties: Any) -> Any:  # noqa: ANN401 - xlsxwriter has no types
        """Given a label, return the format in its colour; the word beside it says the same."""
        pale = "".join(f"{255 - (255 - part) // 8:02X}" for part in bytes.fromhex(label.color))
        tone = {"font_color": f"#{label.color}", "bg_color": f"#{pale}"}
        return self.style(bold=True, **tone, **properties)

    def sheet(self, name: str, columns: Sequence[Column], freeze: int = 1) -> Sheet:
        """Given a name, columns and how many to freeze, return a new sheet with its head."""
        return Sheet(self, self._book.add_worksheet(name), columns, freeze)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._book.close()  # writes the file, and closes its temporary ones in any case
        if kind:
            self._path.unlink(missing_ok=True)


class Sheet:
    """One sheet, filled from the top down."""

    def __init__(self, book: Book, sheet: Any, columns: Sequence[Column], freeze: int) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book, self._sheet, self._columns = book, sheet, columns
        self._plain = book.style()
        self._next = 0
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.repeat_rows(0)
        sheet.set_header(book.header)
        sheet.set_footer("&C&P / &N")
        sheet.freeze_panes(1, freeze)
        head = book.style(bold=True, bg_color="#17324D", font_color="#FFFFFF", valign="vcenter")
        self.row(
            ["\n".join(filter(None, (column.label.zh, column.label.en))) for column in columns],
            height=32,
            styles=dict.fromkeys(range(len(columns)), head),
        )

    def row(
        self,
        cells: Sequence[Cell],
        styles: Mapping[int, Any] | None = None,
        height: float | None = None,
    ) -> None:
        """Given cells and formats by column, write the next row."""
        if height is not None:
            self._sheet.set_row(self._next, height)
        for column, cell in enumerate(cells):
            if cell == "":  # an empty cell needs no bytes
                continue
            style = (styles or {}).get(column, self._plain)
            if isinstance(cell, str):
                self._sheet.write_string(
                    self._next,
                    column,
                    clipped(visible(cell), CELL_LIMIT),
                    style,
                )
            else:
                self._sheet.write_number(self._next, column, cell, style)
        self._next += 1

    def finish(self) -> None:
        """Put the filter over all rows written."""
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._columns) - 1)


class SheetRun:
    """Sheets of the same columns, filled one after the other; a sheet has its last row."""

    def __init__(
        self, book: Book, name: str, columns: Sequence[Column], count: int, rows: int = ROW_LIMIT,
    ) -> None:
        self._room = rows - 1  # the head
        names = [name, *(f"{name} {n}" for n in range(2, ceil(count / self._room) + 1))]
        self._sheets = [book.sheet(each, columns) for each in names]
        self._written = 0

    def row(self, cells: Sequence[str], styles: Mapping[int, Any] | None = None) -> None:
        """Given cells and formats by column, write the next row."""
        self._sheets[self._written // self._room].row(cells, styles)
        self._written += 1

    def finish(self) -> None:
        """Put the filters over all rows written."""
        for sheet in self._sheets:
            sheet.finish()
