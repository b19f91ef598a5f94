"""每周备份巡检记录: each set once, anomalies in Chinese, a missed week says that it is missed."""

from __future__ import annotations

from opsrunner.activities.backup.inspection import State, inspect
from opsrunner.activities.backup.papers.inspection import inspection_paper
from tests.reports.backup_sample import (
    FILES,
    FLOW,
    ITEM,
    NOW,
    ORACLE,
    PORTAL,
    inspection,
    policy,
)
from tests.unit.activities.backup.papers.reading import facts, rows, section


def test_every_set_has_one_row_and_its_anomalies_are_told() -> None:
    paper = inspection_paper(inspection(), "张建国", {})
    found = rows(paper, "巡检明细")
    assert set(found) == {ITEM, FLOW, FILES, PORTAL, ORACLE}
    assert [found[name][-1] for name in (ITEM, FLOW, FILES, PORTAL, ORACLE)] == [
        "正常", "异常", "缺失", "异常", "异常"]
    assert found[ITEM][3] == "校验通过"
    assert found[FLOW][3] == "不合格"
    assert found[ORACLE][3] == "仅有作业结果，未读取副本"
    assert found[FILES][3] == "未查验"
    told = [row[2].text.zh for block in section(paper, "异常与处置").blocks for row in block.rows]  # type: ignore[union-attr]
    assert "作业或校验不合格：damaged since it was written" in told
    assert "最新副本较上一份缩小（%）：67" in told
    assert "未达到要求级别：L0 < L3" in told
    assert "本周无经核验的记录" in told
    assert paper.facts[-1][1].zh == "有备份集本周未巡检（缺失）"


def test_a_week_without_any_record_is_missed_and_says_so() -> None:
    made = inspect(policy(), [], "2026-W45", NOW)
    paper = inspection_paper(made, "张建国", {})
    assert facts(paper, "总览")["缺失"] == "5"
    assert {name.zh: value.zh for name, value in paper.facts}["巡检人"] == "本周无巡检记录"
    assert len(made.of(State.MISSED)) == 5


def test_a_week_that_is_not_over_is_an_interim_record() -> None:
    paper = inspection_paper(inspect(policy(), [], "2026-W47", NOW), "张建国", {})
    assert paper.facts[-1][1].zh == "本周尚未结束，为中间记录"


def test_refused_evidence_is_named_and_is_never_well() -> None:
    made = inspect(policy(), [], "2026-W47", NOW, refused=["run x: blob was changed"])
    paper = inspection_paper(made, "张建国", {})
    assert section(paper, "未采信的证据").blocks
    assert paper.facts[-1][1].zh == "有备份集无法查验或证据未采信"
