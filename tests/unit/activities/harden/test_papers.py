"""What hardening's papers say: only what the journal proves, and by whom."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from opsrunner.activities.harden.papers.changing import in_words, settings, told
from opsrunner.activities.harden.papers.done import by_host
from opsrunner.activities.harden.papers.operations import change_record, operation_report
from opsrunner.activities.harden.papers.report import hardening_report
from opsrunner.activities.harden.papers.story import Story
from opsrunner.plan.actor import TAKEN_BACK
from opsrunner.plan.entries import OPENED, STATE, Entry, fold
from opsrunner.plan.models import Change, SubjectPlan
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import State
from opsrunner.plan.undoing import ONLY
from opsrunner.report.paper import Paper, Say, Section, Table, numbered
from tests.reports import paper_sample


def section(paper: Paper, title: str) -> Section:
    """Given a paper and a title, return its section."""
    return next(s for _, s in numbered(paper.sections) if s.title.zh == title)


def rows(paper: Paper, title: str) -> list[list[str]]:
    """Given a paper and a section's title, return its first table's rows in Chinese."""
    tables = [b for b in section(paper, title).blocks if isinstance(b, Table)]
    table = next((b for b in tables if b.only_sheet), tables[0])  # that one has each host apart
    return [[cell.text.zh for cell in row] for row in table.rows]


@pytest.fixture(scope="module")
def papers() -> dict[str, Paper]:
    """Return the sample's papers by name."""
    return {paper.name: paper for paper in paper_sample.papers()}


def test_the_report_has_the_outline_that_experts_expect(papers: dict[str, Paper]) -> None:
    assert [s.title.zh for s in papers["hardening-report"].sections] == [
        "目标与范围", "加固前状态", "方案与风险评估", "备份与回退方案", "实施记录",
        "未加固项及原因", "复测对比", "业务验证", "遗留风险", "签字",
    ]
    done = section(papers["hardening-report"], "实施记录").blocks[0]
    assert isinstance(done, Table)
    assert [head.zh for head in done.heads] == [
        "主机", "项", "加固前", "加固后", "操作人", "复核人", "时间", "回退点", "结果",
    ]


def test_every_paper_has_cover_versions_evidence_and_the_order(papers: dict[str, Paper]) -> None:
    for paper in papers.values():
        assert paper.versions
        assert len(paper.digest) == 64
        assert paper.digest in paper.evidence.values()
        facts = {name.zh: value.zh for name, value in paper.facts}
        assert facts["工单"] == "CHG-2026-0312"
        assert facts["保障时期"] == "2026-两会保障"


def test_a_host_counts_only_after_a_re_check_that_passed(papers: dict[str, Paper]) -> None:
    counted = {row[0]: row[5] for row in rows(papers["change-record"], "实施结果")}
    assert {host for host, said in counted.items() if said == "计入"} == {"web-01", "db-01"}
    assert counted.keys() == {"web-01", "db-01", *paper_sample.FATES, "evil-01"}


def test_a_re_check_before_the_host_was_taken_back_proves_nothing() -> None:
    story = paper_sample.story(paper_sample.plan())
    assert story.recheck("web-01")["umask"] == "pass"
    back = _after(story, "web-01", State.UNDOING, State.UNDONE)
    assert back.recheck("web-01") == {}
    assert not back.counted("web-01")


def test_a_step_that_was_taken_back_is_told_as_such_and_its_host_does_not_count() -> None:
    story = paper_sample.story(paper_sample.plan())
    subject = next(s for s in story.plan.subjects if s.id == "web-01")
    first, *others = [step.id for step in subject.steps]
    entries = list(story.entries)
    for state, data in (
        (State.UNDOING, {ONLY: [first]}), (State.CONFIRMED, {TAKEN_BACK: [first]}),
        (State.VERIFIED, {"recheck": {first: "fail"} | dict.fromkeys(others, "pass"),
                          "waits": {first: "taken back on purpose"}}),
    ):
        entry = Entry(0, "2026-03-02T14:00:00.000Z", STATE, "web-01", state, "", data)
        entries.append(entry.following(entries[-1]))
    back = replace(story, entries=entries, states=fold(entries))
    report = hardening_report(back)
    done = {row[1]: row[-1] for row in rows(report, "实施记录") if row[0] == "web-01"}
    assert done == {first: "已回退"} | dict.fromkeys(others, "完成，复测通过")
    after = {row[1]: row[3] for row in rows(report, "实施记录") if row[0] == "web-01"}
    assert [rule for rule, said in after.items() if said == "（已回退至加固前）"] == [first]
    told = [row for row in rows(report, "遗留风险") if "单项回退" in row[2]]
    assert [(row[0].endswith(f"（{first}）"), *row[1:]) for row in told] == [
        (True, "已回退", "按要求单项回退，其余保留", "web-01"),
    ]
    assert not any("复测仍" in row[1] for row in rows(report, "遗留风险") if row[3] == "web-01")
    assert not back.counted("web-01")
    assert not any("单项回退" in row[2] for row in rows(hardening_report(story), "遗留风险"))


