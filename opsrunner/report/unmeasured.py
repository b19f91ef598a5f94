"""Why a figure is not known, as papers say it: Chinese by its code, what was said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opsrunner.models import Unmeasured
from opsrunner.report.paper import Say


def unmeasured(found: Unmeasured) -> Say:
    """Given a figure that nobody knows, return why; as it was said when its code has no Chinese."""
    if found.code not in CHINESE:
        return Say(found.reason, found.reason)
    return Say(f"{CHINESE[found.code]}（{found.reason}）", found.reason)


CHINESE: Final[Mapping[str, str]] = {
    # the time line
    "declared_unmarked": "未登记应急启动时刻",
    "never_green": "未观察到业务探测恢复正常",
    "green_before_declared": "业务探测恢复正常早于应急启动，时刻矛盾",
    "incident_unmarked": "未登记事件发生时刻",
    "none_recovered": "恢复所得数据中未找到编号标记",
    "recovered_after_incident": "恢复所得最新标记晚于事件发生时刻，时刻矛盾",
    # the prober
    "watcher_died": "探测程序未正常结束",
    "watcher_stood": "探测程序自身停顿",
    "none_acknowledged": "全程没有一次应答",
    "not_again": "中断后未再收到应答",
    "too_little": "应答过少，无法测量",
}
