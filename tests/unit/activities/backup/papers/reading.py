"""What a paper says, as tests read it."""

from __future__ import annotations

from opsrunner.report.paper import Facts, Paper, Section, Table, numbered


def section(paper: Paper, title: str) -> Section:
    """Given a paper and a section's Chinese title, return the section."""
    return next(one for _, one in numbered(paper.sections) if one.title.zh == title)


def rows(paper: Paper, title: str, place: int = 0) -> dict[str, list[str]]:
    """Given a section's title and which table of it, return its rows by their first cell."""
    tables = [block for block in section(paper, title).blocks if isinstance(block, Table)]
    return {
        row[0].text.zh: [cell.text.zh for cell in row[1:]] for row in tables[place].rows
    }


def facts(paper: Paper, title: str) -> dict[str, str]:
    """Given a section's title, return its pairs."""
    found = (block for block in section(paper, title).blocks if isinstance(block, Facts))
    return {name.zh: value.zh for block in found for name, value in block.pairs}
