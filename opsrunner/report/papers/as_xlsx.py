"""A paper as a workbook: a cover sheet, then a sheet for each table that has a name for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opsrunner.report.labels import Label
from opsrunner.report.paper import Facts, Language, Paper, Table, numbered
from opsrunner.report.papers.docx_body import MARKS
from opsrunner.report.papers.words import WORDS, evidence, versions
from opsrunner.report.rows import Column
from opsrunner.report.xlsx_book import Book, SheetRun

_WIDTH = 130  # characters over all columns of a sheet
_COVER = (26, 22, 30, 52)


class XlsxWriter:
    """Writes workbooks."""

    suffix = ".xlsx"

    def __init__(self, _template: Path | None = None) -> None:
        pass

    def write(self, paper: Paper, path: Path, language: Language) -> None:
        """Given a paper, a file and a language, write it. Raise OSError."""
        title = f"{paper.title.in_(language)} {paper.number}"
        day = f"{paper.date}T00:00:00+00:00"
        with Book(path, title, day, f"&L&A&R{paper.number}") as book:
            _cover(book, paper, language)
            tables = (
                block for _, section in numbered(paper.sections) for block in section.blocks
                if isinstance(block, Table) and block.sheet.zh
            )
            for table in tables:
                _sheet(book, table, language)


def _cover(book: Book, paper: Paper, language: Language) -> None:
    """Write title, facts, who signs, versions and evidence: what is no list to filter."""
    heads = [WORDS["fact"].in_(language), WORDS["value"].in_(language), "", ""]
    columns = [Column(Label(h, ""), width) for h, width in zip(heads, _COVER, strict=True)]
    sheet = book.sheet(WORDS["cover"].in_(language), columns, freeze=0)
    bold = book.style(bold=True)
    title = book.style(bold=True, font_size=16)
    sheet.row([paper.title.in_(language)], {0: title}, height=30)
    for row in _front(paper, language):
        sheet.row(row, {0: bold})
    for _, section in numbered(paper.sections):
        for facts in (block for block in section.blocks if isinstance(block, Facts)):
            sheet.row([""])
            sheet.row([section.title.in_(language)], {0: title})
            for key, value in facts.pairs:
                sheet.row([key.in_(language), value.in_(language)], {0: bold})
    for table in (versions(paper), evidence(paper)):
        sheet.row([""])
        sheet.row([table.caption.in_(language)], {0: title})
        sheet.row([head.in_(language) for head in table.heads], dict.fromkeys(range(4), bold))
        for cells in table.rows:
            sheet.row([cell.text.in_(language) for cell in cells])


def _front(paper: Paper, language: Language) -> Iterator[list[str]]:
    yield [paper.subtitle.in_(language)]
    yield [WORDS["number"].in_(language), paper.number]
    yield [WORDS["date"].in_(language), paper.date]
    yield [paper.digest_of.in_(language), paper.digest]
    for name, value in paper.facts:
        yield [name.in_(language), value.in_(language)]
    for role, person, day in paper.signatures:
        yield [role.in_(language), person, day]


def _sheet(book: Book, table: Table, language: Language) -> None:
    shares: Sequence[int] = table.widths or [1] * len(table.heads)
    columns = [
        Column(Label(head.in_(language), ""), max(8, _WIDTH * share // sum(shares)))
        for head, share in zip(table.heads, shares, strict=True)
    ]
    run = SheetRun(book, table.sheet.in_(language), columns, len(table.rows))
    for row in table.rows:
        run.row([cell.text.in_(language) for cell in row], _styles(book, row))
    run.finish()


def _styles(book: Book, row: Sequence[Any]) -> Mapping[int, Any]:
    styles = {}
    for place, cell in enumerate(row):
        if cell.mark:
            ink, ground = MARKS[cell.mark]
            look = {"font_color": f"#{ink}"} | ({"bg_color": f"#{ground}"} if ground else {})
            styles[place] = book.style(**look)
    return styles


WRITER = XlsxWriter
