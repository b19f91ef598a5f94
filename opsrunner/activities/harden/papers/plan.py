"""加固方案: what an approver reads and signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from opsrunner.activities.harden.papers.changing import told
from opsrunner.activities.harden.papers.words import (
    DANGER,
    HARDENING,
    PlanWords,
    at,
    cover,
    for_hosts,
    left_out,
    names,
    order,
    say,
    steps,
)
from opsrunner.plan.models import Change, Plan, Step, SubjectPlan
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.clock import day
from opsrunner.report.paper import (
    Block,
    Cell,
    Facts,
    Listing,
    Paper,
    Paragraph,
    Say,
    Section,
    Table,
    same,
)

_Change = tuple[str, Say, Say, str]  # target, before, after, diff
_Alike = tuple[_Change, ...]


def plan_paper(
    plan: Plan, digest: str, people: Mapping[str, str] | None = None,
    withdrawals: Sequence[Withdrawal] = (), words: PlanWords = HARDENING,
) -> Paper:
    """Given a plan, its digest, perhaps people's names and words, return what is read and signed.

    Who withdrew an approval of it, and why, stands among the facts of the cover.
    """
    planner = (people or {}).get(plan.planner, plan.planner)
    return Paper(
        name="plan",
        title=words.title,
        subtitle=same(plan.inventory),
        number=plan.id,
        date=day(plan.created),
        facts=_facts(plan, digest, planner, withdrawals),
        signatures=cover(planner, day(plan.created)),
        versions=(("1.0", day(plan.created), planner, Say("首次编制", "First version")),),
        evidence={Say("方案 plan.json", "plan plan.json"): digest},
        digest=digest,
        sections=(
            Section(Say("目标与范围", "Aim and scope"), (_scope(plan, words), _hosts(plan, words))),
            Section(Say("依据", "Basis"), tuple(Paragraph(text) for text in words.basis)),
            Section(Say("方案与风险评估", "Steps and their dangers"), (_steps(plan, words),)),
            Section(Say("重启与服务影响", "Restarts and reboots"), (_restarts(plan),)),
            Section(Say("备份与回退方案", "Snapshot and undo"),
                    tuple(Paragraph(text) for text in words.rollback)),
            Section(Say("实施步骤与验证方法", "How it is carried out and verified"),
                    tuple(Paragraph(text) for text in words.procedure)),
            left_out(plan, words),
            Section(Say("变更明细", "Every change, before and after"),
                    sections=tuple(_details(plan))),
        ),
    )


def _facts(
    plan: Plan, digest: str, planner: str, withdrawals: Sequence[Withdrawal],
) -> tuple[tuple[Say, Say], ...]:
    return (
        *order(plan),
        (Say("编制人", "Planned by"), same(planner)),
        (Say("有效期至", "Valid until (UTC+8)"), at(plan.expires)),
        (Say("依据的检查", "Findings of run"), same(plan.source_run)),
        (Say("方案摘要值 SHA-256", "Digest, SHA-256"), same(digest)),
        *((Say("批准已撤回", "Approval withdrawn"),
           Say(f"{one.name} 于 {at(one.at).zh}撤回：{one.reason}",
               f"by {one.name} at {at(one.at).en} (UTC+8): {one.reason}"))
          for one in withdrawals),
    )


def _scope(plan: Plan, words: PlanWords) -> Facts:
    every = [step for _, step in steps(plan)]
    return Facts((
        (Say("主机数", "Hosts"), same(len(plan.subjects))),
        (Say(f"{words.items}数", "Steps"), same(len(every))),
        (Say("变更数", "Changes"), same(sum(len(step.changes) for step in every))),
        (Say("高风险项数", "Of high danger"),
         same(sum(step.danger.level == "high" for step in every))),
        (Say(f"{words.left_out}数", "Left out"), same(sum(len(s.left_out) for s in plan.subjects))),
    ))


def _hosts(plan: Plan, words: PlanWords) -> Table:
    return Table(
        heads=(Say("主机", "Host"), Say("地址", "Address"), Say("平台", "Platform"),
               Say("第二登录账户", "Second login"), Say(words.items, "Steps"),
               Say("变更", "Changes"), Say("需重启", "Reboot"), Say(words.left_out, "Left out")),
        rows=[
            [Cell(same(s.id)), Cell(same(s.address or "-")), Cell(same(s.platform)),
             _second_login(s), Cell(same(len(s.steps))),
             Cell(same(sum(len(step.changes) for step in s.steps))),
             Cell(Say("是", "yes") if any(step.reboot for step in s.steps) else same("-")),
             Cell(same(len(s.left_out)))]
            for s in plan.subjects
        ],
        widths=(17, 15, 12, 14, 10, 9, 11, 12),
        sheet=Say("主机", "Hosts"),
    )


def _second_login(subject: SubjectPlan) -> Cell:
    """Return the account that must get in before the host is begun; an approver sees its lack."""
    if subject.second_login:
        return Cell(same(subject.second_login))
    if subject.without_second_way:
        return Cell(Say("未声明，已确认", "none, acknowledged"), "warn")
    return Cell(Say("未声明", "none declared"), "warn" if subject.steps else "muted")


def _steps(plan: Plan, words: PlanWords) -> Table:
    return Table(
        heads=(Say("规则", "Rule"), Say("项目", "Title"), Say("风险", "Danger"),
               Say("风险说明", "Why"), Say("重载/重启服务", "Restarts"), Say("主机", "Hosts")),
        rows=for_hosts(
            ((subject.id, _step(step)) for subject, step in steps(plan)), len(plan.subjects),
        ),
        widths=(19, 22, 9, 22, 10, 18),
        sheet=Say(words.items, "Steps"),
    )


def _step(step: Step) -> tuple[Cell, ...]:
    level, mark = DANGER[step.danger.level]
    why = say(step.danger.why)
    if step.acknowledged:
        why = Say(f"{why.zh} 已确认：{step.acknowledged}",
                  f"{why.en} Acknowledged: {step.acknowledged}")
    return (Cell(same(step.rule)), Cell(say(step.title)), Cell(level, mark), Cell(why),
            Cell(same(", ".join(step.restarts) or "-")))


def _restarts(plan: Plan) -> Table:
    rows = for_hosts((
        (subject.id, (Cell(same(step.rule)), Cell(same("; ".join(step.restarts) or "-")),
                      Cell(same("; ".join(step.reboot) or "-"), "warn" if step.reboot else "")))
        for subject, step in steps(plan) if step.restarts or step.reboot
    ), len(plan.subjects))
    return Table(
        heads=(Say("规则", "Rule"), Say("重载/重启服务", "Restarts"),
               Say("需重启主机方生效", "Effective after a reboot"), Say("主机", "Hosts")),
        rows=rows,
        widths=(22, 20, 32, 26),
        sheet=Say("重启", "Restarts"),
    )


def _details(plan: Plan) -> Iterator[Section]:
    """Yield a section for each rule, in it what changes once for all hosts it is the same on."""
    rules: dict[str, dict[_Alike, list[str]]] = {}
    titles: dict[str, Say] = {}
    for subject, step in steps(plan):
        titles[step.id] = Say(f"{step.title.zh}（{step.rule}）", f"{step.title.en} ({step.rule})")
        alike = tuple(map(_shown, step.changes))
        rules.setdefault(step.id, {}).setdefault(alike, []).append(subject.id)
    for name, found in rules.items():
        blocks: list[Block] = []
        for changes, hosts in found.items():
            blocks += _changes(changes, names(hosts, len(plan.subjects)))
        yield Section(titles[name], blocks)


def _shown(change: Change) -> _Change:
    return change.target, told(change, "before"), told(change, "after"), change.diff


def _changes(changes: _Alike, hosts: Say) -> Iterator[Block]:
    yield Table(
        heads=(Say("对象", "Target"), Say("变更前", "Before"), Say("变更后", "After")),
        rows=[[Cell(same(target)), Cell(before), Cell(after)]
              for target, before, after, _ in changes],
        widths=(34, 33, 33),
        caption=Say(f"主机：{hosts.zh}", f"Hosts: {hosts.en}"),
    )
    for _, _, _, diff in changes:
        if diff:
            yield Listing(diff)