def test_why_a_host_was_not_begun_is_told_until_it_is() -> None:
    """Its window was closed at first: no time, no operator, and the reason in Chinese."""
    story = paper_sample.story(paper_sample.plan())
    entries = [story.entries[0]]
    shut = Why("outside_window", "outside its window (night)", "web-01")
    why = Entry(0, "2026-03-02T13:20:00.000Z", STATE, "web-01", State.PLANNED, text((shut,)),
                as_data(shut))
    entries.append(why.following(entries[-1]))
    waits = replace(story, entries=entries, states=fold(entries))
    first = [cell.text.zh for cell in by_host(waits).rows[0]]
    assert first[0] == "web-01"
    assert first[3:] == ["-", "-", "未执行",
                        "web-01：不在维护窗口内，未变更（outside its window (night)）"]
    assert waits.operator_of("web-01") == "-"
    for second, state in enumerate((State.BEGINNING, State.BEGUN)):
        one = Entry(0, f"2026-03-02T14:00:0{second}.000Z", STATE, "web-01", state)
        entries.append(one.following(entries[-1]))
    begun = replace(story, entries=entries, states=fold(entries))
    assert begun.reason("web-01").zh == "-"
    assert [one.state for one in begun.touched("web-01")] == [State.BEGINNING, State.BEGUN]
    assert begun.operator_of("web-01") == "赵六"


def _after(story: Story, host: str, *states: State) -> Story:
    entries = list(story.entries)
    for state in states:
        entry = Entry(0, "2026-03-02T14:00:00.000Z", STATE, host, state, "asked for")
        entries.append(entry.following(entries[-1]))
    return replace(story, entries=entries, states=fold(entries))


def test_each_command_is_told_with_who_ran_it() -> None:
    story = paper_sample.story(paper_sample.plan())
    again = Entry(0, "2026-03-03T09:00:00.000Z", OPENED, data={"run": "second", "subjects": []})
    entries = [*story.entries, again.following(story.entries[-1])]
    data: dict[str, Any] = {"commands": [{"command": "true", "code": 0}]}
    undo = Entry(0, "2026-03-03T09:00:01.000Z", STATE, "web-01", State.UNDOING, data=data)
    entries.append(undo.following(entries[-1]))
    told = replace(story, entries=entries, operators={**story.operators, "second": "王五"})
    assert {command.operator for command in story.commands()} == {"赵六"}
    assert [command.operator for command in told.commands()][-1] == "王五"
    assert told.operator == "赵六、王五"


def test_what_is_alike_stands_once_with_its_hosts() -> None:
    fleet = paper_sample.fleet(30, 3)
    one = fleet.subjects[4]
    other = one.steps[0].model_copy(update={"acknowledged": "问过业务"})
    subjects = [*fleet.subjects]
    subjects[4] = SubjectPlan(**{**dict(one), "steps": (other, *one.steps[1:])})
    plan, *_ = paper_sample.papers(fleet.model_copy(update={"subjects": tuple(subjects)}))
    found = rows(plan, "方案与风险评估")
    assert [row[-1] for row in found[1:3]] == ["全部 30 台", "全部 30 台"]
    assert found[0][-1].startswith("29 台：host-001, host-002")
    assert "host-005" not in found[0][-1]
    assert found[3][-1] == "host-005"
    first = [row[-1].split("：")[-1] for row in found if row[0] == "rule_00"]
    named = {name for hosts in first for name in hosts.split(", ")}
    assert named == {subject.id for subject in fleet.subjects}


def test_a_paper_says_passed_only_of_what_passed() -> None:
    story = paper_sample.story(paper_sample.plan())
    data = {"recheck": {"ssh_banner": "pass", "umask": "fail", "source_route_off": "unknown"},
            "waits": {"umask": "reboot: 新登录"}}
    told = _after(story, "web-01", State.UNDOING, State.CONFIRMED)
    last = Entry(0, "2026-03-02T15:00:00.000Z", STATE, "web-01", State.VERIFIED, data=data)
    entries = [*told.entries, last.following(told.entries[-1])]
    told = replace(told, entries=entries, states=fold(entries))
    report = hardening_report(told)
    done = {row[1]: row[-1] for row in rows(report, "实施记录") if row[0] == "web-01"}
    assert done == {"ssh_banner": "完成，复测通过", "umask": "已实施，复测不符合",
                    "source_route_off": "已实施，复测未知"}
    residual = [row[:3] for row in rows(report, "遗留风险") if row[3] == "web-01"]
    assert residual[0] == [
        "默认 umask 为 027 或更严（umask）", "复测仍不符合", "重启后生效：新登录",
    ]
    assert [row[1] for row in residual[1:]] == ["前提不满足", "须人工处理"]
    results = {row[0]: row[3] for row in rows(change_record(told), "实施结果")}
    assert {name: results[name] for name in ("web-01", "db-01", "evil-01")} == {
        "web-01": "已实施，部分项复测未通过", "db-01": "完成，复测通过", "evil-01": "已回退",
    }
    assert rows(operation_report(told), "执行过程")[-1][2] == "已实施，部分项复测未通过"


