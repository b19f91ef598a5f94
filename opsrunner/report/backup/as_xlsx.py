"""The ledger of recoverability as a workbook: the weeks, and what is overdue or was missed."""

from __future__ import annotations

from pathlib import Path

from opsrunner.activities.backup.ledger import Ledger, Row
from opsrunner.policy.backup import Level
from opsrunner.report.backup.words import (
    DUTIES,
    IMPORTANCE,
    LEVELS,
    MISSED,
    OPEN,
    TITLE,
    cell_label,
)
from opsrunner.report.labels import Label
from opsrunner.report.rows import Column
from opsrunner.report.xlsx_book import Book
from opsrunner.schedule.duration import show_duration

NAME = "backup-ledger.xlsx"
_ABOUT = (Column(Label("项目", "Item"), 30), Column(Label("内容", "Content"), 90))
_HEADS = (
    Column(Label("备份集", "Backup set"), 44), Column(Label("系统", "System"), 24),
    Column(Label("重要程度", "Importance"), 14), Column(Label("RTO / RPO", ""), 11),
    Column(Label("制作", "Made by"), 12), Column(Label("要求级别", "Wanted"), 9),
    Column(Label("可恢复周数", "Recoverable weeks"), 12),
    Column(Label("应验证周数", "Weeks due"), 11), Column(Label("欠缺", "Short"), 8),
)
_DUTIES = (
    Column(Label("备份集", "Backup set"), 44), Column(Label("事项", "Duty"), 26),
    Column(Label("周期", "Every"), 14), Column(Label("已证明", "Proven"), 10),
    Column(Label("缺失次数", "Missed"), 10), Column(Label("当前逾期", "Overdue now"), 14),
    Column(Label("缺失的周期", "Periods missed"), 90),
)


def write(ledger: Ledger, path: Path) -> None:
    """Given the ledger and a path, write the workbook; the same ledger gives the same bytes."""
    with Book(path, str(TITLE), ledger.generated) as book:
        _about(book, ledger)
        _weeks(book, ledger)
        _duties(book, ledger)


def _about(book: Book, ledger: Ledger) -> None:
    sheet = book.sheet("说明 About", _ABOUT, freeze=0)
    facts = {
        "生成时间 Generated": ledger.generated,
        "策略 SHA-256 Policy hash": ledger.policy_sha256,
        "证据链头 Chain head": ledger.head or "无 none",
        "备份集 Backup sets": str(len(ledger.rows)),
        "当前逾期 Overdue now": str(len(ledger.overdue)),
        "未采信的证据 Evidence not accepted": "\n".join(ledger.refused) or "无 none",
    }
    for name, content in facts.items():
        sheet.row([name, content])
    for level, label in LEVELS.items():
        counts = "可恢复 recoverable" if level.recoverable else "不算可恢复 not recoverable"
        sheet.row([f"{level.name} {label}", counts], styles={0: book.toned(label)})
    sheet.row([str(MISSED), "无经验证的记录，补做不能补记 no accepted run; not made good later"],
              styles={0: book.toned(MISSED)})
    sheet.row([str(OPEN), "本周尚未结束 the week is not over"], styles={0: book.toned(OPEN)})
    sheet.finish()


def _weeks(book: Book, ledger: Ledger) -> None:
    weeks = [Column(Label(name[:4], name[5:]), 6) for name in ledger.weeks]
    sheet = book.sheet("周台账 Weeks", [*_HEADS, *weeks])
    for row in ledger.rows:
        labels = [cell_label(cell) for cell in row.cells]
        first = len(_HEADS)
        styles = {
            first + number: book.toned(label, align="center")
            for number, label in enumerate(labels) if label.sign
        }
        signs = [cell.level.name if cell.level is not None else label.sign
                 for cell, label in zip(row.cells, labels, strict=True)]
        sheet.row([*_about_row(row), *signs], styles=styles)
    sheet.finish()


def _about_row(row: Row) -> list[str | int]:
    system = row.set.system
    return [
        row.set.id, f"{system.title.zh} {system.title.en}", str(IMPORTANCE[system.importance]),
        f"{show_duration(system.rto)} / {show_duration(system.rpo)}", row.set.kind,
        Level[row.set.backup.verification.level].name, row.recoverable, row.due, row.short,
    ]


def _duties(book: Book, ledger: Ledger) -> None:
    sheet = book.sheet("周期任务 Duties", _DUTIES)
    for row in ledger.rows:
        for done in row.duties:
            sheet.row(
                [row.set.id, str(DUTIES[done.duty]), done.every, done.proven, len(done.missed),
                 "逾期 overdue" if done.overdue else "否 no", ", ".join(done.missed)],
                styles={5: book.toned(MISSED)} if done.overdue else None,
            )
    sheet.finish()
