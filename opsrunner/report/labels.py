"""What report readers see, in both languages. Words of level assessment (等级测评) come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opsrunner.models import ClauseVerdict, Reason, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Label:
    """One term in Chinese and English, with the sign that stands for it beside its colour."""

    zh: str
    en: str
    sign: str = ""
    color: str = ""  # RRGGBB of text and bars, for formats that have no style sheet

    def __str__(self) -> str:
        """Return both languages, Chinese first, for formats that cannot switch."""
        return f"{self.zh} {self.en}"

    def as_json(self) -> dict[str, str]:
        """Return the two languages for the browser."""
        return {"zh": self.zh, "en": self.en, "sign": self.sign}


VERDICTS: Final[Mapping[Verdict, Label]] = {
    Verdict.FAIL: Label("不合格", "Fail", "✕", "B3362B"),
    Verdict.UNKNOWN: Label("未知", "Unknown", "?", "5D50AD"),
    Verdict.MANUAL: Label("待人工", "Manual", "✎", "2F6DB5"),
    Verdict.PASS: Label("合格", "Pass", "✓", "2B7A4B"),
    Verdict.NOT_APPLICABLE: Label("不适用", "Not applicable", "–", "6B7785"),
}
WAIVED: Final = Label("已豁免", "Waived", "⚑", "0D7680")

SEVERITIES: Final[Mapping[Severity, Label]] = {
    Severity.CRITICAL: Label("高风险", "Critical", "‼", "8E1B1B"),
    Severity.HIGH: Label("高", "High", "▲", "C2461E"),
    Severity.MEDIUM: Label("中", "Medium", "◆", "B07A0A"),
    Severity.LOW: Label("低", "Low", "▽", "5B7083"),
}

CLAUSE_VERDICTS: Final[Mapping[ClauseVerdict, Label]] = {
    ClauseVerdict.COMPLIANT: Label("符合", "Compliant", "✓", "2B7A4B"),
    ClauseVerdict.PARTIAL: Label("部分符合", "Partial", "◐", "B07A0A"),
    ClauseVerdict.NON_COMPLIANT: Label("不符合", "Non-compliant", "✕", "B3362B"),
    ClauseVerdict.NOT_APPLICABLE: Label("不适用", "Not applicable", "–", "6B7785"),
    ClauseVerdict.UNKNOWN: Label("未知", "Unknown", "?", "5D50AD"),
}

REASONS: Final[Mapping[str, Label]] = {
    Reason.UNREACHABLE: Label("无法连接", "Unreachable"),
    Reason.DENIED: Label("权限不足", "Denied"),
    Reason.TIMEOUT: Label("超时", "Timed out"),
    Reason.TRUNCATED: Label("输出被截断", "Truncated"),
    Reason.MISSING_TOOL: Label("缺少工具", "Missing tool"),
    Reason.UNPARSABLE: Label("无法解析", "Unparsable"),
    Reason.NOT_COLLECTED: Label("未采集", "Not collected"),
    Reason.PROBE_FAILED: Label("探针出错", "Probe failed"),
    Reason.RULE_CRASHED: Label("规则出错", "Rule crashed"),
    Reason.INTERRUPTED: Label("检查中断", "Interrupted"),
}

COVERAGE: Final[Mapping[str, Label]] = {
    "auto": Label("自动判定", "Automatic"),
    "part": Label("部分自动", "Partly automatic"),
    "evidence": Label("需提供证据", "Evidence only"),
}

DANGERS: Final[Mapping[str, Label]] = {
    "none": Label("无", "None"),
    "low": Label("低", "Low"),
    "medium": Label("中", "Medium"),
    "high": Label("高", "High"),
}

STATUSES: Final[Mapping[str, Label]] = {
    "running": Label("进行中", "Running"),
    "finished": Label("已完成", "Finished"),
    "interrupted": Label("已中断", "Interrupted"),
    "failed": Label("失败", "Failed"),
}

# The ledger fields that help a reader place a host; the others belong into the ledgers.
HOST_FIELDS: Final[dict[str, Label]] = {
    "address": Label("地址", "Address"),
    "system": Label("业务系统", "System"),
    "owner": Label("责任岗位", "Owner"),
    "location": Label("位置", "Location"),
    "purpose": Label("用途", "Purpose"),
}

WAIVER_FIELDS: Final[dict[str, Label]] = {
    "reason": Label("理由", "Reason"),
    "owner": Label("责任岗位", "Owner"),
    "compensating": Label("补偿措施", "Compensating measure"),
    "approved": Label("批准日期", "Approved"),
    "expires": Label("到期日期", "Expires"),
}


def reason_label(reason: str | None) -> str:
    """Given a finding's or subject's reason, return it with its code in both languages."""
    if not reason:
        return ""
    code, _, detail = reason.partition(": ")
    return " · ".join(part for part in (str(REASONS.get(code, code)), detail) if part)
