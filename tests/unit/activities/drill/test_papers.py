"""A drill's papers: the outline that experts expect, nothing measured that was not."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.activities.drill.papers.plan import plan_paper
from opsrunner.activities.drill.papers.report import bars, report_paper
from opsrunner.activities.drill.planning import Drill, drill_of
from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.errors import InputError
from opsrunner.plan.models import Change, Danger, Words
from opsrunner.report.paper import Cell, Paper, Picture, Table, numbered
from opsrunner.report.papers import ready, write_papers
from opsrunner.sources.watcher.accounting import account
from opsrunner.sources.watcher.lines import parse
from tests.unit.activities.drill.held import POLICIES, drill, events, people, story, watch

NAMES = {key: person.name for key, person in people().people.items()}
OUTLINE = ["目的与依据", "场景与形式", "组织与人员", "前提与安全措施", "时间轴", "处置步骤与证据",
           "RTO 与 RPO", "评估", "问题与改进", "结论", "签字"]


def cells(paper: Paper, title: str) -> list[str]:
    """Return the Chinese text of every cell of the section's tables."""
    section = next(s for _, s in numbered(paper.sections) if s.title.zh == title)
    tables = [block for block in section.blocks if isinstance(block, Table)]
    rows: list[Cell] = [cell for table in tables for row in table.rows for cell in row]
    return [cell.text.zh for cell in rows]


def test_the_report_has_the_outline_in_its_order() -> None:
    paper = report_paper(story())
    assert [section.title.zh for section in paper.sections] == OUTLINE
    evidence = {name.en: sha for name, sha in paper.evidence.items()}
    assert evidence["plan plans/drill-20261121-3fa9c1/plan.json"] == "d" * 64
    assert evidence["drill, run 20261121T011200Z-7f3a (head)"] == "a" * 64
    assert "业务验证清单补充附件下载与打印" in cells(paper, "问题与改进")
    assert "跳过" in cells(paper, "处置步骤与证据")


@pytest.mark.parametrize("name", sorted(load_scenarios(POLICIES)))
def test_every_scenario_makes_both_papers(name: str) -> None:
    held = drill(name)
    plan = plan_paper(held, "d" * 64, NAMES)
    assert len(plan.sections) == 8
    report = report_paper(story(drill=held, events=events(held)))
    assert len(cells(report, "时间明细")) == 9 * len(held.scenario.steps)


def test_a_table_measures_no_recovery_whatever_was_marked() -> None:
    held = drill()
    lines = events(held, marks=[("incident", 0), ("declared", 1), ("recovered", 2), ("green", 9)])
    said = cells(report_paper(story(events=lines)), "RTO 与 RPO")
    assert sum(text.startswith("未实测") for text in said) == 2
    assert not any("秒" in text for text in said)


def test_planned_and_actual_stand_side_by_side() -> None:
    found = bars(story())
    assert found[0].planned == (0.0, 300.0)
    assert found[0].actual is not None
    assert found[0].actual[1] == pytest.approx(420.0)
    assert [one.good for one in found].count(False) == 1
    cut = story(events=[e for e in story().events if e.step != "close"])
    assert bars(cut)[-1].actual is None
    assert "未进行" in cells(report_paper(cut), "处置步骤与证据")


def test_the_probe_is_told_with_its_resolution_or_why_there_is_no_figure() -> None:
    def told(paper: Paper) -> str:
        section = next(s for _, s in numbered(paper.sections) if s.title.zh == "业务探测")
        return str(section.blocks[0])

    assert "最长中断 3.8 秒，分辨率 1.2 秒" in told(report_paper(story(watch=watch())))
    died = replace(watch(), ended=None)
    assert "中断时长未测得：探测程序未正常结束" in told(report_paper(story(watch=died)))


def test_the_outage_and_every_row_are_accounted_for() -> None:
    seen = watch()
    rows = {"db1": account(seen.attempts, range(1, 50)), "db2": "access denied"}
    section = next(
        s for _, s in numbered(report_paper(story(watch=seen, rows=rows)).sections)
        if s.title.zh == "业务探测"
    )
    outage, accounted = (block for block in section.blocks if isinstance(block, Table))
    (row,) = outage.rows
    assert [cell.text.zh for cell in row][1:5] == [
        "09:12:03.804", "09:12:07.608", "3.8 秒", "1.2 秒"]
    whole, unread = accounted.rows
    assert [cell.text.zh for cell in whole][1:3] == ["46", "0"]
    assert unread[-1].text.zh == "未能读取：access denied"
    assert unread[-1].mark == "bad"


