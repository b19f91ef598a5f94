"""每周备份巡检记录: each set of the policy in one ISO week, what is wrong, who looked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from opsrunner.activities.backup.inspection import (
    Anomaly,
    Code,
    Inspected,
    Inspection,
    State,
)
from opsrunner.activities.backup.papers.words import (
    BASIS,
    copied,
    length,
    level_of,
    signed,
    size_of,
    why,
)
from opsrunner.policy.backup import Level
from opsrunner.report.clock import clock, day
from opsrunner.report.paper import (
    CHAIN_HEAD,
    Cell,
    Facts,
    Paper,
    Paragraph,
    Say,
    Section,
    Signatures,
    Table,
    Verdict,
    same,
)

STATES: Final[Mapping[State, tuple[Say, Verdict]]] = {
    State.WELL: (Say("正常", "well"), "good"),
    State.ANOMALY: (Say("异常", "anomaly"), "bad"),
    State.UNKNOWN: (Say("无法查验", "could not look"), "warn"),
    State.MISSED: (Say("缺失", "missed"), "bad"),
    State.OPEN: (Say("本周尚未巡检", "not yet this week"), "warn"),
    State.NOT_DUE: (Say("不要求", "not due"), "muted"),
}
_WORDS: Final[Mapping[Code, Say]] = {
    Code.UNLOOKED: Say("无法查验", "could not look"),
    Code.FAILED: Say("作业或校验不合格", "the job or the copy failed"),
    Code.SHORT: Say("未达到要求级别", "less proven than wanted"),
    Code.NO_COPY: Say("没有任何副本的记录", "no copy is on record"),
    Code.OLD: Say("最新副本超过备份周期仍未更新", "the newest copy is older than its cadence"),
    Code.SHRUNK: Say("最新副本较上一份缩小（%）", "smaller than the copy before (percent)"),
}
_RULE = Say(
    "本记录由证据库中经核验的运行自动生成，时间以记录入链为准。没有经核验记录的周记为缺失，不能补记。"
    "副本年龄按最近一次查验时计算，未查验的按本周结束时计算；副本比上一份缩小一半以上、超过备份周期未更新均列为异常。",
    "Made from runs that the evidence store accepts, by when they went on record. A week without "
    "one is missed and is not filled in later. Ages are those at the last look, else at the "
    "week's end; a copy of less than half the size of the one before, or older than its cadence, "
    "is an anomaly.",
)


def inspection_paper(made: Inspection, author: str, heads: Mapping[str, str]) -> Paper:
    """Given a week's inspection, who writes it and the runs' heads, return 每周备份巡检记录."""
    date = day(made.generated.isoformat())
    last = made.first + timedelta(days=6)
    verdict, _ = conclusion(made)
    return Paper(
        name=f"backup-inspection-{made.week}",
        title=Say("每周备份巡检记录", "Weekly inspection of backups"),
        subtitle=Say(f"{made.week}（{made.first} 至 {last}）",
                     f"{made.week} ({made.first} to {last})"),
        number=made.week,
        date=date,
        facts=(
            (Say("周次", "Week"), same(made.week)),
            (Say("备份集数量", "Backup sets"), same(len(made.rows))),
            (Say("巡检人", "Looked"), _who(made)),
            (Say("生成时间", "Made (UTC+8)"), same(clock(made.generated.isoformat()))),
            (Say("结论", "Conclusion"), verdict),
        ),
        signatures=signed(author, date),
        versions=(("1.0", date, author, Say("首次编制", "First version")),),
        evidence=_evidence(made, heads),
        digest=made.head,
        digest_of=CHAIN_HEAD,
        sections=(
            Section(Say("依据与范围", "Basis and scope"), tuple(map(Paragraph, (*BASIS, _RULE)))),
            Section(Say("总览", "Overview"), (_overview(made),)),
            Section(Say("巡检明细", "In detail"), (_detail(made),)),
            Section(Say("异常与处置", "Anomalies and what is done"), (_anomalies(made),)),
            *_refused(made),
            Section(Say("结论", "Conclusion"), _conclusion(made)),
            Section(Say("签字", "Signatures"), (Signatures((
                (Say("巡检人", "Inspector"), "", ""),
                (Say("复核人", "Checked by"), "", ""),
                (Say("建设单位", "Customer"), "", ""),
            )),)),
        ),
    )


def conclusion(made: Inspection) -> tuple[Say, Verdict]:
    """Given a week's inspection, return what it comes to: the worst of its sets."""
    if made.of(State.MISSED):
        return Say("有备份集本周未巡检（缺失）", "sets were not looked at: missed"), "bad"
    if made.of(State.ANOMALY):
        return Say("有异常，见处置要求", "there are anomalies"), "bad"
    if made.of(State.UNKNOWN) or made.refused:
        return Say("有备份集无法查验或证据未采信", "some could not be looked at"), "warn"
    if made.of(State.OPEN) or not made.over:
        return Say("本周尚未结束，为中间记录", "the week is not over: an interim record"), "warn"
    return Say("正常", "well"), "good"


def _who(made: Inspection) -> Say:
    names = dict.fromkeys(said.who for row in made.rows for said in row.said)
    return same("、".join(names)) if names else Say("本周无巡检记录", "nobody, this week")


def _overview(made: Inspection) -> Facts:
    pairs = [(words, same(len(made.of(state)))) for state, (words, _) in STATES.items()]
    proven = sum(row.level is not None and row.level >= Level.L3 for row in made.rows)
    pairs.append((Say("本周证明可恢复（L3 及以上）", "Proven recoverable this week (L3 and above)"),
                  same(proven)))
    return Facts(pairs)


