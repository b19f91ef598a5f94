"""The report as a workbook: summary, findings, clause matrix, hosts, unknowns, waivers.

Rows go to disk one by one, in one pass over the findings. Text that a host printed stays text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opsrunner.models import Finding, Verdict
from opsrunner.report.document import Document, SubjectRow
from opsrunner.report.labels import (
    SEVERITIES,
    VERDICTS,
    WAIVER_FIELDS,
    Label,
    reason_label,
)
from opsrunner.report.rows import (
    FINDING_COLUMNS,
    SEVERITY_COLUMN,
    VERDICT_COLUMN,
    Column,
    finding_cells,
)
from opsrunner.report.stream import by_subject
from opsrunner.report.text import as_text
from opsrunner.report.writers import Writer
from opsrunner.report.xlsx_book import ROW_LIMIT, Book, SheetRun
from opsrunner.report.xlsx_summary import write_clauses, write_hosts, write_matrix, write_summary

_COMMON_COLUMNS = (
    Column(Label("主机", "Subject"), 18),
    Column(Label("平台", "Platform"), 11),
    Column(Label("规则", "Rule"), 26),
    Column(Label("检查项", "Title"), 40),
    Column(Label("严重程度", "Severity"), 15),
    Column(Label("条款", "Clauses"), 14),
)
_UNKNOWN_COLUMNS = (
    *_COMMON_COLUMNS,
    Column(Label("原因", "Reason"), 60),
    Column(Label("证据 SHA-256", "Evidence"), 24),
)
_WAIVER_COLUMNS = (
    *_COMMON_COLUMNS,
    Column(Label("实际值", "Observed"), 30),
    *(Column(label, 24) for label in WAIVER_FIELDS.values()),
)


class XlsxWriter:
    """Writes the workbook; findings beyond ``rows`` to a sheet go on in a further sheet."""

    name = "xlsx"
    suffix = ".xlsx"

    def __init__(self, rows: int = ROW_LIMIT) -> None:
        self.rows = rows

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and a path, write the workbook. Raise RunError if it is incomplete."""
        title = f"安全合规检查报告 {document.run.id}"
        with Book(path, title, document.run.started) as book:
            self._fill(book, document)
        return [path]

    def _fill(self, book: Book, document: Document) -> None:
        tally = document.tally
        write_summary(book, document)
        write_clauses(book, document)
        findings = SheetRun(
            book, "检查结果 Findings", FINDING_COLUMNS, tally.total, self.rows,
        )
        write_matrix(book, document)
        write_hosts(book, document)
        unknown = tally.verdicts.get(Verdict.UNKNOWN, 0)
        unknowns = SheetRun(book, "未知项 Unknowns", _UNKNOWN_COLUMNS, unknown, self.rows)
        waivers = SheetRun(book, "例外 Waivers", _WAIVER_COLUMNS, tally.waived, self.rows)
        for row, own in by_subject(document):
            for finding in own:
                findings.row(finding_cells(document, row, finding), _styles(book, finding))
                if finding.verdict is Verdict.UNKNOWN:
                    unknowns.row(_unknown_cells(document, row, finding))
                if finding.waived:
                    waivers.row(_waiver_cells(document, row, finding))
        for run in (findings, unknowns, waivers):
            run.finish()


def _styles(book: Book, finding: Finding) -> dict[int, Any]:
    return {
        VERDICT_COLUMN: book.toned(VERDICTS[finding.verdict]),
        SEVERITY_COLUMN: book.toned(SEVERITIES[finding.severity]),
    }


def _common_cells(document: Document, row: SubjectRow, finding: Finding) -> list[str]:
    rule = document.rules.get(finding.rule)
    return [
        finding.subject,
        row.platform,
        finding.rule,
        rule.title.get("zh", "") if rule else "",
        str(SEVERITIES[finding.severity]),
        "\n".join(finding.clauses),
    ]


def _unknown_cells(document: Document, row: SubjectRow, finding: Finding) -> list[str]:
    common = _common_cells(document, row, finding)
    return [*common, reason_label(finding.reason), finding.evidence or ""]


def _waiver_cells(document: Document, row: SubjectRow, finding: Finding) -> list[str]:
    waiver = finding.waived or {}
    told = [waiver.get(key, "") for key in WAIVER_FIELDS]
    return [*_common_cells(document, row, finding), as_text(finding.observed), *told]


WRITER: Writer = XlsxWriter()
