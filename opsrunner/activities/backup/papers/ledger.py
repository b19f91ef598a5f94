"""备份可恢复性台账 as a paper: thirteen weeks a table, as a page turned sideways holds them."""

from __future__ import annotations

from collections.abc import Iterator

from opsrunner.activities.backup.ledger import Cell as Week
from opsrunner.activities.backup.ledger import Ledger, Row
from opsrunner.activities.backup.papers.words import BASIS, copied, every, say, signed, span
from opsrunner.policy.backup import Level
from opsrunner.report.backup.words import DUTIES, IMPORTANCE, LEVELS
from opsrunner.report.clock import clock, day
from opsrunner.report.paper import (
    CHAIN_HEAD,
    Cell,
    Facts,
    Paper,
    Paragraph,
    Say,
    Section,
    Table,
    same,
)
from opsrunner.schedule.settle import State

_QUARTER = 13  # weeks
_PERIODS = 12  # missed periods that are named; the count says how many there are
_RULE = Say(
    "每格为该备份集当周经核验的最高级别；“缺”为没有经核验的记录，事后补做不能补记；“…”为本周尚未结束；"
    "空白为不要求。只有 L3 及以上才算可恢复。",
    "Each cell is the highest level proven in that week; x is a week without an accepted run, not "
    "filled in later; … is not over; blank is not due. Only L3 and above is recoverable.",
)


def ledger_paper(ledger: Ledger, author: str) -> Paper:
    """Given the ledger and who has it made, return it as a paper."""
    date = day(ledger.generated)
    span = f"{ledger.weeks[0]} – {ledger.weeks[-1]}" if ledger.weeks else "-"
    return Paper(
        name="backup-ledger",
        title=Say("备份可恢复性台账", "Ledger of recoverability"),
        subtitle=same(span),
        number=ledger.weeks[-1] if ledger.weeks else "-",
        date=date,
        facts=_facts(ledger, span),
        signatures=signed(author, date),
        versions=(("1.0", date, author, Say("自动生成", "Made from the record")),),
        evidence={Say("备份策略", "backup policy"): ledger.policy_sha256,
                  Say("证据链头", "head of the evidence chain"): ledger.head},
        digest=ledger.head,
        digest_of=CHAIN_HEAD,
        sections=(
            Section(Say("依据与说明", "Basis and how to read it"), (
                *map(Paragraph, BASIS), Paragraph(_RULE),
                Facts([(same(level.name), say(label)) for level, label in LEVELS.items()]),
            )),
            Section(Say("备份集与达成情况", "Backup sets and what was reached"), (_sets(ledger),)),
            Section(Say("周台账", "Weeks"), tuple(_quarters(ledger))),
            Section(Say("逾期与缺失", "Overdue and missed"), (_missed(ledger),)),
            *_refused(ledger),
        ),
    )


def _facts(ledger: Ledger, span: str) -> tuple[tuple[Say, Say], ...]:
    short = sum(row.short > 0 for row in ledger.rows)
    return (
        (Say("周次", "Weeks"), same(span)),
        (Say("备份集数量", "Backup sets"), same(len(ledger.rows))),
        (Say("当前逾期", "Overdue now"), same(len(ledger.overdue))),
        (Say("可恢复周数欠缺", "Short of recoverable weeks"), same(short)),
        (Say("未采信的证据", "Evidence not accepted"), same(len(ledger.refused))),
        (Say("生成时间", "Made (UTC+8)"), same(clock(ledger.generated))),
    )


def _sets(ledger: Ledger) -> Table:
    rows = [
        [
            Cell(same(row.set.id)),
            Cell(Say(row.set.system.title.zh, row.set.system.title.en)),
            Cell(say(IMPORTANCE[row.set.system.importance])),
            Cell(_goals(row)),
            Cell(same(row.set.kind)),
            Cell(same(row.set.backup.verification.level)),
            Cell(same(f"{row.recoverable}/{row.due}"), "bad" if row.short else "good"),
            Cell(same(row.short) if row.short else same("-"), "bad" if row.short else ""),
            Cell(_newest(row)),
        ]
        for row in ledger.rows
    ]
    return Table(
        heads=(Say("备份集", "Backup set"), Say("业务系统", "System"),
               Say("重要程度", "Importance"), same("RTO / RPO"), Say("制作", "Made by"),
               Say("要求级别", "Wanted"), Say("可恢复周数/应验证周数", "Recoverable/due weeks"),
               Say("欠缺周数", "Short by"), Say("最新副本", "Newest copy")),
        rows=rows, widths=(28, 17, 10, 11, 10, 8, 13, 8, 13), sheet=Say("备份集", "Backup sets"),
        wide=True,
    )


def _goals(row: Row) -> Say:
    rto, rpo = span(row.set.system.rto), span(row.set.system.rpo)
    return Say(f"{rto.zh} / {rpo.zh}", f"{rto.en} / {rpo.en}")


def _newest(row: Row) -> Say:
    if row.newest is None:
        return copied(None, row.set)
    return same(f"{row.newest.astimezone(row.set.zone):%Y-%m-%d %H:%M}")


def _quarters(ledger: Ledger) -> Iterator[Table]:
    for start in range(0, len(ledger.weeks), _QUARTER):
        weeks = ledger.weeks[start:start + _QUARTER]
        rows = [
            [Cell(same(row.set.id)), *(_week(row.cells[start + n]) for n in range(len(weeks)))]
            for row in ledger.rows
        ]
        title = same(f"{weeks[0]} – {weeks[-1]}")
        yield Table(
            heads=(Say("备份集", "Backup set"), *(same(name[2:4] + name[5:]) for name in weeks)),
            rows=rows, widths=(40, *(8 for _ in weeks)), caption=title, sheet=title, wide=True,
        )


def _week(cell: Week) -> Cell:
    if cell.level is not None:
        return Cell(same(cell.level.name), "good" if cell.level >= Level.L3 else "warn")
    if cell.state is State.MISSED:
        return Cell(Say("缺", "x"), "bad")
    return Cell(same("…" if cell.state is State.OPEN else ""))


def _missed(ledger: Ledger) -> Table:
    rows = []
    for row in ledger.rows:
        for done in (one for one in row.duties if one.missed):
            more = "…" if len(done.missed) > _PERIODS else ""
            rows.append([
                Cell(same(row.set.id)), Cell(same(row.set.system.owner or "-")),
                Cell(say(DUTIES[done.duty])), Cell(every(done.every)),
                Cell(same(done.proven)), Cell(same(len(done.missed)), "bad"),
                Cell(Say("逾期", "overdue") if done.overdue else Say("否", "no"),
                     "bad" if done.overdue else ""),
                Cell(same(", ".join(done.missed[-_PERIODS:]) + more)),
            ])
    return Table(
        heads=(Say("备份集", "Backup set"), Say("责任岗位", "Owner"), Say("事项", "Duty"),
               Say("周期", "Every"), Say("已证明", "Proven"), Say("缺失", "Missed"),
               Say("当前逾期", "Overdue now"), Say("最近缺失的周期", "Newest periods missed")),
        rows=rows, widths=(26, 13, 13, 8, 7, 7, 9, 35), sheet=Say("逾期与缺失", "Missed"),
        empty=Say("没有缺失。", "Nothing was missed."), wide=True,
    )


def _refused(ledger: Ledger) -> tuple[Section, ...]:
    if not ledger.refused:
        return ()
    return (Section(Say("未采信的证据", "Evidence not accepted"),
                    tuple(Paragraph(same(line)) for line in ledger.refused)),)
