"""备份恢复测试报告: what one run restored, how far it was proven, and what was left behind."""

from __future__ import annotations

from opsrunner.activities.backup.papers.restored import (
    environment,
    figures,
    logged,
    objects,
    results,
    steps,
)
from opsrunner.activities.backup.papers.tested import Outcome, RestoreTest
from opsrunner.activities.backup.papers.words import BASIS, level_of, signed, why
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

_AIM = Say(
    "通过实际恢复检验备份副本是否可用：恢复到与生产隔离的临时环境，与备份时刻的清单核对，完成后清理。"
    "只有恢复成功（L3 及以上）才算可恢复；作业成功、备份库可读不作为可恢复的依据。",
    "Whether backups can be had back, by restoring them: into a scratch place apart from "
    "production, compared with the manifest of the backup's own moment, cleaned up afterwards. "
    "Only what was restored (L3 and above) is recoverable.",
)
RESULTS: dict[str, tuple[Say, Verdict]] = {
    "passed": (Say("通过", "passed"), "good"),
    "partly": (Say("部分通过", "partly passed"), "warn"),
    "failed": (Say("不通过", "not passed"), "bad"),
}


def restore_paper(tested: RestoreTest) -> Paper:
    """Given a run of verifications, return 备份恢复测试报告."""
    date = day(tested.recorded.isoformat())
    return Paper(
        name="restore-test-report",
        title=Say("备份恢复测试报告", "Restore test report"),
        subtitle=_systems(tested),
        number=tested.run,
        date=date,
        facts=_facts(tested),
        signatures=signed(tested.operator, date),
        versions=(("1.0", date, tested.operator, Say("首次编制", "First version")),),
        evidence=_evidence(tested),
        digest=tested.head,
        digest_of=CHAIN_HEAD,
        sections=(
            Section(Say("目的、依据与范围", "Aim, basis and scope"),
                    (Paragraph(_AIM), *map(Paragraph, BASIS), _scope(tested))),
            Section(Say("测试对象与备份集", "Objects and backup sets"), (objects(tested),)),
            Section(Say("测试环境", "Environment"), environment(tested)),
            Section(Say("测试步骤", "Steps"), (steps(tested),)),
            Section(Say("恢复结果", "Results"), (results(tested), *logged(tested))),
            Section(Say("RTO 与 RPO", "RTO and RPO"), figures(tested)),
            Section(Say("失败分析", "Failures"), (_failures(tested),)),
            Section(Say("结论", "Conclusion"), _conclusion(tested)),
            Section(Say("清理确认", "Cleaning up"), (_cleaning(tested),)),
            Section(Say("签字", "Signatures"), (Signatures((
                (Say("测试人", "Tester"), tested.operator, ""),
                (Say("系统责任岗", "System owner"), "", ""),
                (Say("建设单位", "Customer"), "", ""),
            )),)),
        ),
    )


def _systems(tested: RestoreTest) -> Say:
    titles = list(dict.fromkeys(
        (one.set.system.title.zh, one.set.system.title.en) for one in tested.outcomes if one.set
    ))
    return Say("、".join(zh for zh, _ in titles[:4]) + ("等" if len(titles) > 4 else ""),  # noqa: PLR2004 - fits a cover
               ", ".join(en for _, en in titles[:4]) + (" and others" if len(titles) > 4 else ""))  # noqa: PLR2004 - as above


def _facts(tested: RestoreTest) -> tuple[tuple[Say, Say], ...]:
    said = [one.said for one in tested.outcomes]
    verdict, _ = RESULTS[tested.result]
    return (
        (Say("备份集数量", "Backup sets"), same(len(said))),
        (Say("开始", "Begun (UTC+8)"), same(clock(min((s.started for s in said), default="-")))),
        (Say("结束", "Ended (UTC+8)"), same(clock(max((s.ended for s in said), default="-")))),
        (Say("执行人", "Run by"), same(tested.operator)),
        (Say("测试结果", "Result"), verdict),
    )


def _scope(tested: RestoreTest) -> Facts:
    count = len(tested.outcomes)
    goals = Say("现行策略，测试之后未变更", "today's policy, not changed since")
    if tested.policy_sha256 != tested.policy.sha256:
        goals = Say("现行策略（测试之后有变更）", "today's policy (it was changed since)")
    return Facts((
        (Say("范围", "Scope"), Say(f"本次运行的 {count} 个备份集", f"{count} sets of this run")),
        (Say("测试时备份策略 SHA-256", "Policy then, SHA-256"), same(tested.policy_sha256)),
        (Say("RTO、RPO 目标取自", "Goals are of"), goals),
    ))


