"""安全加固报告: what was done, proven by a re-check; the outline acceptance experts expect."""

from __future__ import annotations

from opsrunner.activities.harden.papers.changing import settings
from opsrunner.activities.harden.papers.done import by_host, done
from opsrunner.activities.harden.papers.proof import business, recheck, residual
from opsrunner.activities.harden.papers.story import Story
from opsrunner.activities.harden.papers.words import (
    BASIS,
    DANGER,
    PROCEDURE,
    ROLLBACK,
    cover,
    evidence,
    for_hosts,
    left_out,
    order,
    say,
    signer,
)
from opsrunner.report.clock import day
from opsrunner.report.paper import (
    Cell,
    Facts,
    Paper,
    Paragraph,
    Say,
    Section,
    Signatures,
    Table,
    same,
)


def hardening_report(story: Story) -> Paper:
    """Given what was carried out, return the report."""
    plan = story.plan
    date = day(story.entries[-1].at if story.entries else plan.created)
    return Paper(
        name="hardening-report",
        title=Say("安全加固报告", "Hardening report"),
        subtitle=same(plan.inventory),
        number=plan.id,
        date=date,
        facts=(
            *order(plan),
            (Say("编制人（方案）", "Planned by"), same(story.name(plan.planner))),
            (Say("操作人", "Operator"), same(story.operator)),
            (Say("复核人", "Reviewer"), same(story.reviewer)),
            (Say("方案摘要值 SHA-256", "Digest of the plan"), same(story.digest)),
        ),
        signatures=cover(story.operator, date),
        versions=(("1.0", date, story.operator, Say("首次编制", "First version")),),
        evidence=evidence(story),
        digest=story.digest,
        sections=(
            Section(Say("目标与范围", "Aim and scope"), (
                _scope(story), Paragraph(_conclusion(story)), *map(Paragraph, BASIS))),
            Section(Say("加固前状态", "Before"), (_before(story),)),
            Section(Say("方案与风险评估", "Plan and dangers"), (
                _dangers(story), *map(Paragraph, PROCEDURE))),
            Section(Say("备份与回退方案", "Snapshot and undo"), tuple(map(Paragraph, ROLLBACK))),
            Section(Say("实施记录", "What was done"), (*done(story), by_host(story))),
            left_out(plan),
            Section(Say("复测对比", "Re-check"), (recheck(story),)),
            Section(Say("业务验证", "Business checks"), (business(story),)),
            Section(Say("遗留风险", "Residual risk"), (residual(story),)),
            _signed(story),
        ),
    )


def _signed(story: Story) -> Section:
    return Section(Say("签字", "Signatures"), (Signatures((
        (Say("操作人", "Operator"), signer(story.operator), ""),
        (Say("复核人", "Reviewer"), signer(story.reviewer), ""),
        (Say("客户代表", "Customer"), "", ""),
    )),))


def _scope(story: Story) -> Facts:
    hosts = [s.id for s in story.plan.subjects if s.steps]
    counted = sum(story.counted(host) for host in hosts)
    return Facts((
        (Say("计划加固主机（台）", "Hosts planned"), same(len(hosts))),
        (Say("完成并复测通过（台次）", "Hosts done and re-checked"), same(counted)),
        (Say("未计入（台）", "Not counted"), same(len(hosts) - counted)),
        (Say("计划加固项", "Steps planned"), same(sum(1 for _ in story.steps()))),
    ))


def _conclusion(story: Story) -> Say:
    """Return in one sentence what came of it: what counts, what does not, what is left."""
    hosts = [s.id for s in story.plan.subjects if s.steps]
    counted = sum(story.counted(host) for host in hosts)
    waiting = sum(bool(story.waits(host)) for host in hosts)
    back = sum(any(story.stays_back(s.id, step) for step in s.steps) for s in story.plan.subjects)
    left = len(hosts) - counted
    zh = f"结论：计划加固 {len(hosts)} 台，实施并复测通过 {counted} 台次"
    en = f"Conclusion: of {len(hosts)} hosts planned, {counted} are done and re-checked"
    if waiting:
        zh += f"；{waiting} 台已实施，尚有项目待重启或人工处理"
        en += f"; {waiting} are done with items that wait for a reboot or a person"
    if back:
        zh += f"；{back} 台有项目按要求单项回退"
        en += f"; on {back} items were taken back on purpose"
    if left:
        zh += f"；{left} 台未计入，原因见“各主机实施时间与结果”与“遗留风险”"
        en += f"; {left} do not count, for the reasons under results and residual risk"
    return Say(f"{zh}。", f"{en}.")


def _before(story: Story) -> Table:
    rows = for_hosts((
        (subject.id, (Cell(same(step.rule)), Cell(say(step.title)),
                      Cell(settings(step.changes, "before"))))
        for subject, step in story.steps()
    ), story.planned)
    return Table(
        heads=(Say("规则", "Rule"), Say("不符合项", "Failing"), Say("加固前", "Before"),
               Say("主机", "Hosts")),
        rows=rows, widths=(20, 28, 30, 22), sheet=Say("加固前", "Before"),
    )


def _dangers(story: Story) -> Table:
    rows: dict[str, list[Cell]] = {}
    for _, step in story.steps():
        level, mark = DANGER[step.danger.level]
        rows.setdefault(step.rule, [
            Cell(same(step.rule)), Cell(say(step.title)), Cell(level, mark),
            Cell(say(step.danger.why)), Cell(same(", ".join(step.restarts) or "-")),
        ])
    return Table(
        heads=(Say("规则", "Rule"), Say("项目", "Title"), Say("风险", "Danger"),
               Say("风险说明", "Why"), Say("重载/重启服务", "Restarts")),
        rows=list(rows.values()), widths=(20, 27, 9, 30, 14), sheet=Say("风险", "Dangers"),
    )
