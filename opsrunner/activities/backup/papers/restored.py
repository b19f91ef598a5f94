"""What was restored: objects, environment, steps, results and times of 备份恢复测试报告."""

from __future__ import annotations

from datetime import datetime

from opsrunner.activities.backup.papers.tested import Besides, Outcome, RestoreTest
from opsrunner.activities.backup.papers.words import (
    NOT_RECORDED,
    SOURCES,
    content,
    copied,
    length,
    level_of,
    say,
    size_of,
    span,
)
from opsrunner.policy.backup import Level
from opsrunner.report.backup.words import IMPORTANCE
from opsrunner.report.clock import clock
from opsrunner.report.paper import Cell, Facts, Paragraph, Say, Table, Verdict, same

_GONE = Say("（现行策略中已无此备份集）", "(no longer in the policy)")
_UNMEASURED = Say("未实测", "not measured")
_NAMED = 6  # names of what was restored, on a page
_STEPS = (
    (Level.L0, Say("确认备份作业结束并取得副本", "See that the job ended and has a copy"),
     Say("读取作业结果、目录与时间", "its result, catalogue and time are read")),
    (Level.L1, Say("读取副本，核对校验和", "Read the copy, compare checksums"),
     Say("逐字节读取；数据库核对 SHA-256，文件核对备份库数据块",
         "every byte; SHA-256 of dumps, packs of the repository")),
    (Level.L2, Say("按工具自身格式校验", "Validate it by its tool's own rules"),
     Say("压缩包完整、转储有结束标记、清单完整",
         "whole archive, end mark of the dump, whole manifest")),
    (Level.L3, Say("恢复到临时环境", "Restore it to a scratch place"),
     Say("独立目录、端口与进程，与生产实例隔离",
         "a directory, port and process of its own, apart from production")),
    (Level.L4, Say("与备份清单核对", "Compare with the manifest"),
     Say("表数、行数与校验和，对象与授权；文件核对内容摘要",
         "tables, rows and checksums, objects and grants; digests of files")),
    (Level.L5, Say("限时演练，业务验证", "Timed, with the application's probe"),
     Say("自宣布启动至业务探测正常计时", "from declared to the application's probe green")),
)


def objects(tested: RestoreTest) -> Table:
    """Given a run, return its objects: what each set is, and which copy was looked at."""
    rows = []
    for one in tested.outcomes:
        said, known = one.said, one.set
        rows.append([
            Cell(same(said.set_id)),
            Cell(Say(known.system.title.zh, known.system.title.en) if known else _GONE),
            Cell(say(IMPORTANCE[known.system.importance]) if known else same("-")),
            Cell(content(known) if known else same("-")),
            Cell(same(said.kind)),
            Cell(SOURCES[said.source]),
            Cell(same(said.copy.id if said.copy else "-")),
            Cell(copied(said.copy, known)),
            Cell(size_of(said.copy.size) if said.copy else same("-")),
            Cell(same(said.wanted)),
        ])
    return Table(
        heads=(Say("备份集", "Backup set"), Say("业务系统", "System"),
               Say("重要程度", "Importance"), Say("内容", "Content"), Say("制作", "Made by"),
               Say("来源", "Source"), Say("副本编号", "Copy"),
               Say("备份时刻", "Made (policy's clock)"), Say("大小", "Size"),
               Say("要求级别", "Wanted")),
        rows=rows, widths=(20, 13, 9, 17, 9, 8, 13, 12, 9, 7),
        sheet=Say("备份集", "Backup sets"), wide=True,
    )


