"""操作报告 and 变更记录单: every command on every host, and the change as one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsrunner.activities.harden.papers.changing import in_words
from opsrunner.activities.harden.papers.story import Command, Story, why
from opsrunner.activities.harden.papers.words import (
    DANGER,
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
from opsrunner.plan.reasons import Why, chinese
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
            Section(Say("差异、冲突与主机提示", "Differences, conflicts, notes of hosts"),
                    (_differences(story),)),
            Section(Say("操作命令", "Every command"), tuple(_commands(story))),
            _signed(story),
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
        signatures=cover(story.operator, _date(story)),
        versions=(("1.0", _date(story), story.operator, Say("首次编制", "First version")),),
        evidence=evidence(story),
        digest=story.digest,
        sections=(
            Section(Say("变更内容", "What changes"), (_scope(story),)),
            Section(Say("审批", "Approval"), (_approvals(story),)),
            Section(Say("回退方案", "Undo"), tuple(map(Paragraph, ROLLBACK))),
            Section(Say("实施结果", "Result by host"), (_results(story),)),
            _signed(story),
        ),
    )


def _signed(story: Story) -> Section:
    return Section(Say("签字", "Signatures"), (Signatures((
        (Say("申请/编制", "Planned by"), story.name(story.plan.planner), ""),
        (Say("批准/复核", "Approved by"), signer(story.reviewer), ""),
        (Say("实施", "Carried out by"), signer(story.operator), ""),
        (Say("客户确认", "Customer"), "", ""),
    )),))


def _date(story: Story) -> str:
    return day(story.entries[-1].at if story.entries else story.plan.created)


def _facts(story: Story) -> tuple[tuple[Say, Say], ...]:
    plan = story.plan
    begun, ended = (story.entries[end].at if story.entries else "-" for end in (0, -1))
    return (
        *order(plan),
        (Say("编制人", "Planned by"), same(story.name(plan.planner))),
        (Say("批准人", "Approved by"), same(story.reviewer)),
        (Say("操作人", "Operator"), same(story.operator)),
        (Say("开始", "Begun (UTC+8)"), at(begun)),
        (Say("结束", "Ended (UTC+8)"), at(ended)),
    )


def _timeline(story: Story) -> Table:
    rows = []
    for entry in story.entries:
        if entry.state is None:
            continue
        text, mark = PARTLY if entry.data.get("waits") else STATES[entry.state]
        rows.append([Cell(at(entry.at)), Cell(same(entry.subject)), Cell(text, mark),
                     Cell(why(entry))])
    return Table(
        heads=(Say("时间", "Time (UTC+8)"), Say("主机", "Host"), Say("状态", "State"),
               Say("说明", "Detail")),
        rows=rows, widths=(24, 20, 16, 40), sheet=Say("执行过程", "Timeline"),
    )


def _commands(story: Story) -> Iterator[Block]:
    """Yield what failed as a table, then every command by host; a workbook has one long table."""
    every = list(story.commands())
    failed = [_command(done) for done in every if done.said.get("code") != 0]
    yield Table(
        heads=_COMMAND, rows=failed, widths=(12, 12, 8, 38, 7, 23), wide=True,
        caption=Say("返回码不为 0 的命令", "Commands that did not end with 0"),
    )
    yield Table(
        heads=_COMMAND, rows=[_command(done) for done in every],
        widths=(12, 11, 7, 45, 5, 20), sheet=Say("操作命令", "Commands"), only_sheet=True,
    )
    by_host: dict[tuple[str, str], list[Command]] = {}
    for done in every:
        by_host.setdefault((done.host, done.operator), []).append(done)
    for (host, operator), commands in by_host.items():
        yield Listing("\n".join(map(_line, commands)), Say(
            f"{host}（操作人 {operator}，{len(commands)} 条；括号内为返回码）",
            f"{host} (operator {operator}, {len(commands)}; time UTC+8, exit code in brackets)",
        ))


_COMMAND = (
    Say("时间", "Time (UTC+8)"), Say("主机", "Host"), Say("操作人", "Operator"),
    Say("命令", "Command"), Say("返回码", "Exit code"), Say("输出", "Output"),
)


def _command(done: Command) -> list[Cell]:
    code = done.said.get("code", "")
    return [
        Cell(at(done.said.get("when", ""))), Cell(same(done.host)), Cell(same(done.operator)),
        Cell(same(done.said.get("command", ""))), Cell(same(code), "" if code == 0 else "bad"),
        Cell(_output(str(done.said.get("said", "")))),
    ]


def _line(done: Command) -> str:
    """Return a command as a line: when, exit code, words; what it said is indented below.

    So is what follows a newline: nothing a host says can look like another command.
    """
    said = _output(str(done.said.get("said", ""))).zh
    head = f"{at(done.said.get('when', '')).zh} ({done.said.get('code', '?')})"
    lines = [f"{head} {done.said.get('command', '')}", *([said] if said else [])]
    return "\n    ".join("\n".join(lines).split("\n"))


def _differences(story: Story) -> Table:
    rows = [
        [Cell(same(entry.subject)), Cell(kind), Cell(same(target)), Cell(said)]
        for entry in story.entries for kind, target, said in _differing(entry.data)
    ]
    return Table(
        heads=(Say("主机", "Host"), Say("类别", "Kind"), Say("对象", "Target"),
               Say("内容", "Content")),
        rows=rows, widths=(14, 14, 24, 48), sheet=Say("差异与提示", "Differences"),
    )


_NOW = Say("现在", "now")


def _sides(*sides: tuple[Say, str]) -> Say:
    told = [(name, in_words(text)) for name, text in sides]
    return Say("\n".join(f"{name.zh}：{said.zh}" for name, said in told),
               "\n".join(f"{name.en}: {said.en}" for name, said in told))


def _differing(data: Mapping[str, Any]) -> Iterator[tuple[Say, str, Say]]:
    """Given a line's data, yield what was not as planned, expected or left, and the notes."""
    for one in data.get("drift", ()):
        yield Say("与方案不一致", "drift"), one["target"], _sides(
            (Say("方案编制时", "planned"), one["planned"]), (_NOW, one["now"]),
        )
    for one in data.get("differences", ()):
        yield Say("与预期不一致", "difference"), one["target"], _sides(
            (Say("应为", "expected"), one["expected"]), (Say("实为", "found"), one["found"]),
        )
    for one in data.get("conflicts", ()):
        yield Say("变更后被修改", "conflict"), one["target"], _sides(
            (Say("变更前", "before"), one["before"]), (Say("变更后", "after"), one["after"]),
            (_NOW, one["now"]),
        )
    for note in data.get("notes", ()):
        said = Why(**note) if isinstance(note, Mapping) else Why("", str(note))  # older journals
        told = Why(said.code, said.words)
        yield Say("主机提示", "note"), said.about or "-", Say(chinese(told), said.words)


