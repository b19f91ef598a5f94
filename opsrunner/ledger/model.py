"""A ledger as rows of marked cells, ready to be written; the writers compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from opsrunner.ledger.observed import Missing
from opsrunner.models import Reason
from opsrunner.report.labels import Label, reason_label
from opsrunner.report.text import NOTHING


class Mark(StrEnum):
    """What a cell's colour says."""

    PLAIN = "plain"
    NOT_OBSERVED = "not_observed"  # nobody looked, or nobody could
    SAME = "same"  # declared and observed agree
    DIFFERENT = "different"  # they do not: somebody has to look
    UNDECLARED = "undeclared"  # observed, and the inventory says nothing of it


MARKS: Final[Mapping[Mark, Label]] = {
    Mark.NOT_OBSERVED: Label("未采集", "Not observed", "?", "5D50AD"),
    Mark.SAME: Label("一致", "Agrees", "✓", "2B7A4B"),
    Mark.DIFFERENT: Label("不一致", "Differs", "✕", "B3362B"),
    Mark.UNDECLARED: Label("未登记", "Not declared", "▲", "B07A0A"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with its mark; ``reason`` says why it was not observed."""

    value: str | int | None = None
    mark: Mark = Mark.PLAIN
    reason: str = ""

    @property
    def text(self) -> str | int:
        """Return what a reader sees: the value, or the mark's word with the reason."""
        if self.value is not None and self.value != "":
            return self.value
        if self.mark is Mark.PLAIN:
            return NOTHING
        why = reason_label(self.reason.removeprefix(Reason.NOT_COLLECTED).removeprefix(": "))
        return " · ".join(part for part in (str(MARKS[self.mark]), why) if part)


def missing(why: Missing) -> Cell:
    """Given why a value is missing, return its cell."""
    return Cell(None, Mark.NOT_OBSERVED, why.reason)


def gap(why: Missing, cells: int) -> list[Cell]:
    """Given why and how many cells it leaves empty, return them; the first tells the reason."""
    return [missing(why), *[marked(Mark.NOT_OBSERVED)] * (cells - 1)]


def marked(mark: Mark) -> Cell:
    """Given a mark, return the cell that only says it."""
    return Cell(None, mark)


@dataclass(frozen=True, slots=True)
class LedgerColumn:
    """One column; ``observed`` tells a run's values from the inventory's."""

    key: str
    label: Label
    width: int
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One ledger: its name, columns and rows of as many cells."""

    key: str
    label: Label
    columns: Sequence[LedgerColumn]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All tables, with what they were made from; ``run`` and ``taken`` are None without a run."""

    inventory: str
    inventory_sha256: str
    generated: str
    hosts: int
    observed_hosts: int
    run: str | None
    taken: str | None
    tables: Sequence[Table]


def declared(key: str, zh: str, en: str, width: int) -> LedgerColumn:
    """Return a column of what the inventory declares."""
    return LedgerColumn(key, Label(zh, en), width)


def observed(key: str, zh: str, en: str, width: int) -> LedgerColumn:
    """Return a column of what a run observed; its head says so in both languages."""
    return LedgerColumn(key, Label(f"{zh}（实测）", f"{en} (observed)"), width, observed=True)
