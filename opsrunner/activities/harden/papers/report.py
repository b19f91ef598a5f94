"""安全加固报告: what was done, proven by a re-check; the outline acceptance experts expect."""

from __future__ import annotations

from collections.abc import Mapping

from opsrunner.activities.harden.papers.changing import settings
from opsrunner.activities.harden.papers.story import Story
from opsrunner.activities.harden.papers.words import (
    BASIS,
    DANGER,
    LEFT,
    ROLLBACK,
    STATES,
    VERDICTS,
    at,
    came_of,
    cover,
    evidence,
    for_hosts,
    left_out,
    order,
    say,
    signer,
)
from opsrunner.plan.models import Step, SubjectPlan, Words
from opsrunner.plan.states import State
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
    date = story.entries[-1].at[:10] if story.entries else plan.created[:10]
    return Paper(
        name="hardening-report",
        title=Say("安全加固报告", "Hardening report"),
        subtitle=same(plan.inventory),
        number=plan.id,
        date=date,
        facts=(
            *order(plan),
            (Say("操作人", "Operator"), same(story.operator)),
            (Say("复核人", "Reviewer"), same(story.reviewer)),
            (Say("方案摘要值 SHA-256", "Digest of the plan"), same(story.digest)),
        ),
        signatures=cover(story.operator, date),
        versions=(("1.0", date, story.operator, Say("首次编制", "First version")),),
        evidence=evidence(story),
        digest=story.digest,
        sections=(
            Section(Say("目标与范围", "Aim and scope"), (_scope(story), *map(Paragraph, BASIS))),
            Section(Say("加固前状态", "Before"), (_before(story),)),
            Section(Say("方案与风险评估", "Plan and dangers"), (_dangers(story),)),
            Section(Say("备份与回退方案", "Snapshot and undo"), tuple(map(Paragraph, ROLLBACK))),
            Section(Say("实施记录", "What was done"), (_done(story),)),
            left_out(plan),
            Section(Say("复测对比", "Re-check"), (_recheck(story),)),
            Section(Say("业务验证", "Business checks"), (_business(story),)),
            Section(Say("遗留风险", "Residual risk"), (_residual(story),)),
            Section(Say("签字", "Signatures"), (Signatures((
                (Say("操作人", "Operator"), signer(story.operator), ""),
                (Say("复核人", "Reviewer"), signer(story.reviewer), ""),
                (Say("客户代表", "Customer"), "", ""),
            )),)),
        ),
    )


def _scope(story: Story) -> Facts:
    hosts = [s.id for s in story.plan.subjects if s.steps]
    counted = sum(story.counted(host) for host in hosts)
    return Facts((
        (Say("计划加固主机（台）", "Hosts planned"), same(len(hosts))),
        (Say("完成并复测通过（台次）", "Hosts done and re-checked"), same(counted)),
        (Say("未计入（台）", "Not counted"), same(len(hosts) - counted)),
        (Say("计划加固项", "Steps planned"), same(sum(1 for _ in story.steps()))),
    ))


def _before(story: Story) -> Table:
    rows = for_hosts((
        (subject.id, (Cell(same(step.rule)), Cell(say(step.title)),
                      Cell(settings(step.changes, "before"))))
        for subject, step in story.steps()
    ), _planned(story))
    return Table(
        heads=(Say("规则", "Rule"), Say("不符合项", "Failing"), Say("加固前", "Before"),
               Say("主机", "Hosts")),
        rows=rows, widths=(20, 28, 30, 22), sheet=Say("加固前", "Before"),
    )


def _planned(story: Story) -> int:
    return sum(bool(subject.steps) for subject in story.plan.subjects)


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


def _done(story: Story) -> Table:
    rows = []
    for subject, step in story.steps():
        last = story.last(subject.id)
        text, mark = came_of(story, subject.id, step.rule)
        rows.append([
            Cell(same(subject.id)), Cell(same(step.rule)),
            Cell(settings(step.changes, "before")), Cell(_after(story, subject.id, step)),
            Cell(same(story.operator_of(subject.id))), Cell(same(story.reviewer)),
            Cell(at(last.at) if last else same("-")),
            Cell(same(story.plan.id)), Cell(text, mark),
        ])
    return Table(
        heads=(Say("主机", "Host"), Say("项", "Item"), Say("加固前", "Before"),
               Say("加固后", "After"), Say("操作人", "Operator"), Say("复核人", "Reviewer"),
               Say("时间(UTC)", "Time (UTC)"), Say("回退点", "Undo point"), Say("结果", "Result")),
        rows=rows, widths=(11, 13, 20, 20, 6, 6, 8, 8, 8), sheet=Say("实施记录", "Done"), wide=True,
    )


