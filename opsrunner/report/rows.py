"""A finding as one line of cells, the same in CSV and XLSX."""

from __future__ import annotations

from dataclasses import dataclass

from opsrunner.models import Finding, Verdict
from opsrunner.report.document import Document, SubjectRow
from opsrunner.report.labels import (
    SEVERITIES,
    VERDICTS,
    WAIVED,
    WAIVER_FIELDS,
    Label,
    reason_label,
)
from opsrunner.report.text import NOTHING, as_text, visible


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head in both languages and its width in characters."""

    label: Label
    width: int


FINDING_COLUMNS = (
    Column(Label("主机", "Subject"), 18),
    Column(Label("平台", "Platform"), 11),
    Column(Label("结果", "Verdict"), 16),
    Column(Label("豁免", "Waived"), 14),
    Column(Label("严重程度", "Severity"), 15),
    Column(Label("规则", "Rule"), 26),
    Column(Label("目录编号", "Catalogue"), 13),
    Column(Label("检查项", "Title"), 36),
    Column(Label("检查项（英文）", "Title, English"), 36),
    Column(Label("条款", "Clauses"), 18),
    Column(Label("实际值", "Observed"), 32),
    Column(Label("期望值", "Expected"), 24),
    Column(Label("原因", "Reason"), 32),
    Column(Label("整改方法", "How to fix"), 40),
    Column(Label("证据 SHA-256", "Evidence"), 24),
)
VERDICT_COLUMN, SEVERITY_COLUMN = 2, 4


def finding_cells(document: Document, row: SubjectRow, finding: Finding) -> list[str]:
    """Given a finding and its subject, return its cells in the order of FINDING_COLUMNS."""
    rule = document.rules.get(finding.rule)
    return [
        visible(finding.subject),
        row.platform,
        str(VERDICTS[finding.verdict]),
        str(WAIVED) if finding.waived else "",
        str(SEVERITIES[finding.severity]),
        finding.rule,
        rule.catalogue if rule else "",
        rule.title.get("zh", "") if rule else "",
        rule.title.get("en", "") if rule else "",
        "\n".join(finding.clauses),
        observed_text(finding),
        as_text(finding.expected),
        visible(reason_label(finding.reason)),
        rule.remedy.get("zh", "") if rule else "",
        finding.evidence or "",
    ]


def observed_text(finding: Finding) -> str:
    """Given a finding, return what was observed, a dash where an unknown has nothing."""
    if finding.observed is None and finding.verdict is Verdict.UNKNOWN:
        return NOTHING
    return as_text(finding.observed)


def waiver_text(finding: Finding) -> str:
    """Given a finding, return its waiver on one line, empty if it has none."""
    return "; ".join(
        f"{WAIVER_FIELDS.get(key, key)}: {as_text(text)}"
        for key, text in (finding.waived or {}).items()
    )