def environment(tested: RestoreTest) -> tuple[Facts | Table | Paragraph, ...]:
    """Given a run, return where it was restored, and by what."""
    rows = [
        [Cell(same(one.said.set_id)),
         Cell(same(one.besides.on) if one.besides.on else _place(one)),
         Cell(same(one.besides.scratch) if one.besides.scratch else NOT_RECORDED)]
        for one in tested.outcomes
    ]
    return (
        Facts((
            (Say("执行程序", "Program"), same(f"opsrunner {tested.code_version}")),
            (Say("记录时间", "On record (UTC+8)"), same(clock(tested.recorded.isoformat()))),
        )),
        Paragraph(Say(
            "恢复在与生产隔离的临时目录与临时实例中进行，不连接、不覆盖生产数据。",
            "Restores go into scratch directories and instances; nothing in production is touched.",
        )),
        Table(
            heads=(Say("备份集", "Backup set"), Say("恢复所在主机", "Restored on"),
                   Say("临时位置", "Scratch place")),
            rows=rows, widths=(46, 26, 28), sheet=Say("环境", "Environment"),
        ),
    )


def _place(one: Outcome) -> Say:
    """Return where it was restored when its record does not say."""
    return NOT_RECORDED if one.restored else Say("未作恢复", "nothing restored")


def steps(tested: RestoreTest) -> Table:
    """Given a run, return the steps with how many sets came through each."""
    total = len(tested.outcomes)
    rows: list[list[Cell]] = []
    for level, title, how in _STEPS:
        wanted = sum(Level[one.said.wanted] >= level for one in tested.outcomes)
        reached = sum(
            one.said.level is not None and one.said.level >= level for one in tested.outcomes
        )
        if not wanted and not reached:
            continue
        rows.append([
            Cell(same(len(rows) + 1)), Cell(title), Cell(how), Cell(level_of(level)),
            Cell(same(f"{reached}/{wanted}") if wanted else Say(f"{reached}（未要求）",
                                                                 f"{reached} (not wanted)"),
                 "good" if reached >= wanted else "bad"),
        ])
    rows.append([
        Cell(same(len(rows) + 1)), Cell(Say("清理临时数据与进程", "Clean up")),
        Cell(Say("删除临时目录、停止临时实例并核实",
                 "scratch removed, instance stopped, both looked at")),
        Cell(same("-")),
        Cell(same(f"{sum(one.besides.cleaned is True for one in tested.outcomes)}/{total}")),
    ])
    return Table(
        heads=(Say("序号", "No."), Say("步骤", "Step"), Say("方法", "How"),
               Say("证明的级别", "Proves"), Say("通过/应做", "Passed/due")),
        rows=rows, widths=(7, 25, 33, 23, 12), sheet=Say("步骤", "Steps"),
    )


def results(tested: RestoreTest) -> Table:
    """Given a run, return for each set what was restored, compared and proven."""
    rows = []
    for one in tested.outcomes:
        said, besides = one.said, one.besides
        rows.append([
            Cell(same(said.set_id)),
            Cell(_restored(one)),
            Cell(_count(besides.tables)),
            Cell(_count(besides.rows)),
            Cell(_compared(said.level)),
            Cell(length(besides.seconds) if besides.seconds is not None else NOT_RECORDED),
            Cell(same(said.wanted)),
            Cell(level_of(said.level), _mark(one)),
        ])
    return Table(
        heads=(Say("备份集", "Backup set"), Say("恢复内容", "Restored"),
               Say("核对表数", "Tables compared"), Say("核对记录数", "Rows compared"),
               Say("校验和与清单核对", "Checksums and manifest"),
               Say("恢复与核对用时", "Took"), Say("要求", "Wanted"),
               Say("证明级别", "Proven")),
        rows=rows, widths=(22, 22, 8, 10, 16, 10, 6, 16), sheet=Say("恢复结果", "Results"),
        wide=True,
    )


def logged(tested: RestoreTest) -> tuple[Table, ...]:
    """Given a run, return what saved logs can restore beyond the copy; () when nobody looked."""
    rows = []
    for one in tested.outcomes:
        said = one.besides
        if not (said.sentinel or said.range or said.gaps or said.read):
            continue
        rows.append([
            Cell(same(one.said.set_id)), Cell(_range(said.range)),
            _gaps(said),
            Cell(same(said.sentinel or "-")), Cell(same(said.read or "-")),
        ])
    if not rows:
        return ()
    return (Table(
        heads=(Say("备份集", "Backup set"), Say("可恢复的时间范围", "Can be restored (UTC+8)"),
               Say("日志缺口", "Gaps of the logs"),
               Say("恢复所得最新编号记录", "Newest numbered row"),
               Say("本次读取的数据分片", "Parts of all data read")),
        rows=rows, widths=(26, 28, 18, 16, 12), wide=True,
        caption=Say("日志与数据读取", "Logs, and data that was read"),
        sheet=Say("日志与读取", "Logs and reading"),
    ),)


