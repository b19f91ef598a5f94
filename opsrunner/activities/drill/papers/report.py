"""应急演练报告: what was rehearsed, by the time line as it was written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from opsrunner.activities.drill.findings import raised
from opsrunner.activities.drill.papers.measured import measures
from opsrunner.activities.drill.papers.plan import planned
from opsrunner.activities.drill.papers.watched import probes
from opsrunner.activities.drill.papers.words import (
    FORMS,
    OUTCOMES,
    PHASES,
    VERDICTS,
    role_of,
    say,
    shared,
)
from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.walk import result
from opsrunner.report.clock import clock, day
from opsrunner.report.paper import (
    Cell,
    Paper,
    Paragraph,
    Picture,
    Say,
    Section,
    Signatures,
    Table,
    same,
)
from opsrunner.report.pictures.timeline import Bar, timeline_picture
from opsrunner.sources.watcher.accounting import Account
from opsrunner.sources.watcher.lines import Reading
from opsrunner.timeline.events import Event, Kind, step
from opsrunner.timeline.measures import Measured, between

_CAPTION = Say("时间轴：计划与实际", "The time line, planned and actual")


@dataclass(frozen=True, slots=True)
class Story:
    """A drill that was held, its time line, names by id, and the run's heads as evidence.

    ``watch`` is what the prober saw, None when there was none (at the table); ``rows`` what became
    of its rows by server, or why nobody could read them there.
    """

    drill: Drill
    digest: str
    events: Sequence[Event]
    names: Mapping[str, str]
    heads: Mapping[str, str] = field(default_factory=dict)
    approvers: str = ""
    watch: Reading | None = None
    rows: Mapping[str, Account | str] = field(default_factory=dict)

    @property
    def leader(self) -> str:
        """Return who led it."""
        return self.events[-1].who if self.events else ""


def report_paper(story: Story) -> Paper:
    """Given a drill that was held, return its report."""
    drill, date = story.drill, day(story.events[-1].at)
    return Paper(
        name="drill-report",
        title=Say("应急演练报告", "Drill report"),
        subtitle=say(drill.scenario.title),
        number=drill.plan.id,
        date=date,
        facts=_facts(story),
        signatures=(
            (Say("编制", "Prepared"), story.leader, date),
            (Say("审核", "Reviewed"), "", ""),
            (Say("批准", "Approved"), "", ""),
        ),
        versions=(("1.0", date, story.leader, Say("首次编制", "First version")),),
        evidence=_evidence(story),
        digest=story.digest,
        sections=(
            *shared(drill, story.names),
            Section(Say("时间轴", "Time line"), (
                Picture(timeline_picture(bars(story), _CAPTION), _CAPTION),
            ), (Section(Say("时间明细", "Times in detail"), (_timeline(story),)),)),
            Section(Say("处置步骤与证据", "Steps and proofs"), (_steps(story),)),
            Section(Say("RTO 与 RPO", "RTO and RPO"), measures(drill, story.events),
                    probes(story.watch, story.rows)),
            Section(Say("评估", "Assessment"), (_criteria(story),)),
            Section(Say("问题与改进", "Problems and mending"), (_problems(story),)),
            Section(Say("结论", "Conclusion"), _conclusion(story)),
            Section(Say("签字", "Signatures"), (Signatures((
                (Say("主持人", "Moderator"), story.leader, ""),
                (Say("应急总指挥", "Commander"), "", ""),
                (Say("建设单位", "Customer"), "", ""),
            )),)),
        ),
    )


def _facts(story: Story) -> tuple[tuple[Say, Say], ...]:
    plan = story.drill.plan
    verdict, _ = VERDICTS[result(story.events)]
    return (
        (Say("涉及系统", "System"), same(story.drill.scenario.system)),
        (Say("演练形式", "Form"), FORMS[story.drill.form]),
        (Say("工单", "Work order"), same(plan.ticket or "-")),
        (Say("开始", "Begun (UTC+8)"), same(clock(story.events[0].at))),
        (Say("结束", "Ended (UTC+8)"), same(clock(story.events[-1].at))),
        (Say("主持人", "Moderator"), same(story.leader or "-")),
        (Say("方案批准人", "Plan approved by"),
         same(story.approvers) if story.approvers else Say("无记录", "none on record")),
        (Say("评估结果", "Result"), verdict),
    )


def _evidence(story: Story) -> dict[Say, str]:
    folder = f"plans/{story.drill.plan.id}"
    return {
        Say(f"方案 {folder}/plan.json", f"plan {folder}/plan.json"): story.digest,
        Say(f"时间轴 {folder}/timeline.jsonl（末行哈希）",
            f"time line {folder}/timeline.jsonl (hash of its last line)"): story.events[-1].hash,
        **{
            Say(f"演练运行 {run}（证据链头）", f"drill, run {run} (head)"): head
            for run, head in story.heads.items()
        },
    }


def bars(story: Story) -> list[Bar]:
    """Given a drill that was held, return its steps as bars, as planned and as they were."""
    found = []
    first = next((event for event in story.events if event.kind is Kind.BEGUN), None)
    for wanted, one in zip(story.drill.scenario.steps, planned(story.drill), strict=True):
        begun, done = step(story.events, wanted.id)
        if first and begun and done:
            actual = (between(first, begun).seconds, between(first, done).seconds)
            one = replace(one, actual=actual, good=done.data["outcome"] == "done")  # noqa: PLW2901 - the same bar
        found.append(one)
    return found


def _timeline(story: Story) -> Table:
    rows = []
    first = next((event for event in story.events if event.kind is Kind.BEGUN), story.events[0])
    for wanted, one in zip(story.drill.scenario.steps, planned(story.drill), strict=True):
        begun, done = step(story.events, wanted.id)
        rows.append([
            Cell(PHASES[wanted.phase]), Cell(say(wanted.title)),
            Cell(same(f"+{one.planned[0] / 60:g}")), Cell(same(wanted.minutes)),
            Cell(same(clock(begun.at) if begun else "-")),
            Cell(same(clock(done.at) if done else "-")),
            Cell(_took(between(first, begun)) if begun else same("-")),
            Cell(_took(between(begun, done)) if begun and done else same("-")),
            Cell(same(begun.who if begun else "-")),
        ])
    return Table(
        heads=(Say("阶段", "Phase"), Say("步骤", "Step"), Say("计划开始(分)", "Planned at (min)"),
               Say("计划用时(分)", "Planned (min)"), Say("实际开始", "Begun (UTC+8)"),
               Say("实际结束", "Ended (UTC+8)"), Say("距起点", "After the first"),
               Say("实际用时", "Took"), Say("执行人", "Who")),
        rows=rows, widths=(6, 26, 8, 8, 12, 12, 10, 9, 9), sheet=Say("时间轴", "Time line"),
        wide=True,
    )


def _took(measured: Measured) -> Say:
    """Given a time, return it in minutes and seconds; by the wall clock it says so."""
    minutes, seconds = divmod(measured.seconds, 60)
    zh = f"{minutes:.0f} 分 {seconds:.1f} 秒"
    en = f"{minutes:.0f} min {seconds:.1f} s"
    return Say(f"{zh}（墙钟）", f"{en} (wall clock)") if measured.wall else Say(zh, en)


def _steps(story: Story) -> Table:
    rows = []
    for number, wanted in enumerate(story.drill.scenario.steps, start=1):
        _, done = step(story.events, wanted.id)
        outcome, mark = OUTCOMES[done.data["outcome"]] if done else (
            Say("未进行", "not reached"), "bad")
        rows.append([
            Cell(same(number)), Cell(say(wanted.title)),
            Cell(role_of(story.drill.scenario, wanted.role)),
            Cell(say(wanted.proof)), Cell(outcome, mark), Cell(same(done.text if done else "")),
        ])
    return Table(
        heads=(Say("序号", "No."), Say("步骤", "Step"), Say("责任", "Role"),
               Say("应有佐证", "Proof wanted"), Say("结果", "Result"), Say("记录", "Remark")),
        rows=rows, widths=(6, 28, 13, 21, 9, 23), sheet=Say("处置步骤", "Steps"),
    )


def _criteria(story: Story) -> Table:
    judged = {e.data["criterion"]: e for e in story.events if e.kind is Kind.JUDGED}
    rows = []
    for number, criterion in enumerate(story.drill.scenario.criteria, start=1):
        event = judged.get(number)
        verdict, mark = VERDICTS[event.data["verdict"]] if event else (
            Say("未评估", "not assessed"), "bad")
        rows.append([Cell(same(number)), Cell(say(criterion)), Cell(verdict, mark),
                     Cell(same(event.text if event else ""))])
    return Table(
        heads=(Say("序号", "No."), Say("评估标准", "Criterion"), Say("结果", "Result"),
               Say("说明", "Remark")),
        rows=rows, widths=(7, 45, 13, 35), sheet=Say("评估", "Assessment"),
    )


def _problems(story: Story) -> Table:
    rows = [
        [Cell(same(one.id)), Cell(same(one.title)), Cell(same(one.owner)), Cell(same(one.due)),
         Cell(Say("待整改", "open"), "warn")]
        for one in raised(story.drill.plan.id, story.drill.scenario.system, story.events)
    ]
    return Table(
        heads=(Say("编号", "Number"), Say("问题", "Problem"), Say("责任人", "Owner"),
               Say("期限", "Due"), Say("报告时状态", "When reported")),
        rows=rows, widths=(22, 42, 13, 12, 11), sheet=Say("问题与改进", "Problems"),
        empty=Say("本次演练未记录问题。", "No problem was recorded."),
    )


def _conclusion(story: Story) -> tuple[Paragraph, ...]:
    end = story.events[-1]
    verdict, _ = VERDICTS[result(story.events)]
    return (
        Paragraph(Say(f"评估结果：{verdict.zh}。", f"Result: {verdict.en}.")),
        Paragraph(same(end.text or "-")),
    )

