"""Papers of one host that says whatever a test wants."""

from __future__ import annotations

from collections.abc import Sequence

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

ROLES = ("编制", "审核", "批准")


def paper(*texts: str, blocks: Sequence[Block] = (), wide: bool = False) -> Paper:
    """Given texts, return a paper that shows each of them in every place a text can stand."""
    rows = [[Cell(same(text), "bad"), Cell(same(text))] for text in texts]
    table = Table(
        heads=(Say("甲", "First"), Say("乙", "Second")), rows=rows, widths=(1, 2),
        caption=Say("表题", "Caption"), sheet=Say("清单", "List"), wide=wide,
    )
    every: list[Block] = [table, Facts([(same("k"), same(text)) for text in texts])]
    every += [Paragraph(same(text)) for text in texts]
    every += [Listing(text, same("listing")) for text in texts]
    every += [Signatures([(same(text), text, "2026-03-02") for text in texts])] if texts else []
    first = texts[0] if texts else "x"
    return Paper(
        name="paper", title=Say("报告", "Report"), subtitle=same(first), number="N-1",
        date="2026-03-02", facts=[(Say("工单", "Order"), same(first))],
        sections=(
            Section(Say("第一节", "One"), [*every, *blocks], (Section(Say("小节", "Sub")),)),
            Section(Say("第二节", "Two"), (Paragraph(Say("正文", "Text")),)),
        ),
        signatures=[(Say(role, role), "", "") for role in ROLES],
        versions=(("1.0", "2026-03-02", "张三", Say("首次编制", "First version")),),
        evidence={same(first): "a" * 64}, digest="d" * 64,
    )
