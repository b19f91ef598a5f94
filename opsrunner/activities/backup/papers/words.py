"""Words that several papers of backups have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from opsrunner.activities.backup.record import Copy, Source
from opsrunner.policy.backup import BackupSet, Level
from opsrunner.report.backup.words import EVERY, LEVELS
from opsrunner.report.labels import REASONS, Label
from opsrunner.report.paper import Say, same
from opsrunner.schedule.duration import show_duration

NOT_RECORDED = Say("未记录", "not recorded")
SOURCES: Final[Mapping[Source, Say]] = {
    "local": Say("本地副本", "local copy"), "offsite": Say("异地副本", "off-site copy"),
}
BASIS: Final = (
    Say("（1）GB/T 22239-2019 第三级 8.1.4.9 数据备份恢复：应提供重要数据的本地数据备份与恢复功能，"
        "应提供异地实时备份功能。",
        "(1) GB/T 22239-2019 level 3, 8.1.4.9: backup and recovery, at hand and elsewhere."),
    Say("（2）运维合同：每日自动备份、每周检查备份作业与可恢复性、定期恢复测试。",
        "(2) The contract: daily backups, a weekly inspection, regular restore tests."),
)
_LENGTHS: Final = {"m": "分钟", "h": "小时", "d": "天"}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def signed(author: str, date: str) -> tuple[tuple[Say, str, str], ...]:
    """Given who made a paper and its day, return who signs its cover."""
    return (
        (Say("编制", "Prepared"), author, date),
        (Say("审核", "Reviewed"), "", ""),
        (Say("批准", "Approved"), "", ""),
    )


def say(label: Label) -> Say:
    """Given a label of the reports, return it as a text of a paper."""
    return Say(label.zh, label.en)


def level_of(level: Level | None) -> Say:
    """Given a level, return its name and what it means; None: nothing was proven."""
    if level is None:
        return Say("未证明", "nothing proven")
    return Say(f"{level.name} {LEVELS[level].zh}", f"{level.name} {LEVELS[level].en}")


def every(cadence: str) -> Say:
    """Given a cadence as a policy has it, return it in words."""
    zh = EVERY.get(cadence, cadence.replace("every", "每").replace("days", "天"))
    return Say(zh, cadence)


def content(one: BackupSet) -> Say:
    """Given a backup set, return what is in it."""
    named = "、".join(one.content)
    if one.backup.databases:
        return Say(f"数据库实例 {named}", f"database instance {named}")
    return Say(f"文件 {named}", f"files {named}")


def copied(copy: Copy | None, one: BackupSet | None) -> Say:
    """Given a copy, return when it was made by the clock of its policy; a day alone says so."""
    if copy is None:
        return Say("无副本", "no copy")
    latest = copy.latest.astimezone(one.zone) if one else copy.latest
    if copy.earliest != copy.latest:
        return Say(f"{latest:%Y-%m-%d}（时刻不详）", f"{latest:%Y-%m-%d} (at an unknown hour)")
    return same(f"{latest:%Y-%m-%d %H:%M}")


def size_of(number: int | None) -> Say:
    """Given bytes, return them in a unit that people read; None: the tool does not say."""
    if number is None:
        return Say("未记录", "not recorded")
    shown, unit = float(number), _UNITS[0]
    for unit in _UNITS:
        if shown < _STEP or unit == _UNITS[-1]:
            break
        shown /= _STEP
    return same(f"{number} B" if unit == "B" else f"{shown:.1f} {unit}")


def length(seconds: float) -> Say:
    """Given a length of time, return it in units that people read, never rounded to nothing."""
    if seconds < 2 * _MINUTE:
        return Say(f"{seconds:.1f} 秒", f"{seconds:.1f} s")
    if seconds < 2 * _HOUR:
        return Say(f"{seconds / _MINUTE:.1f} 分钟", f"{seconds / _MINUTE:.1f} min")
    if seconds < 2 * _DAY:
        return Say(f"{seconds / _HOUR:.1f} 小时", f"{seconds / _HOUR:.1f} h")
    return Say(f"{seconds / _DAY:.1f} 天", f"{seconds / _DAY:.1f} days")


def span(duration: timedelta) -> Say:
    """Given a length of time of a policy, return it in words."""
    short = show_duration(duration)
    return Say(f"{short[:-1]} {_LENGTHS[short[-1]]}", short)


def why(reason: str | None) -> Say:
    """Given a reason as it is on record, return it; its code in Chinese, the words beside it."""
    if not reason:
        return same("-")
    code, _, detail = reason.partition(": ")
    if code not in REASONS:
        return same(reason)
    label = REASONS[code]
    return Say(
        f"{label.zh}（{detail}）" if detail else label.zh,
        f"{label.en}: {detail}" if detail else label.en,
    )
