"""What readers of the ledger see, Chinese first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opsrunner.activities.backup.ledger import Cell, Done, Duty
from opsrunner.policy.backup import Level
from opsrunner.report.labels import Label
from opsrunner.schedule.settle import State

TITLE: Final = Label("备份可恢复性台账", "Ledger of recoverability")
LEVELS: Final[Mapping[Level, Label]] = {
    Level.L0: Label("备份作业已完成", "job ended", "0", "B07A0A"),
    Level.L1: Label("备份库可读取", "repository read", "1", "B07A0A"),
    Level.L2: Label("工具自校验通过", "validated by its tool", "2", "B07A0A"),
    Level.L3: Label("已恢复到临时环境", "restored to scratch", "3", "2B7A4B"),
    Level.L4: Label("恢复内容与清单一致", "content equals manifest", "4", "1D6A3E"),
    Level.L5: Label("限时演练通过", "timed drill", "5", "0F5530"),
}
MISSED: Final = Label("缺失", "missed", "✕", "B3362B")
OPEN: Final = Label("未到期", "still open", "…", "5D50AD")
NOT_DUE: Final = Label("不要求", "not due", "", "6B7785")
DUTIES: Final[Mapping[Duty, Label]] = {
    Duty.BACKUP: Label("备份", "Backup"),
    Duty.VERIFY: Label("验证", "Verification"),
    Duty.OFFSITE: Label("异地副本验证", "Off-site verification"),
}
EVERY: Final[Mapping[str, str]] = {
    "daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季度",
    "half-yearly": "每半年",
}
IMPORTANCE: Final[Mapping[str, Label]] = {
    "core": Label("核心", "Core"),
    "important": Label("重要", "Important"),
    "general": Label("一般", "General"),
}


def cell_label(cell: Cell) -> Label:
    """Given a cell, return its sign, its colour and what they mean."""
    if cell.level is not None:
        return LEVELS[cell.level]
    if cell.state is State.MISSED:
        return MISSED
    return OPEN if cell.state is State.OPEN else NOT_DUE


def overdue_label(done: Done) -> Label:
    """Given a duty that is overdue, return which period was missed, and how many in all."""
    name, last, count = DUTIES[done.duty], done.missed[-1], len(done.missed)
    every = EVERY.get(done.every, done.every.replace("every", "每").replace("days", "天"))
    return Label(
        f"{name.zh}（{every}）逾期：{last}，共缺 {count} 次",
        f"{name.en} ({done.every}) overdue: {last}, {count} missed in all",
    )
