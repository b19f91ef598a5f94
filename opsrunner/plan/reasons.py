"""Why a subject is as the journal says: codes, and the one table that has their Chinese.

Who says something says it in English, under a stable code; papers translate the code and keep
the words beside it. A guard compares the table with every code that can be said: those of
``Why(...)`` in this package, and those of the engine on the host (``roles/change_linux/files``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from opsrunner.errors import InputError

REASONS = "reasons"  # the member of a line's data that holds them
ENGINE = {"refused", "blocked", "drift", "trouble", "note"}  # words of the engine that have codes


@dataclass(frozen=True, slots=True)
class Why:
    """A code, what was said (English), and what that is about: a file, a service, a check."""

    code: str
    words: str
    about: str = ""

    def __str__(self) -> str:
        """Return it as terminals and journals show it."""
        return f"{self.about}: {self.words}" if self.about else self.words


def text(reasons: Iterable[Why]) -> str:
    """Given reasons, return them in one line."""
    return "; ".join(map(str, reasons))


def as_data(*reasons: Why) -> dict[str, Any]:
    """Given reasons, return them as JSON for the data of a journal's line, {} without any."""
    return {REASONS: [asdict(why) for why in reasons]} if reasons else {}


_UNFIT = Why("unfit", "")  # what has no code of its own


def barred_by(error: InputError) -> tuple[Why, ...]:
    """Given why a plan may not be carried out now, return it as reasons."""
    return tuple(
        Why(one.code or _UNFIT.code, one.message, ": ".join(filter(None, (one.file, one.key))))
        for one in error.problems
    )


def reasons_of(reason: str, data: Mapping[str, Any]) -> tuple[Why, ...]:
    """Given a line's reason and data, return its reasons; one without a code if it has none."""
    if data.get(REASONS):
        return tuple(Why(**why) for why in data[REASONS])
    return (Why("", reason),) if reason else ()


def chinese(why: Why) -> str:
    """Given a reason, return it in Chinese, what was said behind it; as it is without a code."""
    if why.code not in CHINESE:
        return str(why)
    code = why.code.rpartition(".")[2]
    target = why.about.removeprefix(code).removeprefix(": ")  # terminals show the code before it
    about = f"{target}：" if target else ""
    words = f"（{why.words}）" if why.words else ""
    return f"{about}{CHINESE[why.code]}{words}"


