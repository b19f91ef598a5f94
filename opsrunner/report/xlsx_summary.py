"""The sheets of the workbook that render the summary: overview, clauses, matrix, hosts."""

from __future__ import annotations

from collections.abc import Iterator

from opsrunner.models import ClauseVerdict
from opsrunner.report.document import Document
from opsrunner.report.labels import (
    CLAUSE_VERDICTS,
    COVERAGE,
    HOST_FIELDS,
    SEVERITIES,
    STATUSES,
    VERDICTS,
    WAIVED,
    Label,
    reason_label,
)
from opsrunner.report.rows import Column
from opsrunner.report.text import as_text
from opsrunner.report.xlsx_book import Book, Cell

_HIGH_RISK = Label("高风险", "High-risk")
_ITEMS = (Column(Label("项目", "Item"), 36), Column(Label("内容", "Value"), 76))


def write_summary(book: Book, document: Document) -> None:
    """Given a book and a document, add the overview sheet."""
    sheet = book.sheet("概览 Summary", _ITEMS, freeze=0)
    name = book.style(bold=True)
    for label, value, tone in _summary_rows(document):
        styles = {0: name}
        if tone:
            styles[1] = book.toned(tone, align="left")
        elif not isinstance(value, str):
            styles[1] = book.style(align="left")
        sheet.row([str(label), value], styles)


def _summary_rows(document: Document) -> Iterator[tuple[Label, Cell, Label | None]]:
    run, tally = document.run, document.tally
    if document.standard:
        yield Label("依据", "Standard"), "\n".join(document.standard.values()), None
    yield Label("检查编号", "Run"), run.id, None
    yield Label("开始", "Started"), run.started, None
    yield Label("结束", "Ended"), run.ended or "—", None
    yield Label("状态", "Status"), str(STATUSES.get(run.status, run.status)), None
    yield Label("清单", "Inventory"), run.inventory, None
    yield Label("执行人", "Operator"), run.operator, None
    yield Label("主机", "Hosts"), len(document.subjects), None
    yield Label("已连接", "Reached"), document.reached, None
    yield Label("未连接", "Not reached"), len(document.subjects) - document.reached, None
    yield Label("检查结果", "Findings"), tally.total, None
    for verdict, label in VERDICTS.items():
        yield label, tally.verdicts.get(verdict, 0), label
    yield Label("其中已豁免（仍计为不合格）", "of fail, waived"), tally.waived, WAIVED
    for severity, label in SEVERITIES.items():
        name = Label(f"不合格：{label.zh}", f"Fail: {label.en}")
        yield name, tally.failing.get(severity, 0), label
    yield Label("得分：合格 ÷（合格 + 不合格）", "Score"), tally.score_text, None
    yield Label("策略 SHA-256", "Policy"), run.policy_sha256, None
    yield Label("证据链头", "Evidence chain head"), document.head or "—", None
    yield Label("程序版本", "Program version"), f"opsrunner {run.code_version}", None
    for note in document.notes:
        yield Label("说明", "Note"), "\n".join(note.values()), None


def write_clauses(book: Book, document: Document) -> None:
    """Given a book and a document, add the sheet of clause verdicts."""
    columns = (
        Column(Label("条款", "Clause"), 13),
        Column(Label("要求", "Requirement"), 44),
        Column(Label("判定", "Verdict"), 18),
        Column(_HIGH_RISK, 12),
        *(Column(label, 12) for label in CLAUSE_VERDICTS.values()),
        Column(Label("核查方式", "Coverage"), 22),
        Column(Label("待补证据", "Evidence still needed"), 36),
        Column(Label("已附文件 SHA-256", "Documents"), 30),
    )
    sheet = book.sheet("条款判定 Clauses", columns)
    for row in document.clauses:
        cells: list[Cell] = [
            row.id,
            "\n".join(row.title.values()),
            str(CLAUSE_VERDICTS[row.verdict]),
            str(_HIGH_RISK) if row.high_risk else "",
            *(row.hosts.get(verdict, 0) for verdict in CLAUSE_VERDICTS),
            str(COVERAGE.get(row.coverage, row.coverage)),
            "\n".join(row.pending.values()),
            "\n".join(row.documents),
        ]
        sheet.row(cells, {2: book.toned(CLAUSE_VERDICTS[row.verdict])})
    sheet.finish()


def write_matrix(book: Book, document: Document) -> None:
    """Given a book and a document, add the matrix: a row per host, a column per clause."""
    columns = (
        Column(Label("主机", "Subject"), 20),
        Column(Label("平台", "Platform"), 11),
        *(Column(Label(row.id, row.title.get("zh", "")), 13) for row in document.clauses),
    )
    sheet = book.sheet("条款矩阵 Clause matrix", columns, freeze=2)
    fleet = {row.id: row.verdict for row in document.clauses}
    lines = [("全部 Fleet", "", fleet)]
    lines += [(row.id, row.platform, dict(row.clauses)) for row in document.subjects]
    for name, platform, verdicts in lines:
        told = [verdicts.get(row.id, ClauseVerdict.UNKNOWN) for row in document.clauses]
        tones = {n: book.toned(CLAUSE_VERDICTS[verdict]) for n, verdict in enumerate(told, 2)}
        sheet.row([name, platform, *(verdict.value for verdict in told)], tones)
    sheet.finish()


def write_hosts(book: Book, document: Document) -> None:
    """Given a book and a document, add the sheet of hosts."""
    columns = (
        Column(Label("主机", "Subject"), 20),
        Column(Label("平台", "Platform"), 12),
        Column(Label("基线", "Profile"), 24),
        *(Column(label, 18) for label in HOST_FIELDS.values()),
        Column(Label("已连接", "Reached"), 10),
        Column(Label("原因", "Reason"), 40),
        Column(Label("规则数", "Rules"), 9),
        *(Column(label, 11) for label in VERDICTS.values()),
        Column(WAIVED, 10),
        Column(_HIGH_RISK, 11),
        Column(Label("得分", "Score"), 10),
    )
    sheet = book.sheet("主机 Hosts", columns)
    state = 3 + len(HOST_FIELDS)
    for row in document.subjects:
        cells: list[Cell] = [
            row.id,
            row.platform,
            row.profile,
            *(as_text(row.attributes.get(key)) for key in HOST_FIELDS),
            "是 Yes" if row.reached else "否 No",
            reason_label(row.reason),
            row.rules,
            *(row.tally.verdicts.get(verdict, 0) for verdict in VERDICTS),
            row.tally.waived,
            row.high_risk,
            row.tally.score_text,
        ]
        tone = {} if row.reached else {state: book.toned(CLAUSE_VERDICTS[ClauseVerdict.UNKNOWN])}
        sheet.row(cells, tone)
    sheet.finish()