def test_a_lost_row_and_a_return_of_the_former_server_are_told() -> None:
    seen = watch()
    back = replace(seen, attempts=(
        *(replace(one, by="db2" if 20 < one.n < 40 else one.by) for one in seen.attempts),))
    rows = {"db2": account(back.attempts, [1, 2])}
    text = str(report_paper(story(watch=back, rows=rows)))
    assert "db1 在 db2 应答之后又应答" in text
    assert "不完整" in text
    assert "未发现" in str(report_paper(story(watch=seen)))


def test_a_recorded_watch_is_told() -> None:
    seen = parse((Path(__file__).parent / "watch.jsonl").read_bytes(), "watch.jsonl")
    text = str(report_paper(story(watch=seen)))
    assert "最长中断 2.9 秒，分辨率 1.2 秒" in text
    assert "共 69 次" in text
    assert "lab-debian12-1:3306 #1（" in text
    assert "user=" not in text


def test_every_format_is_written_with_its_pictures(tmp_path: Path) -> None:
    paper = report_paper(story(watch=watch()))
    drawn = [b for _, s in numbered(paper.sections) for b in s.blocks if isinstance(b, Picture)]
    assert len(drawn) == 2
    desk = ready()
    files = {path.suffix: path for path in write_papers([paper], tmp_path, desk, "zh")}
    page = files[".html"].read_text(encoding="utf-8")
    assert page.count("<svg") == 4  # both languages
    if ".pdf" not in files:
        pytest.skip("no Chinese font on this machine: DOCX without pictures")
    with zipfile.ZipFile(files[".docx"]) as parts:
        assert len([name for name in parts.namelist() if name.startswith("word/media/")]) == 2
        document = parts.read("word/document.xml").decode()
    assert document.count("<w:drawing>") == 2
    again = write_papers([paper], tmp_path / "again", desk, "zh")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files.values()]


def on_machines() -> Drill:
    """Return a drill whose plan says what machines do to which host."""
    held = drill("database_switchover")
    (subject,) = held.plan.subjects
    change = Change(kind="other", target="db1: read_only", before="0", after="1")
    danger = Danger(level="medium", why=Words(zh="业务写入中断", en="writing is interrupted"))
    steps = tuple(
        step.model_copy(update={"changes": (change,), "danger": danger})
        if step.id == "fence" else step for step in subject.steps
    )
    options = {**held.plan.options, "scenario": {
        **held.plan.options["scenario"], "machines": {"database_switchover": {
            "primary": "db1", "primary_address": "198.18.9.1", "address": "198.18.9.200/24",
            "replication": {"user": "repl", "secret": "drill/repl"}, "max_lag": 1, "new_key": "x",
            "bypass": ["root@localhost", "=1+1"], "interface": "", "ca_file": None,
        }},
    }}
    return replace(held, plan=held.plan.model_copy(update={
        "subjects": (subject.model_copy(update={"steps": steps, "address": "198.18.9.1"}),),
        "options": options,
    }))


def test_the_plan_of_a_drill_with_machines_says_hosts_changes_and_the_way_back() -> None:
    paper = plan_paper(on_machines(), "d" * 64, NAMES)
    hosts = cells(paper, "主机、地址与参数")
    told = dict(zip(hosts[::2], hosts[1::2], strict=True))
    assert told["主库主机"] == "db1"
    assert told["业务访问地址"] == "198.18.9.200/24"
    assert told["复制账号：口令在密码库中的名称"] == "drill/repl"
    assert told["new_key"] == "x"
    assert told["不断开的账号"] == "root@localhost、=1+1"
    assert "网卡" not in told
    changed = cells(paper, "系统执行的变更与风险")
    assert changed[2:] == ["db1: read_only", "0", "1", "中：业务写入中断"]
    assert any(section.title.zh == "回退条件" for _, section in numbered(paper.sections))


def test_the_plan_of_a_drill_at_the_table_says_nothing_of_machines() -> None:
    titles = [one.title.zh for one in plan_paper(drill(), "d" * 64, NAMES).sections]
    assert "主机与系统执行内容" not in titles


def test_a_plan_of_another_activity_is_no_drill() -> None:
    other = drill().plan.model_copy(update={"activity": "harden"})
    with pytest.raises(InputError, match="is no plan of a drill"):
        drill_of(other)


def test_a_plan_whose_scenario_this_version_cannot_read_says_where() -> None:
    plan = drill().plan
    content = {**plan.options["scenario"], "aim": None}
    old = plan.model_copy(update={"options": {**plan.options, "scenario": content}})
    with pytest.raises(InputError, match=r"options\.scenario\.aim"):
        drill_of(old)
