"""Words that several papers of hardening share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opsrunner.activities.harden.papers.story import Story
from opsrunner.plan.models import LeftOut, Plan, Step, SubjectPlan, Words
from opsrunner.plan.states import State
from opsrunner.report.clock import clock
from opsrunner.report.paper import Cell, Say, Section, Table, Verdict, same

DANGER: Mapping[str, tuple[Say, Verdict]] = {
    "none": (Say("无", "none"), "muted"),
    "low": (Say("低", "low"), "good"),
    "medium": (Say("中", "medium"), "warn"),
    "high": (Say("高", "high"), "bad"),
}
LEFT: Mapping[str, Say] = {
    "waived": Say("已豁免（风险接受）", "waived (risk accepted)"),
    "danger": Say("高风险未确认", "high danger, not acknowledged"),
    "no_second_way": Say("无第二登录通道", "no second way in"),
    "no_remedy": Say("无自动补救", "no automatic remedy"),
    "by_hand": Say("须人工处理", "by hand"),
    "precondition": Say("前提不满足", "a precondition is not met"),
    "unknown": Say("未知", "unknown"),
    "nothing_to_do": Say("设置已有，仍不符合", "set already, still failing"),
}
BASIS = (
    Say("GB/T 22239-2019 信息安全技术 网络安全等级保护基本要求（第三级，8.1.4 安全计算环境）",
        "GB/T 22239-2019, level 3, clause 8.1.4, secure computing environment"),
    Say("GB/T 28448-2019 信息安全技术 网络安全等级保护测评要求",
        "GB/T 28448-2019, evaluation requirements"),
)
ROLLBACK = (
    Say("变更前在主机本地对将要变更的文件、权限、属主、扩展属性、SELinux 标签、"
        "服务与内核参数逐项做快照。",
        "Before anything changes, the host itself takes a snapshot of exactly what will change: "
        "content, mode, owner, extended attributes, SELinux label, services, kernel parameters."),
    Say("快照后在主机上启用定时回退：到时未被新的登录确认，或主机在此期间重启，"
        "则由主机自行恢复，不依赖控制端。",
        "A timed undo is then armed on the host: unless a fresh login confirms in time, or when "
        "the host reboots meanwhile, the host restores itself without the controller."),
    Say("配置文件先校验后替换；校验不通过的文件不会生效。先在一台主机上验证，再分批执行，失败即停。",
        "Files are validated before they replace anything. One host goes first, then batches; a "
        "failure stops the rest."),
    Say("执行完成后仍可按运行编号整体或按条目回退；文件在此之后被他人修改的，拒绝覆盖并列出三个版本。",
        "Afterwards a run can be taken back whole or by rule; what somebody changed since is "
        "refused, with the three versions shown."),
)

PROCEDURE = (
    Say("一、执行前：核对方案摘要值与审批、维护窗口与冻结期；重新读取主机，与方案不一致的主机拒绝执行；"
        "声明了第二登录通道的，先验证其可用，未声明又未确认的不做可能切断登录的变更；"
        "执行业务检查并记录结果，无法执行的主机不变更。",
        "1. Before: digest, approval, window and freezes are checked; each host is read again and "
        "refused where it is not as planned; a declared second way in is proven, and what could "
        "cut access is not done without one unless that was acknowledged; business checks are "
        "asked and recorded, and a host where they cannot be asked is left alone."),
    Say("二、执行：先一台，后分批；每台主机加锁、快照、启用定时回退、暂存并校验、替换、重新加载服务。",
        "2. Carrying out: one host first, then batches; each is locked, its snapshot kept, the "
        "timed undo armed, files staged and validated, put in place, services reloaded."),
    Say("三、确认：在定时回退仍有效时再次执行业务检查，结果变差的立即回退并停止后续批次；"
        "以全新登录确认后才解除定时回退。",
        "3. Confirming: business is asked again while the timed undo is armed; where it is worse "
        "the host goes back and the batch stops; only a fresh login disarms the undo."),
    Say("四、复测：按原规则重新检查，全部通过的主机才计入台次；结果不明的记为“未知”，不计入。",
        "4. Re-check: the same rules judge again; only a host that passes counts, and what is not "
        "known is called unknown and does not count."),
)

@dataclass(frozen=True, slots=True)
class PlanWords:
    """What a plan's paper calls things: its title, its steps and what is left out, in Chinese.

    The paragraphs are what it rests on, how it is taken back, how it is carried out. ``nothing``
    is why something is left out that is there already.
    """

    title: Say
    items: str
    left_out: str
    basis: Sequence[Say]
    rollback: Sequence[Say]
    procedure: Sequence[Say]
    nothing: Say = LEFT["nothing_to_do"]


HARDENING = PlanWords(
    Say("安全加固方案", "Hardening plan"), "加固项", "未加固项", BASIS, ROLLBACK, PROCEDURE,
)
_MANY = 3  # hosts that are named even when they are all


def at(moment: str) -> Say:
    """Given a time as journals and plans write it (UTC), return it as people read it."""
    return same(clock(moment))


def signer(name: str) -> str:
    """Given who would sign, return the name to print beside the line; nobody leaves it empty."""
    return "" if name == "-" else name


def cover(author: str, date: str) -> tuple[tuple[Say, str, str], ...]:
    """Given who prepared a paper and when, return the three lines that its cover is signed on."""
    return (
        (Say("编制", "Prepared"), signer(author), date),
        (Say("审核", "Reviewed"), "", ""),
        (Say("批准", "Approved"), "", ""),
    )


def say(words: Words) -> Say:
    """Given words of a plan, return them as a text of a paper."""
    return Say(words.zh, words.en)


def names(hosts: Sequence[str], everyone: int) -> Say:
    """Given hosts and how many there are, return them as a reader takes them in."""
    if len(hosts) == everyone and everyone > _MANY:
        return Say(f"全部 {everyone} 台", f"all {everyone}")
    listed = ", ".join(hosts)
    return Say(f"{len(hosts)} 台：{listed}", f"{len(hosts)}: {listed}") if len(hosts) > 1 else (
        same(listed))


def for_hosts(
    rows: Iterable[tuple[str, tuple[Cell, ...]]], everyone: int,
) -> list[list[Cell]]:
    """Given rows, each with its host, return each different row once, its hosts in a last cell."""
    found: dict[tuple[Cell, ...], dict[str, None]] = {}
    for host, cells in rows:
        found.setdefault(cells, {})[host] = None
    return [[*cells, Cell(names(list(hosts), everyone))] for cells, hosts in found.items()]


def steps(plan: Plan) -> Iterator[tuple[SubjectPlan, Step]]:
    """Given a plan, yield every step with its subject."""
    for subject in plan.subjects:
        for step in subject.steps:
            yield subject, step


def left_out(plan: Plan, words: PlanWords = HARDENING) -> Section:
    """Given a plan and its words, return the section on what is not done and why."""
    rows = for_hosts((
        (subject.id, (Cell(same(entry.rule)), Cell(say(entry.title)),
                      Cell(_why(entry, words), _mark(entry)), Cell(say(entry.detail))))
        for subject in plan.subjects for entry in subject.left_out
    ), len(plan.subjects))
    table = Table(
        heads=(Say("规则", "Rule"), Say("项目", "Title"), Say("原因", "Reason"),
               Say("说明", "Detail"), Say("主机", "Hosts")),
        rows=rows,
        widths=(18, 24, 12, 26, 20),
        sheet=Say(words.left_out, "Not done"),
    )
    return Section(Say(f"{words.left_out}及原因", "What is not done, and why"), (table,))


def _why(entry: LeftOut, words: PlanWords) -> Say:
    return words.nothing if entry.reason == "nothing_to_do" else LEFT[entry.reason]


def _mark(entry: LeftOut) -> Verdict:
    return "bad" if entry.reason == "unknown" else "muted"


STATES: Mapping[State, tuple[Say, Verdict]] = {
    State.PLANNED: (Say("未执行", "not begun"), "muted"),
    State.BEGINNING: (Say("开始", "beginning"), "warn"),
    State.BEGUN: (Say("已变更，待确认", "applied, not confirmed"), "warn"),
    State.CONFIRMING: (Say("确认中", "confirming"), "warn"),
    State.CONFIRMED: (Say("已确认，未复测", "confirmed, not re-checked"), "warn"),
    State.VERIFIED: (Say("完成，复测通过", "done, re-check passed"), "good"),
    State.UNDOING: (Say("回退中", "undoing"), "warn"),
    State.UNDONE: (Say("已回退", "taken back"), "warn"),
    State.REFUSED: (Say("拒绝，未变更", "refused, untouched"), "warn"),
    State.FAILED: (Say("失败", "failed"), "bad"),
    State.UNKNOWN: (Say("未知", "unknown"), "bad"),
}
PARTLY: tuple[Say, Verdict] = (
    Say("已实施，部分项复测未通过", "applied, not every rule passes yet"), "warn",
)
WORKS: Mapping[object, tuple[Say, Verdict]] = {
    True: (Say("正常", "works"), "good"),
    False: (Say("异常", "fails"), "bad"),
    None: (Say("无法检查", "could not be asked"), "bad"),
}
VERDICTS: Mapping[str, tuple[Say, Verdict]] = {
    "pass": (Say("符合", "pass"), "good"),
    "fail": (Say("不符合", "fail"), "bad"),
    "unknown": (Say("未知", "unknown"), "bad"),
    "not_applicable": (Say("不适用", "not applicable"), "muted"),
    "manual": (Say("人工", "manual"), "warn"),
}


def order(plan: Plan) -> tuple[tuple[Say, Say], ...]:
    """Given a plan, return what it is done for: on the front of every paper."""
    return (
        (Say("工单", "Work order"), same(plan.ticket or "-")),
        (Say("保障时期", "Special period"), same(plan.period or "-")),
        *(((Say("紧急变更原因", "Emergency"), same(plan.emergency)),) if plan.emergency else ()),
        *_without_second_way(plan),
    )


def _without_second_way(plan: Plan) -> Iterator[tuple[Say, Say]]:
    """Yield why hosts without a second way in are changed all the same, each reason once."""
    found: dict[str, list[str]] = {}
    for subject in plan.subjects:
        if subject.without_second_way:
            found.setdefault(subject.without_second_way, []).append(subject.id)
    for why, hosts in found.items():
        meant = names(hosts, len(plan.subjects))
        yield (Say("无第二登录通道，已确认", "No second way in, acknowledged"),
               Say(f"{why}（{meant.zh}）", f"{why} ({meant.en})"))


def came_of(story: Story, host: str, step: Step | None = None) -> tuple[Say, Verdict]:
    """Given a host and perhaps a step of it, return what came of it, and how that is coloured.

    "Re-check passed" is said only where it did: of the step's rule, of all rules of the host.
    """
    state = story.ended(host, step) if step else story.states.get(host, State.PLANNED)
    verdict = story.recheck(host).get(step.rule, "unknown") if step else ""
    passed = verdict in _PASSED if step else story.counted(host)
    if state is not State.VERIFIED or passed:
        return STATES[state]
    if step:
        said = VERDICTS[verdict][0]
        return Say(f"已实施，复测{said.zh}", f"applied, re-check: {said.en}"), "warn"
    return PARTLY


_PASSED = ("pass", "not_applicable")


_RUNS: Mapping[str, Say] = {
    "check": Say("加固前检查", "check before"), "approve": Say("审批", "approval"),
    "re-check": Say("复测", "re-check"), "harden": Say("实施", "hardening"),
}


def evidence(story: Story) -> dict[Say, str]:
    """Given what was carried out, return what the papers rest on, with its SHA-256."""
    folder = f"plans/{story.plan.id}"
    rests_on = {Say(f"方案 {folder}/plan.json", f"plan {folder}/plan.json"): story.digest}
    if story.entries:
        last = Say(f"执行日志 {folder}/journal.jsonl（末行哈希）",
                   f"journal {folder}/journal.jsonl (hash of its last line)")
        rests_on[last] = story.entries[-1].hash
    for one in story.approvals:
        if one.scan_sha256:
            rests_on[Say(f"{one.name} 签字扫描件", f"scan signed by {one.name}")] = one.scan_sha256
    for run, head in story.heads.items():
        name, _, kind = run.partition(" ")
        what = _RUNS.get(kind, same(kind))
        rests_on[Say(f"{what.zh}运行 {name}（证据链头）", f"{what.en}, run {name} (head)")] = head
    return rests_on