def test_what_is_left_alike_on_many_hosts_is_one_line_of_the_residual_risk() -> None:
    fleet = paper_sample.fleet(30, 1)
    left = paper_sample.plan().subjects[0].left_out
    some = [s.model_copy(update={"left_out": left}) for s in fleet.subjects]
    told = paper_sample.story(fleet.model_copy(update={"subjects": tuple(some)}))
    found = rows(hardening_report(told), "遗留风险")
    assert [row[3] for row in found if row[1] == "前提不满足"] == ["全部 30 台"]


def test_what_was_not_done_or_taken_back_has_no_state_after(papers: dict[str, Paper]) -> None:
    assert {row[3] for row in rows(papers["hardening-report"], "实施记录")
            if row[0] == "evil-01"} == {"（已回退至加固前）"}
    story = paper_sample.story(paper_sample.plan())
    for state, said in ((State.REFUSED, "（未变更）"), (State.UNKNOWN, "（计划值，未证实）")):
        told = hardening_report(replace(story, states={**story.states, "web-01": state}))
        assert all(row[3].startswith(said) for row in rows(told, "实施记录")
                   if row[0] == "web-01")


def test_a_host_is_told_with_whoever_had_hands_on_it() -> None:
    story = paper_sample.story(paper_sample.plan())
    again = Entry(0, "2026-03-03T09:00:00.000Z", OPENED, data={"run": "second", "subjects": []})
    undo = Entry(0, "2026-03-03T09:00:01.000Z", STATE, "web-01", State.UNDOING)
    entries = [*story.entries, again.following(story.entries[-1])]
    entries.append(undo.following(entries[-1]))
    told = replace(story, entries=entries, operators={**story.operators, "second": "王五"})
    done = {row[0]: row[4] for row in rows(hardening_report(told), "实施记录")}
    assert done.pop("web-01") == "赵六、王五"
    assert set(done.values()) == {"赵六", "-"}  # one host was never touched


def test_an_emergency_stands_on_every_paper() -> None:
    urgent = paper_sample.plan().model_copy(update={"emergency": "漏洞正被利用"})
    for paper in paper_sample.papers(urgent):
        assert ("紧急变更原因", "漏洞正被利用") in [(k.zh, v.zh) for k, v in paper.facts]
    for paper in paper_sample.papers():  # the control
        assert "紧急变更原因" not in [k.zh for k, _ in paper.facts]


def test_the_approver_sees_where_a_host_is_and_whether_it_has_a_second_way_in(
    papers: dict[str, Paper],
) -> None:
    hosts = {row[0]: (row[1], row[3]) for row in _hosts(papers["plan"])}
    assert hosts["web-01"] == ("192.0.2.11", "opsadm")
    assert hosts["db-01"] == ("192.0.2.21", "未声明，已确认")
    assert hosts["evil-01"] == ("-", "未声明")
    results = {row[0]: row[1] for row in rows(papers["change-record"], "实施结果")}
    assert (results["web-01"], results["db-01"], results["evil-01"]) == (
        "192.0.2.11", "192.0.2.21", "-",
    )


def test_what_is_done_without_a_second_way_in_stands_on_every_paper_and_as_a_risk(
    papers: dict[str, Paper],
) -> None:
    why = "机房值守，可用本地控制台"
    for paper in papers.values():
        facts = [(k.zh, v.zh) for k, v in paper.facts]
        assert ("无第二登录通道，已确认", f"{why}（db-01）") in facts
    risks = rows(papers["hardening-report"], "遗留风险")
    assert ["第二登录通道", "没有，已确认接受", why, "db-01"] in risks
    without = paper_sample.papers(paper_sample.plan([
        one.model_copy(update={"without_second_way": ""}) for one in paper_sample.plan().subjects
    ]))  # the control
    assert not any(k.zh == "无第二登录通道，已确认" for paper in without for k, _ in paper.facts)


def _hosts(plan: Paper) -> list[list[str]]:
    table = section(plan, "目标与范围").blocks[1]
    assert isinstance(table, Table)
    return [[cell.text.zh for cell in row] for row in table.rows]