def _output(text: str) -> Say:
    """Given what a command said, return as much of it as a reader bears; the journal has all."""
    if len(text) <= _LONG:
        return same(text)
    cut = text[:_LONG]
    return Say(f"{cut}……（全文见 journal.jsonl）", f"{cut}... (all in journal.jsonl)")


def _scope(story: Story) -> Facts:
    plan = story.plan
    hosts = [s.id for s in plan.subjects if s.steps]
    created, expires = at(plan.created).zh, at(plan.expires).zh
    every = [step for _, step in story.steps()]
    rules = sorted({step.rule for step in every})
    worst = max((step.danger.level for step in every), key=list(DANGER).index, default="none")
    restarts = sorted({name for step in every for name in step.restarts})
    reboots = sorted({s.id for s, step in story.steps() if step.reboot})
    return Facts((
        (Say("变更原因", "Why"), Say(f"检查运行 {plan.source_run} 的不符合项整改（等级保护三级）",
                                 f"findings of run {plan.source_run}, level 3")),
        (Say("主机", "Hosts"), same(f"{len(hosts)}: {', '.join(hosts)}")),
        (Say("加固项", "Rules"), same(f"{len(rules)}: {', '.join(rules)}")),
        (Say("最高风险等级", "Highest danger"), DANGER[worst][0]),
        (Say("重载/重启的服务", "Restarts"), same(", ".join(restarts) or "-")),
        (Say("需重启主机方完全生效", "Effective after a reboot"), same(", ".join(reboots) or "-")),
        (Say("方案摘要值", "Digest"), same(story.digest)),
        (Say("方案有效期", "Valid"), same(f"{created} - {expires} (UTC+8)")),
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
        counted = story.counted(subject.id)
        verdicts = story.recheck(subject.id).values()
        passed = sum(verdict == "pass" for verdict in verdicts)
        rows.append([
            Cell(same(subject.id)), Cell(same(subject.address or "-")),
            Cell(same(len(subject.steps))), Cell(*came_of(story, subject.id)),
            Cell(same(f"{passed}/{len(subject.steps)}") if verdicts else
                 Say("未复测", "not re-checked")),
            Cell(Say("计入", "counted") if counted else Say("不计入", "not counted"),
                 "good" if counted else "warn"),
            Cell(story.reason(subject.id)),
        ])
    return Table(
        heads=(Say("主机", "Host"), Say("地址", "Address"), Say("项数", "Items"),
               Say("结果", "Result"), Say("复测通过", "Passed"), Say("台次", "Counts"),
               Say("说明", "Detail")),
        rows=rows, widths=(16, 15, 6, 15, 9, 9, 30), sheet=Say("实施结果", "Results"),
    )
