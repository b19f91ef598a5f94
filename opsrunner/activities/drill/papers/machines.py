"""主机与系统执行内容: what a drill's plan says of machines; nothing for one at the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from opsrunner.activities.drill.papers.words import say
from opsrunner.activities.drill.planning import Drill
from opsrunner.report.labels import DANGERS
from opsrunner.report.paper import Cell, Paragraph, Say, Section, Table, Verdict, same

_NAMES: Final[Mapping[str, Say]] = {
    "primary": Say("主库主机", "primary"),
    "standby": Say("备库主机", "standby"),
    "primary_address": Say("主库地址", "address of the primary"),
    "standby_address": Say("备库地址", "address of the standby"),
    "address": Say("业务访问地址", "the applications' address"),
    "interface": Say("网卡", "interface"),
    "port": Say("端口", "port"),
    "replication": Say("复制账号", "replication account"),
    "probe": Say("探测账号", "the probe's account"),
    "user": Say("用户", "user"),
    "secret": Say("口令在密码库中的名称", "name of its password in the vault"),
    "database": Say("数据库", "database"),
    "table": Say("表", "table"),
    "ca_file": Say("CA 证书", "CA file"),
    "interval_ms": Say("探测间隔（毫秒）", "interval (ms)"),
    "timeout_ms": Say("探测时限（毫秒）", "time limit (ms)"),
    "max_lag": Say("复制延迟上限（秒）", "lag at most (s)"),
    "max_transaction": Say("事务时长上限（秒）", "transactions at most (s)"),
    "catch_up": Say("追平时限（秒）", "catching up at most (s)"),
    "step_timeout": Say("单步时限（秒）", "each step at most (s)"),
    "bypass": Say("不断开的账号", "accounts that are not cut off"),
    "backup_set": Say("备份集", "backup set"),
    "host": Say("恢复所在主机", "restored on"),
    "folder": Say("备份所在目录", "folder of the sets"),
    "scratch": Say("临时目录", "scratch folder"),
    "seconds": Say("时限（秒）", "at most (s)"),
}
_MARKS: Final[Mapping[str, Verdict]] = {"medium": "warn", "high": "bad"}
_BACK = (
    Say("（1）任一步骤失败或超过时限即停止，系统按该步骤自身的回退动作恢复，不继续后续步骤。",
        "(1) A step that fails or takes too long stops the drill; the step's own way back is "
        "taken, nothing after it is begun."),
    Say("（2）执行程序中断后，先以只读方式核实各主机状态，再由总指挥决定继续或回退；"
        "状态不明时不作任何变更。",
        "(2) After a break of the runner the hosts are asked how they stand, read-only; the "
        "commander decides to go on or back. Nothing is changed while that is unknown."),
    Say("（3）回退按“安全措施”所列条件由总指挥宣布，过程同样计入时间轴。",
        "(3) The way back is declared by the commander by the conditions under safety, and stands "
        "on the time line as well."),
)


def machines(drill: Drill) -> tuple[Section, ...]:
    """Given a drill, return its hosts and what machines do to them; () when they do nothing."""
    acted, hosts = _changes(drill), list(_hosts(drill))
    if not acted.rows and not hosts:
        return ()
    return (Section(Say("主机与系统执行内容", "Hosts, and what machines do"), sections=(
        *([Section(Say("主机、地址与参数", "Hosts, addresses, limits"), (_table(hosts),))]
          if hosts else []),
        Section(Say("系统执行的变更与风险", "What is changed, and the danger"), (acted,)),
        Section(Say("回退条件", "When to go back"), tuple(map(Paragraph, _BACK))),
    )),)


def _hosts(drill: Drill) -> Iterator[tuple[Say, str]]:
    """Yield name and value of the subjects' addresses and of all the scenario says of machines."""
    for subject in drill.plan.subjects:
        if subject.address:
            yield Say(f"{subject.id} 地址", f"address of {subject.id}"), subject.address
    said = drill.plan.options.get("scenario", {}).get("machines") or {}
    for part in said.values():
        if isinstance(part, Mapping):
            yield from _flat(part)


def _flat(part: Mapping[str, Any], above: Say | None = None) -> Iterator[tuple[Say, str]]:
    for key, value in part.items():
        name = _NAMES.get(key, same(key))
        if above:
            name = Say(f"{above.zh}：{name.zh}", f"{above.en}: {name.en}")
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list | tuple):
            yield name, "、".join(map(str, value))
        elif value not in (None, ""):
            yield name, str(value)


def _table(pairs: list[tuple[Say, str]]) -> Table:
    return Table(
        heads=(Say("项目", "Item"), Say("内容", "Content")),
        rows=[[Cell(name), Cell(same(value))] for name, value in pairs],
        widths=(36, 64), sheet=Say("主机", "Hosts"),
    )


def _changes(drill: Drill) -> Table:
    places = {step.id: number for number, step in enumerate(drill.scenario.steps, start=1)}
    rows = []
    for subject in drill.plan.subjects:
        for step in subject.steps:
            number = places.get(step.id, "-")
            if step.danger.level == "none" and not step.changes:
                continue
            first = [Cell(same(number)), Cell(say(step.title))]
            danger = DANGERS[step.danger.level]
            last = [Cell(Say(f"{danger.zh}：{step.danger.why.zh}",
                             f"{danger.en}: {step.danger.why.en}"),
                         _MARKS.get(step.danger.level, ""))]
            changes = [(one.target, one.before, one.after) for one in step.changes] or [
                (subject.id, "-", "-")]
            rows += [[*first, *(Cell(same(text)) for text in one), *last] for one in changes]
    return Table(
        heads=(Say("步骤", "Step"), Say("内容", "What"), Say("对象", "Target"),
               Say("变更前", "Before"), Say("变更后", "After"), Say("风险", "Danger")),
        rows=rows, widths=(6, 20, 20, 16, 16, 22), sheet=Say("系统变更", "Changes"),
        empty=Say("系统步骤只读取，不作变更。", "Machines only read."),
    )
