"""Plain aligned columns: an id is never cut or wrapped, so that it can be copied or piped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer
from rich.cells import cell_len


def echo_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Given column heads and rows of text, print them aligned; the last column is free.

    Control characters show and do nothing; Chinese characters count as two columns.
    """
    lines = [list(head), *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(head) - 1)]
    for line in lines:
        padded = [
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(line, widths, strict=False)
        ]
        typer.echo("  ".join([*padded, line[-1]]).rstrip())


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
