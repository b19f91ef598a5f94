"""The findings as CSV, one row each, for Excel in China: UTF-8 with byte order mark."""

from __future__ import annotations

import csv
from pathlib import Path

from opsrunner.report.document import Document
from opsrunner.report.rows import FINDING_COLUMNS, finding_cells
from opsrunner.report.stream import by_subject
from opsrunner.report.text import formula_proof
from opsrunner.report.writers import Writer


class CsvWriter:
    """Writes every cell quoted, and none that a spreadsheet would take for a formula."""

    name = "csv"
    suffix = ".csv"

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and a path, write the file. Raise RunError if it is incomplete."""
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
            writer.writerow(str(column.label) for column in FINDING_COLUMNS)
            for row, findings in by_subject(document):
                for finding in findings:
                    cells = finding_cells(document, row, finding)
                    writer.writerow(formula_proof(cell) for cell in cells)
        return [path]


WRITER: Writer = CsvWriter()
