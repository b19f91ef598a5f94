"""The ledger as a paper: every week once, thirteen a table, gaps stay gaps."""

from __future__ import annotations

from opsrunner.activities.backup.papers.ledger import ledger_paper
from opsrunner.report.paper import Table
from tests.reports.backup_sample import FLOW, ITEM, PORTAL, ledger
from tests.unit.activities.backup.papers.reading import rows, section
from tests.unit.activities.backup.shop import ledger as empty


def weeks(name: str) -> list[str]:
    found = []
    for block in section(ledger_paper(ledger(), "x"), "周台账").blocks:
        assert isinstance(block, Table)
        assert len(block.heads) == 14
        found += next([c.text.zh for c in row[1:]] for row in block.rows if row[0].text.zh == name)
    return found


def test_every_week_stands_once_and_as_in_the_ledger() -> None:
    made = ledger()
    for row in made.rows:
        told = weeks(row.set.id)
        assert len(told) == 52
        assert [one for one in told if one.startswith("L")] == [
            cell.level.name for cell in row.cells if cell.level is not None]
    assert weeks(FLOW).count("缺") == 5
    assert weeks(ITEM).count("缺") == 0
    assert "L4" not in weeks(PORTAL)


def test_what_is_short_and_overdue_is_told() -> None:
    paper = ledger_paper(ledger(), "x")
    assert rows(paper, "备份集与达成情况")[PORTAL][5] == "0/41"
    assert rows(paper, "逾期与缺失")
    assert section(paper, "未采信的证据")


def test_a_ledger_of_few_weeks_has_few_columns() -> None:
    blocks = section(ledger_paper(empty([], weeks=3), "x"), "周台账").blocks
    assert [len(one.heads) for one in blocks if isinstance(one, Table)] == [4]