def _change(before: str, after: str, diff: str = "") -> Change:
    return Change(kind="file", target="/etc/x", before=before, after=after, diff=diff)


def test_a_files_setting_is_told_not_its_size() -> None:
    size = "12 bytes, mode 0644, 0:0"
    head = "--- /etc/x\n+++ /etc/x\n@@ -1,2 +1,2 @@\n # why\n"
    change = _change(size, size, f"{head}-A\t\t1\n+# ours\n+A 2\n")
    assert settings([change], "before").zh == "/etc/x：\nA 1"
    assert settings([change], "after").zh == "/etc/x：\nA 2"
    new = _change("absent", size, f"{head}+A 2\n")
    assert settings([new], "before").zh == "/etc/x：\n不存在"
    assert settings([new], "before").en == "/etc/x:\nabsent"
    added = _change(size, size, f"{head}+A 2\n")
    assert settings([added], "before").zh == "/etc/x：\n（无此设置）"
    mode = _change(size, "12 bytes, mode 0600, 0:0")
    assert settings([mode], "after").zh == "/etc/x：\n权限 0600，属主 0:0"
    both = _change(size, "12 bytes, mode 0600, 0:0", f"{head}-A 1\n+A 2\n")
    assert settings([both], "after").zh == "/etc/x：\nA 2\n权限 0600，属主 0:0"
    assert told(_change("whatever", "x"), "before").zh == "whatever"


def test_a_long_change_is_cut_and_says_so() -> None:
    lines = "".join(f"+line {n}\n" for n in range(20))
    change = _change("absent", "1 bytes, mode 0644, 0:0", f"--- a\n+++ b\n@@\n{lines}")
    said = settings([change], "after")
    assert said.zh.endswith("……（共 20 行）")
    assert said.en.endswith("... (20 lines)")


def test_nobody_signs_by_a_dash() -> None:
    story = replace(paper_sample.story(paper_sample.plan()), approvals=[], operators={})
    assert hardening_report(story).signatures[0][1] == ""


@pytest.mark.parametrize(("text", "said"), [
    ("812 bytes, mode 0644, 0:0 -> absent", "812 字节，权限 0644，属主 0:0 -> absent"),
    ("absent - - - -", "不存在"),
    ("directory - 755 0 0", "目录，权限 755，属主 0:0"),
    (f"file {'a' * 64} 640 0 7", f"文件 SHA-256 {'a' * 64}，权限 640，属主 0:7"),
    ("nothing", "无变更"), ("absent", "不存在"), ("net.x = 1", "net.x = 1"),
])
def test_states_are_told_in_words(text: str, said: str) -> None:
    assert in_words(text) == Say(said, text)


def test_every_end_is_told_in_chinese_with_the_hosts_words(papers: dict[str, Paper]) -> None:
    said = {row[0]: row[-1] for row in rows(papers["change-record"], "实施结果")}
    for host in paper_sample.FATES:
        if host != "waiting-01":
            assert re.search("[\u4e00-\u9fff]", said[host]), host
    assert "磁盘空间不足，拒绝变更（12 KiB are free, 4096 are needed）" in said["refused-01"]
    ends = {row[0]: row[3] for row in rows(papers["change-record"], "实施结果")}
    assert ends["reboot-01"] == "已实施，部分项复测未通过"  # verified, and still not done
    told = rows(papers["operation-report"], "差异、冲突与主机提示")
    assert {row[1] for row in told} == {"与方案不一致", "变更后被修改", "主机提示"}


def test_business_is_told_before_and_after(papers: dict[str, Paper]) -> None:
    found = {row[-1]: row[1:4] for row in rows(papers["hardening-report"], "业务验证")}
    assert found["worse-01"] == ["正常（HTTP 200）", "异常（HTTP 502, wanted 200）", "变差"]
    assert all(row[2] == "未变差" for host, row in found.items() if "worse-01" not in host)


def test_what_waits_and_what_was_accepted_stays_a_risk(papers: dict[str, Paper]) -> None:
    found = rows(papers["hardening-report"], "遗留风险")
    assert ["复测仍不符合", "reboot-01"] in [[row[1], row[3]] for row in found]
    assert "web-01" in {row[3] for row in found if row[1] == "前提不满足"}


def test_pages_tell_alike_hosts_once_and_the_workbook_each() -> None:
    paper = next(p for p in paper_sample.papers(paper_sample.fleet(30, 3))
                 if p.name == "hardening-report")
    done = section(paper, "实施记录")
    pages, sheet, by_host = done.blocks
    assert isinstance(pages, Table)
    assert isinstance(sheet, Table)
    assert isinstance(by_host, Table)
    assert (sheet.only_sheet, sheet not in done.shown) == (True, True)
    assert [len(table.rows) for table in (pages, sheet, by_host)] == [6, 90, 30]
