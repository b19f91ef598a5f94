"""备份恢复测试报告: the outline that experts expect, nothing measured or cleaned that was not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from opsrunner.activities.backup.papers.restore import restore_paper
from opsrunner.activities.backup.papers.tested import Besides, RestoreTest, outcomes_of
from opsrunner.policy.backup import Level
from opsrunner.report.papers import ready, write_papers
from tests.reports.backup_sample import (
    FILES,
    FLOW,
    ITEM,
    NOW,
    ORACLE,
    PORTAL,
    policy,
    restore_test,
    said,
)
from tests.reports.hostile import HOSTILE
from tests.unit.activities.backup.papers.reading import facts, rows

OUTLINE = ["目的、依据与范围", "测试对象与备份集", "测试环境", "测试步骤", "恢复结果", "RTO 与 RPO",
           "失败分析", "结论", "清理确认", "签字"]


def test_the_outline_stands_in_its_order_with_the_evidence() -> None:
    paper = restore_paper(restore_test())
    assert [one.title.zh for one in paper.sections] == OUTLINE
    assert [role.zh for role, _, _ in paper.signatures] == ["编制", "审核", "批准"]
    assert paper.versions
    names = [name.zh for name in paper.evidence]
    assert any(restore_test().run in name for name in names)
    assert f"{ITEM} comparison" in names
    assert all(len(sha) == 64 for sha in paper.evidence.values())


def test_what_was_restored_and_compared_is_counted() -> None:
    found = rows(restore_paper(restore_test()), "恢复结果")
    assert found[ITEM] == ["sx_item", "187", "23,911,204", "校验和一致，内容与清单一致",
                           "6.9 分钟", "L4", "L4 恢复内容与清单一致"]
    assert found[FLOW][3] == "校验和一致；未与清单核对内容"
    assert found[PORTAL][0] == "未恢复"


def test_what_a_record_does_not_say_is_not_recorded() -> None:
    bare = outcomes_of([said(ITEM, Level.L4, NOW).as_record()], policy())
    paper = restore_paper(replace(restore_test(), outcomes=bare))
    assert rows(paper, "恢复结果")[ITEM][1:3] == ["未记录", "未记录"]
    assert rows(paper, "清理确认")[ITEM][0] == "未记录"
    assert rows(paper, "RTO 与 RPO")[ITEM][1] == "未实测"
    assert facts(paper, "结论")["达到要求级别"] == "1"


def test_logs_and_their_gaps_are_told_where_somebody_looked() -> None:
    found = rows(restore_paper(restore_test()), "恢复结果", 1)
    assert set(found) == {ITEM, FLOW, FILES}
    assert found[ITEM][:3] == ["2026-11-20 02:02:11 至 2026-11-21 02:14:40", "无", "48211"]
    assert found[FLOW][1] == "mysql-bin.000412 is missing"
    assert found[FILES][-1] == "3/4"


def test_a_restore_that_was_not_timed_has_no_rto() -> None:
    found = rows(restore_paper(restore_test()), "RTO 与 RPO")
    assert found[ITEM][:4] == ["4 小时", "未实测", "1 天", "未实测"]  # 412 s of restoring
    assert found[FILES][1] == "21.8 分钟"
    assert found[FILES][3] == "11.5 小时"


def test_failures_tell_who_could_not_look_from_what_is_damaged() -> None:
    found = rows(restore_paper(restore_test()), "失败分析")
    assert set(found) == {FLOW, PORTAL, ORACLE}
    assert found[PORTAL][0].startswith("无法查验")
    assert found[PORTAL][1].startswith("无法连接（")
    assert found[FLOW][0] == "只证明到 L3 已恢复到临时环境，要求 L4"
    assert found[ORACLE][0] == "副本未通过任何级别"


def test_leftovers_are_said() -> None:
    found = rows(restore_paper(restore_test()), "清理确认")
    assert found[FLOW][0] == "未清理，须人工处理"
    assert found[ITEM][0] == "已清理并核实"
    assert found[ORACLE][0] == "未作恢复，无临时数据"


@pytest.mark.parametrize(("kept", "result"), [
    ([ITEM, FILES], "passed"), ([ITEM, PORTAL], "partly"), ([PORTAL], "failed"), ([FLOW], "failed"),
])
def test_the_result_is_that_of_its_sets(kept: list[str], result: str) -> None:
    some = [one for one in restore_test().outcomes if one.said.set_id in kept]
    assert replace(restore_test(), outcomes=some).result == result


def test_a_set_that_the_policy_has_no_more_is_told_all_the_same() -> None:
    gone = replace(said(ITEM, Level.L4, NOW), set_id="old/db/h/x").as_record()
    paper = restore_paper(replace(restore_test(), outcomes=outcomes_of([gone], policy())))
    assert rows(paper, "测试对象与备份集")["old/db/h/x"][0] == "（现行策略中已无此备份集）"


@pytest.mark.parametrize("tally", [
    {"seconds": "5"}, {"seconds": True}, {"seconds": -1}, {"rows": 1.5}, {"tables": -3},
    {"cleaned": "yes"}, {"on": 3}, {"scratch": None}, {"rto_seconds": []}, {"gaps": "x"},
    {"read": 3}, {"read": {"of": 4}}, {"sentinel": 7},
])
def test_what_is_no_such_value_is_not_said(tally: dict[str, object]) -> None:
    assert Besides.of(tally) == Besides()


def hostile() -> RestoreTest:
    bad = [
        replace(
            said(ITEM, None, NOW, reason=f"unreachable: {text[:4000]}", looked=False, copy=None),
            set_id=f"s{n} {text[:99]}",
        ).as_record()
        for n, text in enumerate(HOSTILE)
    ]
    return replace(restore_test(), outcomes=outcomes_of(bad, policy()))


def test_what_hosts_say_stays_text_in_every_format(tmp_path: Path) -> None:
    files = {path.suffix: path for path in write_papers(
        [restore_paper(hostile())], tmp_path, ready(), "zh")}
    page = files[".html"].read_text("utf-8")
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    book = openpyxl.load_workbook(files[".xlsx"])
    assert not [c for sheet in book for line in sheet.iter_rows() for c in line
                if c.data_type == "f" or c.hyperlink]
    assert files[".docx"].stat().st_size > 10_000