CHINESE: Final[Mapping[str, str]] = {
    # carrying a plan out
    "silent": "执行程序未给出该主机的结果",
    "stopped": "执行中断",
    "impossible": "答复与记录的状态不符，按未知处理",
    "begun_for_certain": "该主机确已变更，却答复没有记录（可能已从备份恢复），按未知处理",
    "business_unasked": "业务检查无法进行，未作变更",
    "business_worse": "业务检查较变更前变差",
    "unconfirmed": "变更后未能确认",
    "undo_asked": "人工要求回退",
    "changed_since": "变更之后又被改动，回退时将保持现状",
    "undo_standing": "未能回退，变更仍然有效",
    "retry": "人工要求重试",
    # why nothing new begins
    "operator_stopped": "操作人员停止，其余主机未变更",
    "stopped_failures": "此前有主机失败，按设定停止，未变更",
    "stopped_worse": "此前有主机业务检查变差，停止后续批次，未变更",
    "standing": "此前有主机未能回退，停止后续批次，未变更",
    "not_its_turn": "首台主机或前一阶段尚未复测通过，未变更",
    "withdrawn": "批准已撤回，未变更",
    "expired": "方案已过有效期，未变更",
    "not_approved": "没有有效的批准，未变更",
    "no_role": "操作账户不具备相应职责，未变更",
    "clock_set": "执行期间系统时钟被调整，未变更",
    "moved": "主机地址或第二登录账户与方案不一致，未变更",
    "policies_changed": "方案编制后策略已变更，未变更",
    "unfit": "策略或清单文件有误，无法判断是否允许变更，未变更",
    "frozen": "处于变更冻结期，未变更",
    "no_window": "没有登记维护窗口，未变更",
    "outside_window": "不在维护窗口内，未变更",
    "holidays_unknown": "当年节假日未登记，无法判断是否在维护窗口内，未变更",
    "next_window": "下一可变更时间",
    # hardening
    "nothing_planned": "方案对该主机无变更",
    "second_login": "第二登录通道验证不通过，未作变更",
    "no_second_way": "变更可能切断登录，而该主机没有第二登录通道，方案中也未确认，未作变更",
    "unread": "无法读取主机现状，未作变更",
    "drifted": "方案编制后主机状态已变化，须重新编制方案",
    "recheck_unknown": "复测结果未知",
    "recheck_failed": "复测仍不符合",
    "recheck_undone": "复测不符合的主机按要求回退",
    "recheck_back": "已按要求回退，复测不符合",
    "recheck_waits": "复测仍不符合，待重启或人工处理",
    # backups
    "backup_shut": "备份仓库或数据库打不开",
    "backup_not_ready": "备份程序未安装或无法运行，未启动",
    "backup_overlap": "已有一次备份正在运行，未启动",
    "backup_failed": "备份失败",
    "backup_unheard": "备份结束情况未知",
    "backup_stays": "已做的备份不回退",
    # what an answer of a host comes to
    "no_answer": "主机未给出完整答复，结果未知",
    "invalid": "校验不通过，未生效",
    "changed": "变更后又被修改，未覆盖",
    "part_undone": "已按要求回退一部分，其余保留",
    "not_begun": "主机上没有此次变更的记录，未被变更",
    "host_says": "主机答复的状态",
    # the engine on the host: WORD.CODE
    "refused.action": "不支持的操作",
    "refused.unknown_transaction": "主机上没有此次变更的记录",
    "refused.snapshot": "快照未能保存，未作变更",
    "refused.not_armed": "定时回退未能启用，未作变更",
    "refused.state": "变更所处状态不允许此操作",
    "refused.not_as_left": "主机现状与变更结果不一致，定时回退继续生效",
    "refused.invalid": "只回退这一部分时配置校验不通过",
    "refused.unknown_target": "不在此次变更之列",
    "refused.home": "主机上的工作目录不可用",
    "refused.lock": "无法打开主机锁",
    "refused.busy": "主机锁被其他进程占用",
    "refused.unfinished": "主机上另有未完成的变更",
    "refused.known": "主机上已有同一编号的变更",
    "refused.format": "主机上的变更记录由其他版本写成",
    "blocked.link": "路径中有符号链接，拒绝变更",
    "blocked.read_only": "所在文件系统为只读，拒绝变更",
    "blocked.immutable": "设有不可修改（i）或只追加（a）属性，拒绝变更",
    "blocked.hard_link": "文件有其他硬链接，拒绝变更",
    "blocked.mount": "该路径上有挂载，拒绝变更",
    "blocked.locked": "账户文件正被他人修改，拒绝变更",
    "blocked.no_space": "磁盘空间不足，拒绝变更",
    "drift.file": "文件与预期不一致",
    "drift.attributes": "权限或属主与预期不一致",
    "drift.sysctl": "内核参数与预期不一致",
    "drift.enabled": "服务的开机启动状态与预期不一致",
    "drift.active": "服务的运行状态与预期不一致",
    "drift.account": "账户与预期不一致",
    "drift.snapshot": "快照与原文件不一致",
    "drift.staged": "待替换的文件与预期不一致",
    "trouble.not_effective": "未能生效",
    "trouble.damaged": "快照已损坏，无法恢复",
    "trouble.busy": "账户文件正被他人修改",
    "note.not_armed": "定时回退已不在启用状态",
    "note.service_fails": "内容已全部恢复，但有服务未能重新加载",
    "note.no_service": "主机上没有该服务",
    "note.not_running": "服务未运行，未重新加载",
    "note.locked": "内核审计规则已锁定，重启后生效",
    "note.was_invalid": "变更前该项校验即不通过",
}