def _detail(made: Inspection) -> Table:
    rows = []
    for row in made.rows:
        state, mark = STATES[row.state]
        rows.append([
            Cell(same(row.set.id)),
            Cell(_job(row), "" if row.newest else "bad"),
            Cell(length(row.age.total_seconds()) if row.age is not None else same("-"),
                 "bad" if any(one.code is Code.OLD for one in row.anomalies) else ""),
            Cell(size_of(row.newest.size) if row.newest else same("-"),
                 "bad" if any(one.code is Code.SHRUNK for one in row.anomalies) else ""),
            Cell(*_integrity(row)),
            Cell(level_of(row.level) if row.said else same("-")),
            Cell(same(row.set.backup.verification.level)),
            Cell(_looked(row)),
            Cell(state, mark),
        ])
    return Table(
        heads=(Say("备份集", "Backup set"), Say("最新副本", "Newest copy"), Say("年龄", "Age"),
               Say("大小", "Size"), Say("完整性", "Integrity"),
               Say("本周证明级别", "Proven this week"), Say("要求", "Wanted"),
               Say("何时何人", "When, who"), Say("结论", "Conclusion")),
        rows=rows, widths=(24, 13, 8, 8, 13, 15, 6, 16, 10),
        sheet=Say("巡检明细", "In detail"), wide=True,
    )


def _job(row: Inspected) -> Say:
    """Return when the newest copy was made, whose job so ended; none is on record otherwise."""
    if row.newest is None:
        return Say("无作业成功的记录", "no job on record")
    made = copied(row.newest, row.set)
    return Say(f"{made.zh} 作业完成", f"{made.en} job ended")


def _integrity(row: Inspected) -> tuple[Say, Verdict]:
    """Return whether the copy was read and validated this week, and its colour."""
    if not row.said:
        return Say("未查验", "not looked at"), ""
    if any(one.code is Code.FAILED for one in row.anomalies):
        return Say("不合格", "failed"), "bad"
    if row.level is None:
        return Say("无法查验", "could not look"), "warn"
    if row.level >= Level.L2:
        return Say("校验通过", "validated"), "good"
    if row.level is Level.L1:
        return Say("已读取，校验和一致", "read, checksums agree"), "good"
    return Say("仅有作业结果，未读取副本", "the job's word only; not read"), "warn"


def _looked(row: Inspected) -> Say:
    if not row.said:
        return same("-")
    last = row.said[-1]
    more = f"（共 {len(row.said)} 次）" if len(row.said) > 1 else ""
    more_en = f" ({len(row.said)} times)" if len(row.said) > 1 else ""
    moment = f"{last.recorded.astimezone(row.set.zone):%m-%d %H:%M} {last.who}"
    return Say(moment + more, moment + more_en)


def _anomalies(made: Inspection) -> Table:
    rows = [
        [Cell(same(row.set.id)), Cell(same(row.set.system.owner or "-")), Cell(_said(one), "bad"),
         Cell(same("")), Cell(same(""))]
        for row in made.rows for one in row.anomalies
    ]
    rows += [
        [Cell(same(row.set.id)), Cell(same(row.set.system.owner or "-")),
         Cell(Say("本周无经核验的记录", "nothing accepted on record this week"), "bad"),
         Cell(same("")), Cell(same(""))]
        for row in made.of(State.MISSED)
    ]
    return Table(
        heads=(Say("备份集", "Backup set"), Say("责任岗位", "Owner"), Say("异常", "What is wrong"),
               Say("处置（人工填写）", "What is done (by hand)"), Say("期限", "Due")),
        rows=rows, widths=(26, 15, 33, 18, 8), sheet=Say("异常", "Anomalies"),
        empty=Say("本周未发现异常。", "Nothing is wrong this week."),
    )


def _said(one: Anomaly) -> Say:
    words = _WORDS[one.code]
    if not one.detail:
        return words
    detail = why(one.detail) if one.code in (Code.FAILED, Code.UNLOOKED) else same(one.detail)
    return Say(f"{words.zh}：{detail.zh}", f"{words.en}: {detail.en}")


def _refused(made: Inspection) -> tuple[Section, ...]:
    if not made.refused:
        return ()
    return (Section(Say("未采信的证据", "Evidence not accepted"),
                    tuple(Paragraph(same(line)) for line in made.refused)),)


def _conclusion(made: Inspection) -> tuple[Paragraph, ...]:
    verdict, _ = conclusion(made)
    counts = "，".join(
        f"{words.zh} {len(made.of(state))} 个" for state, (words, _) in STATES.items()
        if made.of(state)
    )
    counts_en = ", ".join(
        f"{len(made.of(state))} {words.en}" for state, (words, _) in STATES.items()
        if made.of(state)
    )
    return (
        Paragraph(Say(f"{verdict.zh}。", f"{verdict.en}.")),
        Paragraph(Say(f"备份集：{counts}。", f"Backup sets: {counts_en}.")),
    )


def _evidence(made: Inspection, heads: Mapping[str, str]) -> dict[Say, str]:
    runs = dict.fromkeys(said.run for row in made.rows for said in row.said)
    return {
        Say("备份策略", "backup policy"): made.policy.sha256,
        **{Say(f"运行 {run}（证据链头）", f"run {run} (head)"): heads.get(run, "") for run in runs},
    }