def _failures(tested: RestoreTest) -> Table:
    rows = [
        [Cell(same(one.said.set_id)), *_failure(one)]
        for one in tested.outcomes if not one.enough
    ]
    return Table(
        heads=(Say("备份集", "Backup set"), Say("情形", "What"),
               Say("程序原话", "In the program's words"), Say("处置要求", "What is to be done")),
        rows=rows, widths=(24, 22, 28, 26), sheet=Say("失败分析", "Failures"),
        empty=Say("各备份集均达到要求级别，无失败项。", "Every set reached what was wanted."),
    )


def _failure(one: Outcome) -> tuple[Cell, Cell, Cell]:
    said = one.said
    if not said.looked:
        return (
            Cell(Say("无法查验，不作判断，不计入台账", "nobody could look; counts for nothing"),
                 "warn"),
            Cell(why(said.reason)),
            Cell(Say("排除障碍后重新测试", "remove what was in the way, test again")),
        )
    if said.level is None:
        what = Say("副本未通过任何级别", "nothing was proven of the copy")
    else:
        what = Say(
            f"只证明到 {level_of(said.level).zh}，要求 {said.wanted}",
            f"only {level_of(said.level).en}; wanted {said.wanted}",
        )
    needs = Say(
        "核对其他副本与异地副本，查明原因后重新备份并测试；此前该副本不得作为恢复依据",
        "look at the other copies, find the cause, back up and test again; rely on this copy for "
        "nothing until then",
    ) if not (said.level and said.level.recoverable) else Say(
        "查明差异原因，按要求级别重新测试", "find what differs, test again to the level wanted",
    )
    return Cell(what, "bad"), Cell(why(said.reason)), Cell(needs)


def _conclusion(tested: RestoreTest) -> tuple[Paragraph | Facts, ...]:
    every = tested.outcomes
    recoverable = sum(one.said.level is not None and one.said.level >= Level.L3 for one in every)
    verdict, _ = RESULTS[tested.result]
    count = (
        (Say("备份集", "Backup sets"), same(len(every))),
        (Say("达到要求级别", "Reached what was wanted"), same(sum(one.enough for one in every))),
        (Say("可恢复（L3 及以上）", "Recoverable (L3 and above)"), same(recoverable)),
        (Say("未达到", "Did not reach it"),
         same(sum(one.said.looked and not one.enough for one in every))),
        (Say("无法查验", "Nobody could look"), same(sum(not one.said.looked for one in every))),
    )
    return (
        Paragraph(Say(f"测试结果：{verdict.zh}。", f"Result: {verdict.en}.")),
        Facts(count),
    )


def _cleaning(tested: RestoreTest) -> Table:
    rows = [
        [Cell(same(one.said.set_id)), *_cleaned(one)] for one in tested.outcomes
    ]
    return Table(
        heads=(Say("备份集", "Backup set"), Say("临时数据与进程", "Scratch data and processes"),
               Say("位置", "Where")),
        rows=rows, widths=(42, 34, 24), sheet=Say("清理确认", "Cleaning up"),
    )


def _cleaned(one: Outcome) -> tuple[Cell, Cell]:
    place = same(" ".join(part for part in (one.besides.on, one.besides.scratch) if part) or "-")
    if one.besides.cleaned is None:
        said = Say("未记录", "not recorded") if one.restored else Say(
            "未作恢复，无临时数据", "nothing was restored")
        return Cell(said, "warn" if one.restored else ""), Cell(place)
    if one.besides.cleaned:
        return Cell(Say("已清理并核实", "cleaned, and looked at"), "good"), Cell(place)
    return Cell(Say("未清理，须人工处理", "not cleaned: somebody must"), "bad"), Cell(place)


def _evidence(tested: RestoreTest) -> dict[Say, str]:
    run = f"{tested.run}"
    found = {Say(f"测试运行 {run}（证据链头）", f"test, run {run} (head)"): tested.head}
    for name, sha in tested.inputs.items():
        found[Say(f"备份策略 {name}", f"backup policy {name}")] = sha
    for one in tested.outcomes:
        for label, sha in one.said.blobs.items():
            found[same(f"{one.said.set_id} {label}")] = sha
    return found