def _range(told: str) -> Say:
    """Given the two ends of a range as the program tells them, return them by the clock."""
    if not told:
        return same("-")
    ends = [clock(end) for end in told.split()]
    return Say(" 至 ".join(ends), " to ".join(ends))


def _gaps(said: Besides) -> Cell:
    if said.gaps:
        return Cell(same("; ".join(said.gaps)), "bad")
    return Cell(Say("无", "none") if said.range else same("-"))  # without a range nobody looked


def _count(number: int | None) -> Say:
    return NOT_RECORDED if number is None else same(f"{number:,}")


def _mark(one: Outcome) -> Verdict:
    if one.enough:
        return "good"
    return "bad" if one.said.looked else "warn"


def _restored(one: Outcome) -> Say:
    named = one.said.restored
    if not named:
        return Say("未恢复", "nothing")
    more = len(named) - _NAMED
    zh, en = "、".join(named[:_NAMED]), ", ".join(named[:_NAMED])
    return Say(f"{zh} 等 {len(named)} 项", f"{en} and {more} more") if more > 0 else Say(zh, en)


def _compared(level: Level | None) -> Say:
    if level is None or level < Level.L1:
        return Say("未核对", "not compared")
    if level < Level.L4:
        return Say("校验和一致；未与清单核对内容", "checksums agree; content not compared")
    return Say("校验和一致，内容与清单一致", "checksums agree, content equals the manifest")


def figures(tested: RestoreTest) -> tuple[Paragraph | Table, ...]:
    """Given a run, return goals and what was measured; what was not measured says so."""
    rows = []
    for one in tested.outcomes:
        goals = one.set.system if one.set else None
        rto, rpo = one.besides.rto_seconds, one.besides.rpo_seconds
        rows.append([
            Cell(same(one.said.set_id)),
            Cell(span(goals.rto) if goals else same("-")),
            _against(rto, goals.rto.total_seconds() if goals else None),
            Cell(span(goals.rpo) if goals else same("-")),
            _against(rpo, goals.rpo.total_seconds() if goals else None),
            Cell(_age(one)),
        ])
    return (
        Paragraph(Say(
            "RTO 自宣布启动至业务探测恢复正常，RPO 为事件时刻与恢复所得最新数据时刻之差，"
            "均只由限时演练测得。恢复与核对用时不等于 RTO，副本年龄不等于 RPO，仅供参考；"
            "没有测得的写“未实测”。",
            "RTO is from declared to the application's probe green, RPO the incident minus the "
            "newest data recovered; only a timed drill measures them. The time of a restore is no "
            "RTO, the age of a copy no RPO.",
        )),
        Table(
            heads=(Say("备份集", "Backup set"), Say("目标 RTO", "Goal, RTO"),
                   Say("实测 RTO", "RTO measured"), Say("目标 RPO", "Goal, RPO"),
                   Say("实测 RPO", "RPO measured"), Say("测试时副本年龄", "Age of the copy")),
            rows=rows, widths=(34, 11, 15, 11, 15, 14), sheet=Say("RTO 与 RPO", "RTO and RPO"),
        ),
    )


def _against(measured: float | None, goal: float | None) -> Cell:
    if measured is None:
        return Cell(_UNMEASURED, "warn")
    if goal is None:
        return Cell(length(measured))
    return Cell(length(measured), "good" if measured <= goal else "bad")


def _age(one: Outcome) -> Say:
    copy = one.said.copy
    try:
        begun = datetime.fromisoformat(one.said.started)
    except ValueError:
        return NOT_RECORDED
    if copy is None or begun.tzinfo is None or begun < copy.latest:
        return NOT_RECORDED
    return length((begun - copy.latest).total_seconds())
