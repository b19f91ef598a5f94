"""RTO and RPO in a drill's report; what was not measured says so, and why."""

from __future__ import annotations

from collections.abc import Sequence

from opsrunner.activities.drill.papers.words import goal
from opsrunner.activities.drill.planning import TABLETOP, Drill
from opsrunner.models import Unmeasured
from opsrunner.report.paper import Cell, Paragraph, Say, Table, same
from opsrunner.report.unmeasured import unmeasured
from opsrunner.timeline.events import Event
from opsrunner.timeline.measures import Measured, rpo, rto

_AT_THE_TABLE = Say(
    "未实测（桌面推演不操作系统，推演用时不代表恢复用时）",
    "not measured (nothing is touched at the table; the time of talking is no recovery time)",
)


def measures(drill: Drill, events: Sequence[Event]) -> tuple[Table | Paragraph, ...]:
    """Given a drill and its time line, return the goals, the plan's sums and what was measured."""
    goals = drill.scenario.goals
    rows = [
        [Cell(same("RTO")), Cell(goal(goals.rto_minutes)),
         Cell(goal(drill.scenario.recovery_minutes)),
         _measured(drill, rto(events), goals.rto_minutes)],
        [Cell(same("RPO")), Cell(goal(goals.rpo_minutes)), Cell(same("-")),
         _measured(drill, rpo(events), goals.rpo_minutes)],
    ]
    return (Table(
        heads=(Say("指标", "Figure"), Say("目标", "Goal"),
               Say("方案中启动至恢复用时", "Planned, declared to green"), Say("实测", "Measured")),
        rows=rows, widths=(12, 20, 26, 42), sheet=Say("RTO 与 RPO", "RTO and RPO"),
    ),)


def _measured(drill: Drill, found: Measured | Unmeasured, wanted: int | None) -> Cell:
    if drill.form == TABLETOP:
        return Cell(_AT_THE_TABLE, "warn")
    if isinstance(found, Unmeasured):
        why = unmeasured(found)
        return Cell(Say(f"未测得：{why.zh}", f"unmeasured: {why.en}"), "bad")
    within = wanted is None or found.seconds + found.resolution <= wanted * 60
    about = f" ±{found.resolution:.3g}" if found.resolution else ""
    return Cell(
        Say(f"{found.seconds:.1f}{about} 秒", f"{found.seconds:.1f}{about} s"),
        "good" if within else "bad",
    )
