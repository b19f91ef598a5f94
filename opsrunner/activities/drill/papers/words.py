"""Words and blocks that both papers of a drill have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.scenario import Scenario
from opsrunner.plan.models import Words
from opsrunner.report.paper import Cell, Facts, Paragraph, Say, Section, Table, Verdict, same
from opsrunner.timeline.events import Outcome, Phase

PHASES: Mapping[Phase, Say] = {
    Phase.WARNING: Say("预警", "warning"),
    Phase.RESPONSE: Say("响应", "response"),
    Phase.HANDLING: Say("处置", "handling"),
    Phase.RECOVERY: Say("恢复", "recovery"),
}
SUBJECTS: Mapping[str, Say] = {
    "database_restore": Say("数据库恢复", "restore of a database"),
    "database_switchover": Say("数据库主备切换", "switchover of a database"),
    "host": Say("主机故障", "failure of a host"),
    "network": Say("网络中断", "outage of the network"),
    "web_site": Say("网站切换与篡改处置", "web site"),
    "security_incident": Say("网络安全事件", "security incident"),
}
FORMS: Mapping[str, Say] = {
    "tabletop": Say("桌面推演（不操作系统）", "at the table (nothing is touched)"),
    "machines": Say("实战演练（系统执行，全程计时）", "for real (by machines, by the clock)"),
}
OUTCOMES: Mapping[str, tuple[Say, Verdict]] = {
    Outcome.DONE: (Say("完成", "done"), "good"),
    Outcome.FAILED: (Say("未完成", "failed"), "bad"),
    Outcome.SKIPPED: (Say("跳过", "skipped"), "warn"),
}
VERDICTS: Mapping[str, tuple[Say, Verdict]] = {
    "met": (Say("达到", "met"), "good"),
    "partly": (Say("部分达到", "partly met"), "warn"),
    "unmet": (Say("未达到", "not met"), "bad"),
}
ACTORS: Mapping[str, Say] = {"machine": Say("系统", "machine"), "person": Say("人工", "person")}


def say(words: Words) -> Say:
    """Given words of a policy, return them as a text of a paper."""
    return Say(words.zh, words.en)


def numbered(texts: Sequence[Words]) -> list[Paragraph]:
    """Given texts, return them as numbered paragraphs."""
    return [
        Paragraph(Say(f"（{number}）{one.zh}", f"({number}) {one.en}"))
        for number, one in enumerate(texts, start=1)
    ]


def shared(drill: Drill, names: Mapping[str, str]) -> tuple[Section, ...]:
    """Given a drill and people's names by id, return the four sections both papers begin with."""
    scenario = drill.scenario
    return (
        Section(Say("目的与依据", "Aim and basis"), (
            Paragraph(say(scenario.aim)), *numbered(scenario.basis),
        )),
        Section(Say("场景与形式", "Scenario and form"), (
            Facts((
                (Say("演练类型", "Kind"), SUBJECTS[scenario.subject]),
                (Say("演练形式", "Form"), FORMS[drill.form]),
                (Say("涉及系统", "System"), same(scenario.system)),
                (Say("目标 RTO", "Goal, RTO"), goal(scenario.goals.rto_minutes)),
                (Say("目标 RPO", "Goal, RPO"), goal(scenario.goals.rpo_minutes)),
            )),
            Paragraph(say(scenario.situation)),
        )),
        Section(Say("组织与人员", "Organisation and people"), (_people(drill, names),)),
        Section(Say("前提与安全措施", "Preconditions and safety"), sections=(
            Section(Say("前提条件", "Preconditions"), numbered(scenario.preconditions)),
            Section(Say("安全措施", "Safety"), numbered(scenario.safety)),
        )),
    )


def goal(minutes: int | None) -> Say:
    """Given minutes, return them as a goal; None is none."""
    if minutes is None:
        return Say("未设定", "none set")
    return Say(f"{minutes} 分钟", f"{minutes} minutes")


def role_of(scenario: Scenario, role: str) -> Say:
    """Given a scenario and a role, return its title."""
    return say(scenario.roles[role].title)


def _people(drill: Drill, names: Mapping[str, str]) -> Table:
    rows = [
        [Cell(say(role.title)),
         Cell(same("、".join(names.get(one, one) for one in drill.people.get(name, ())))),
         Cell(say(role.task))]
        for name, role in drill.scenario.roles.items()
    ]
    return Table(
        heads=(Say("角色", "Role"), Say("人员", "People"), Say("职责", "Task")),
        rows=rows, widths=(20, 30, 50), sheet=Say("人员", "People"),
    )