def _after(story: Story, host: str, step: Step) -> Say:
    """Return how the host is after: only what was really done to it is told as done."""
    state = story.states.get(host, State.PLANNED)
    if state in (State.PLANNED, State.REFUSED):
        return Say("（未变更）", "(not changed)")
    if state is State.UNDONE:
        return Say("（已回退至加固前）", "(taken back to before)")
    wanted = settings(step.changes, "after")
    if state in (State.CONFIRMED, State.VERIFIED):
        return wanted
    return Say(f"（计划值，未证实）\n{wanted.zh}", f"(as planned, not proven)\n{wanted.en}")


def _recheck(story: Story) -> Table:
    rows = for_hosts(((subject.id, _looked(story, subject.id, step))
                      for subject, step in story.steps()), _planned(story))
    return Table(
        heads=(Say("规则", "Rule"), Say("项目", "Title"), Say("加固前", "Before"),
               Say("复测", "Re-check"), Say("主机", "Hosts")),
        rows=rows, widths=(22, 32, 10, 10, 26), sheet=Say("复测对比", "Re-check"),
    )


def _looked(story: Story, host: str, step: Step) -> tuple[Cell, ...]:
    after = story.recheck(host).get(step.rule, "")
    text, mark = VERDICTS.get(after, (Say("未复测", "not re-checked"), "bad"))
    return (Cell(same(step.rule)), Cell(say(step.title)), Cell(VERDICTS["fail"][0], "bad"),
            Cell(text, mark))


def _business(story: Story) -> Table:
    rows = []
    for subject in story.plan.subjects:
        before: Mapping[str, Mapping[str, object]] = story.data(subject.id, "business") or {}
        for name, result in before.items():
            works = result.get("ok") is True
            rows.append([
                Cell(same(subject.id)), Cell(same(name)),
                Cell(same(result.get("detail", "")), "good" if works else "bad"),
                Cell(same(story.reason(subject.id))),
            ])
    return Table(
        heads=(Say("主机", "Host"), Say("业务检查", "Check"), Say("变更前", "Before"),
               Say("变更后异常", "Worse after")),
        rows=rows, widths=(20, 24, 28, 28), sheet=Say("业务验证", "Business"),
        empty=Say("未声明业务检查（policies/business）", "no business check is declared"),
    )


def _residual(story: Story) -> Table:
    rows = []
    for subject in story.plan.subjects:
        state = story.states.get(subject.id)
        if subject.steps and state is not State.VERIFIED:
            text, mark = STATES[state or State.PLANNED]
            rows.append([
                Cell(same(subject.id)), Cell(text, mark),
                Cell(same(story.reason(subject.id))),
            ])
        titles = {step.rule: step.title for step in subject.steps}
        rows += _taken_back(story, subject)
        back = story.taken_back.get(subject.id, frozenset())
        rows += [
            [Cell(same(subject.id)), Cell(Say("复测仍不符合", "still failing"), "warn"),
             Cell(_waiting(rule, titles[rule], why))]
            for rule, why in story.waits(subject.id).items() if rule not in back
        ]
        rows += [
            [Cell(same(subject.id)), Cell(LEFT[left.reason], "warn"),
             Cell(Say(f"{left.rule} {left.title.zh}：{left.detail.zh}",
                      f"{left.rule}: {left.title.en}: {left.detail.en}"))]
            for left in subject.left_out
        ]
    alike = for_hosts(((host.text.zh, tuple(rest)) for host, *rest in rows),
                      len(story.plan.subjects))
    return Table(
        heads=(Say("状态", "State"), Say("说明", "Detail"), Say("主机", "Hosts")),
        rows=alike,
        widths=(14, 64, 22), sheet=Say("遗留风险", "Residual risk"),
    )


def _taken_back(story: Story, subject: SubjectPlan) -> list[list[Cell]]:
    """Given a host, return a row for each step that was taken back while the rest stands."""
    return [
        [Cell(same(subject.id)), Cell(*STATES[State.UNDONE]),
         Cell(Say(f"{step.rule} {step.title.zh}：按要求单项回退，其余保留",
                  f"{step.rule}: {step.title.en}: taken back on purpose, the rest stands"))]
        for step in subject.steps
        if story.states.get(subject.id) is not State.UNDONE
        and story.ended(subject.id, step) is State.UNDONE
    ]


def _waiting(rule: str, title: Words, why: str) -> Say:
    """Given a rule that was carried out and fails still, return what it waits for."""
    known = LEFT.get(why, Say(why.replace("reboot: ", "重启后生效：", 1), why))
    return Say(f"{rule} {title.zh}：{known.zh}", f"{rule}: {title.en}: {known.en}")
