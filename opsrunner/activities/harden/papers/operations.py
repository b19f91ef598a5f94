"""操作报告 and 变更记录单: every command on every host, and the change as one sheet."""

from __future__ import annotations

from opsrunner.activities.harden.papers.story import Story
from opsrunner.activities.harden.papers.words import (
    PARTLY,
    ROLLBACK,
    STATES,
    at,
    came_of,
    cover,
    evidence,
    order,
    signer,
)
from opsrunner.plan.approval import Approval
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

_LONG = 2000  # characters of a command's output


def operation_report(story: Story) -> Paper:
    """Given what was carried out, return every command with host, person, time and result."""
    return Paper(
        name="operation-report",
        title=Say("操作报告", "Operation report"),
        subtitle=same(story.plan.inventory),
        number=story.plan.id,
        date=_date(story),
        facts=_facts(story),
        signatures=cover(story.operator, _date(story)),
        versions=(("1.0", _date(story), story.operator, Say("首次编制", "First version")),),
        evidence=evidence(story),
        digest=story.digest,
        sections=(
            Section(Say("执行过程", "What happened"), (_timeline(story),)),
            Section(Say("操作命令", "Every command"), (_commands(story),)),
        ),
    )


def change_record(story: Story) -> Paper:
    """Given what was carried out, return the change as the sheet that is filed with the order."""
    return Paper(
        name="change-record",
        title=Say("变更记录单", "Change record"),
        subtitle=same(story.plan.ticket or story.plan.id),
        number=story.plan.id,
        date=_date(story),
        facts=_facts(story),
        versions=(("1.0", _date(story), story.operator, Say("首次编制", "First version")),),
        evidence=evidence(story),
        digest=story.digest,
        sections=(
            Section(Say("变更内容", "What changes"), (_scope(story),)),
            Section(Say("审批", "Approval"), (_approvals(story),)),
            Section(Say("回退方案", "Undo"), tuple(map(Paragraph, ROLLBACK))),
            Section(Say("实施结果", "Result by host"), (_results(story),)),
            Section(Say("签字", "Signatures"), (Signatures((
                (Say("申请/编制", "Planned by"), story.name(story.plan.planner), ""),
                (Say("批准", "Approved by"), signer(story.reviewer), ""),
                (Say("实施", "Carried out by"), signer(story.operator), ""),
                (Say("客户确认", "Customer"), "", ""),
            )),)),
        ),
    )


def _date(story: Story) -> str:
    return story.entries[-1].at[:10] if story.entries else story.plan.created[:10]


def _facts(story: Story) -> tuple[tuple[Say, Say], ...]:
    plan = story.plan
    begun, ended = (story.entries[end].at if story.entries else "-" for end in (0, -1))
    return (
        *order(plan),
        (Say("编制人", "Planned by"), same(story.name(plan.planner))),
        (Say("批准人", "Approved by"), same(story.reviewer)),
        (Say("操作人", "Operator"), same(story.operator)),
        (Say("开始（UTC）", "Begun (UTC)"), at(begun)),
        (Say("结束（UTC）", "Ended (UTC)"), at(ended)),
    )


def _timeline(story: Story) -> Table:
    rows = []
    for entry in story.entries:
        if entry.state is None:
            continue
        text, mark = PARTLY if entry.data.get("waits") else STATES[entry.state]
        rows.append([Cell(at(entry.at)), Cell(same(entry.subject)), Cell(text, mark),
                     Cell(same(entry.reason or "-"))])
    return Table(
        heads=(Say("时间(UTC)", "Time (UTC)"), Say("主机", "Host"), Say("状态", "State"),
               Say("说明", "Detail")),
        rows=rows, widths=(24, 20, 16, 40), sheet=Say("执行过程", "Timeline"),
    )


def _commands(story: Story) -> Table:
    rows = [
        [Cell(at(done.said.get("when", ""))), Cell(same(done.host)), Cell(same(done.operator)),
         Cell(same(done.said.get("command", ""))),
         Cell(same(done.said.get("code", "")), "" if done.said.get("code") == 0 else "bad"),
         Cell(_output(str(done.said.get("said", ""))))]
        for done in story.commands()
    ]
    return Table(
        heads=(Say("时间(UTC)", "Time (UTC)"), Say("主机", "Host"), Say("操作人", "Operator"),
               Say("命令", "Command"), Say("返回码", "Exit code"), Say("输出", "Output")),
        rows=rows, widths=(12, 11, 7, 45, 5, 20), sheet=Say("操作命令", "Commands"), wide=True,
    )


def _output(text: str) -> Say:
    """Given what a command said, return as much of it as a reader bears; the journal has all."""
    if len(text) <= _LONG:
        return same(text)
    cut = text[:_LONG]
    return Say(f"{cut}……（全文见 journal.jsonl）", f"{cut}... (all in journal.jsonl)")


def _scope(story: Story) -> Facts:
    hosts = [s.id for s in story.plan.subjects if s.steps]
    created, expires = at(story.plan.created).zh, at(story.plan.expires).zh
    rules = sorted({step.rule for _, step in story.steps()})
    return Facts((
        (Say("主机", "Hosts"), same(", ".join(hosts))),
        (Say("加固项", "Rules"), same(", ".join(rules))),
        (Say("方案摘要值", "Digest"), same(story.digest)),
        (Say("方案有效期", "Valid"), same(f"{created} - {expires} (UTC)")),
    ))


def _approvals(story: Story) -> Table:
    rows = [
        [Cell(same(one.name)), Cell(_how(story, one)),
         Cell(at(one.at)), Cell(same(one.fingerprint or one.scan_sha256))]
        for one in story.approvals
    ] + [
        [Cell(same(one.name)), Cell(Say("撤回批准", "approval withdrawn"), "bad"),
         Cell(at(one.at)), Cell(Say(f"撤回原因：{one.reason}", f"why: {one.reason}"))]
        for one in story.withdrawals
    ]
    return Table(
        heads=(Say("批准人", "By"), Say("方式", "How"), Say("时间", "When"),
               Say("密钥指纹/扫描件摘要", "Key or scan")),
        rows=rows, widths=(14, 14, 22, 50), sheet=Say("审批", "Approvals"),
    )


def _how(story: Story, one: Approval) -> Say:
    """Return how somebody approved, and who registered what was signed elsewhere."""
    by = story.name(one.registrar)
    if one.kind == "paper":
        return Say(f"纸质（{by} 登记）", f"on paper (registered by {by})")
    if one.registrar == one.by:
        return Say("电子签名", "signature")
    by = by or one.login
    return Say(f"电子签名（{by} 登记）", f"signature (registered by {by})")


def _results(story: Story) -> Table:
    rows = []
    for subject in story.plan.subjects:
        if not subject.steps:
            continue
        text, mark = came_of(story, subject.id)
        counted = story.counted(subject.id)
        rows.append([
            Cell(same(subject.id)), Cell(same(subject.address or "-")),
            Cell(same(len(subject.steps))), Cell(text, mark),
            Cell(Say("计入", "counted") if counted else Say("不计入", "not counted"),
                 "good" if counted else "warn"),
            Cell(same(story.reason(subject.id))),
        ])
    return Table(
        heads=(Say("主机", "Host"), Say("地址", "Address"), Say("项数", "Items"),
               Say("结果", "Result"), Say("台次", "Counts"), Say("说明", "Detail")),
        rows=rows, widths=(18, 15, 8, 16, 11, 32), sheet=Say("实施结果", "Results"),
    )
