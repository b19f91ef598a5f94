"""演练方案: what is going to be rehearsed, read and signed beforehand."""

from __future__ import annotations

from collections.abc import Mapping

from opsrunner.activities.drill.papers.machines import machines
from opsrunner.activities.drill.papers.words import (
    ACTORS,
    PHASES,
    goal,
    numbered,
    role_of,
    say,
    shared,
)
from opsrunner.activities.drill.planning import Drill
from opsrunner.report.clock import clock, day
from opsrunner.report.paper import (
    Cell,
    Facts,
    Paper,
    Paragraph,
    Picture,
    Say,
    Section,
    Table,
    same,
)
from opsrunner.report.pictures.timeline import Bar, timeline_picture
from opsrunner.timeline.events import Phase

_RECKONED = Say(
    "RTO 自宣布启动起至业务探测恢复正常止；RPO 为事件发生时刻与恢复所得最新数据时刻之差。",
    "RTO runs from declared to the application's probe being green; RPO is the incident minus the "
    "newest data recovered.",
)
_CAPTION = Say("计划时间轴", "The time line as planned")


def plan_paper(drill: Drill, digest: str, names: Mapping[str, str]) -> Paper:
    """Given a drill, its plan's digest and people's names by id, return the paper to be signed."""
    plan, scenario = drill.plan, drill.scenario
    planner, date = names.get(plan.planner, plan.planner), day(plan.created)
    return Paper(
        name="drill-plan",
        title=Say("演练方案", "Drill plan"),
        subtitle=say(scenario.title),
        number=plan.id,
        date=date,
        facts=(
            (Say("涉及系统", "System"), same(scenario.system)),
            (Say("工单", "Work order"), same(plan.ticket or "-")),
            (Say("编制人", "Planned by"), same(planner)),
            (Say("有效期至", "Valid until (UTC+8)"), same(clock(plan.expires))),
        ),
        signatures=(
            (Say("编制", "Prepared"), planner, date),
            (Say("审核", "Reviewed"), "", ""),
            (Say("批准", "Approved"), "", ""),
        ),
        versions=(("1.0", date, planner, Say("首次编制", "First version")),),
        evidence={Say("方案 plan.json", "plan plan.json"): digest},
        digest=digest,
        sections=(
            *shared(drill, names),
            Section(Say("演练步骤与预计时间", "Steps and expected times"), (
                Picture(timeline_picture(planned(drill), _CAPTION), _CAPTION), _steps(drill),
            )),
            *machines(drill),
            Section(Say("主持人情景信息", "What the moderator says"), tuple(_injects(drill))),
            Section(Say("时间目标", "Goals of time"), (_goals(drill), Paragraph(_RECKONED))),
            Section(Say("评估标准", "Criteria"), numbered(scenario.criteria)),
        ),
    )


def planned(drill: Drill) -> list[Bar]:
    """Given a drill, return its steps as bars, one after another as planned."""
    order, bars, begin = list(Phase), [], 0.0
    for step in drill.scenario.steps:
        end = begin + step.minutes * 60
        place = order.index(step.phase)
        bars.append(Bar(PHASES[step.phase], place, say(step.title), (begin, end)))
        begin = end
    return bars


def _steps(drill: Drill) -> Table:
    rows, passed = [], 0
    for number, step in enumerate(drill.scenario.steps, start=1):
        rows.append([
            Cell(same(number)), Cell(PHASES[step.phase]), Cell(say(step.title)),
            Cell(role_of(drill.scenario, step.role)), Cell(ACTORS[step.actor]),
            Cell(same(f"+{passed}")), Cell(same(step.minutes)), Cell(say(step.proof)),
        ])
        passed += step.minutes
    return Table(
        heads=(Say("序号", "No."), Say("阶段", "Phase"), Say("步骤", "Step"), Say("责任", "Role"),
               Say("方式", "By"), Say("开始(分)", "Begin (min)"), Say("用时(分)", "Takes (min)"),
               Say("佐证", "Proof")),
        rows=rows, widths=(6, 7, 30, 13, 7, 9, 8, 20), sheet=Say("步骤", "Steps"),
    )


def _injects(drill: Drill) -> list[Paragraph]:
    said = [
        Paragraph(Say(f"步骤 {number}：{step.inject.zh}", f"Step {number}: {step.inject.en}"))
        for number, step in enumerate(drill.scenario.steps, start=1) if step.inject
    ]
    return said or [Paragraph(Say("无", "None"))]


def _goals(drill: Drill) -> Facts:
    scenario = drill.scenario
    total = sum(step.minutes for step in scenario.steps)
    return Facts((
        (Say("目标 RTO", "Goal, RTO"), goal(scenario.goals.rto_minutes)),
        (Say("计划中自启动至恢复", "Planned from declared to green"),
         goal(scenario.recovery_minutes)),
        (Say("目标 RPO", "Goal, RPO"), goal(scenario.goals.rpo_minutes)),
        (Say("计划总用时", "Planned in all"), goal(total)),
    ))

