"""``opsrunner papers``, the real command: papers from the record, or why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.plan.approval import Approval
from opsrunner.plan.approvals import record
from opsrunner.plan.file import digest, save
from opsrunner.plan.journal import FILE, Journal, Note
from opsrunner.plan.models import Plan
from opsrunner.plan.people import this_login
from opsrunner.plan.states import State
from tests.integration.project import Outcome, Project, make_project
from tests.unit.plan.plans import PEOPLE, make_key, plan, signer_line, subject, write_people

_NOW = "2026-11-21T10:00:00Z"
_RULE = "ssh_root_login_disabled"
_WAY = (State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED)


@dataclass(frozen=True)
class Case:
    """A project with a plan of 张三; whoever runs the tests is 李四."""

    project: Project
    plan: Plan
    path: Path

    def papers(self, *options: object) -> Outcome:
        """Given options, write the papers."""
        return self.project.run("papers", self.plan.id, *options)

    def carried_out(self) -> str:
        """Carry the plan out, on record; return the run."""
        store, data = Store.open(self.project.store), self.path.read_bytes()
        with store.begin(
            "harden", inventory="i", policy_sha256="c" * 64, operator="zhao", code_version="1",
            options={"plan": self.plan.id}, subjects=["web01"], inputs={"plan": store.put(data)},
        ) as run:
            with Journal.begin(
                self.path.parent / FILE, plan=self.plan.id, digest=digest(data), run=run.run.id,
                subjects=["web01"],
            ) as journal:
                for state in _WAY:
                    journal.append([Note("web01", state)])
                journal.append([Note("web01", State.VERIFIED, data={"recheck": {_RULE: "pass"}})])
            run.subject(SubjectRecord(
                kind="host", id="web01", platform="centos-7", profile="l3", reached=True,
                reason=None, started=_NOW, ended=_NOW, rules=0, blobs={}, tally={},
            ))
            run.finish(outputs={})
        return run.run.id


@pytest.fixture
def case(tmp_path: Path) -> Case:
    project = make_project(tmp_path)
    people: dict[str, Any] = {**PEOPLE, "li": {**PEOPLE["li"], "logins": [this_login()]}}
    key = make_key(tmp_path, "zhang")
    write_people(tmp_path / "policies", [signer_line("zhang@example.cn", key)], people)
    given = plan(subjects=(subject("web01"),))
    return Case(project, given, save(given, project.store / "plans" / given.id))


def test_a_plan_that_was_not_begun_has_its_own_paper_only(case: Case, tmp_path: Path) -> None:
    done = case.papers("--format", "docx,html", "--output", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert done.json == {
        "papers": [str(tmp_path / "out/plan.docx"), str(tmp_path / "out/plan.html")],
        "missing": [],
    }
    assert "张三" in (tmp_path / "out/plan.html").read_text("utf-8")


def test_one_problem_report_for_all_options_and_nothing_is_written(
    case: Case, tmp_path: Path,
) -> None:
    template = tmp_path / "template.docx"
    template.write_text("no docx")
    done = case.papers("--format", "docx,odt", "--template", template, "--output", tmp_path / "out")
    assert done.code == 3
    assert "2 problem(s)" in done.err
    assert str(template) in done.err
    assert "'odt' is no format of papers" in done.err
    assert not (tmp_path / "out").exists()


def test_what_was_carried_out_is_told_from_the_record(case: Case) -> None:
    run = case.carried_out()
    done = case.papers("--format", "html,xlsx", "--json")
    assert done.code == 0, done.err
    folder = case.project.root / "reports" / run
    assert sorted(path.name for path in folder.glob("*.html")) == [
        "change-record.html", "hardening-report.html", "operation-report.html", "plan.html",
    ]
    sheet = openpyxl.load_workbook(folder / "hardening-report.xlsx")["复测对比"]
    assert [cell.value for cell in sheet[2]][-3:] == ["不符合", "符合", "web01"]
    page = (folder / "change-record.html").read_text("utf-8")
    assert "赵六" in page  # who carried it out, by name
    head = Store.open(case.project.store).details(run).head
    assert head
    assert head in page


def test_an_approval_that_does_not_hold_is_told_of_nobody(case: Case) -> None:
    """The only one is by the planner: on record, and void."""
    data = case.path.read_bytes()
    void = Approval(
        plan=case.plan.id, digest=digest(data), kind="paper", by="zhang", name="张三", login="li",
        registrar="li", at=_NOW, scan="a.pdf", scan_sha256="b" * 64,
    )
    good = void.model_copy(update={"by": "wang", "name": "王五"})
    record(Store.open(case.project.store), case.plan, data, void)
    run = case.carried_out()
    page = case.project.root / "reports" / run / "change-record.html"
    assert case.papers("--format", "html").code == 0
    assert "b" * 64 not in page.read_text("utf-8")
    record(Store.open(case.project.store), case.plan, data, good)
    assert case.papers("--format", "html").code == 0
    assert "b" * 64 in page.read_text("utf-8")
    assert "王五" in page.read_text("utf-8")


@pytest.mark.parametrize(("language", "title"), [("zh", "安全加固方案"), ("en", "Hardening plan")])
def test_papers_speak_the_language_of_the_settings(
    case: Case, tmp_path: Path, language: str, title: str,
) -> None:
    project = replace(case.project, environment={"OPSRUNNER_LANGUAGE": language})
    spoken = replace(case, project=project)
    assert spoken.papers("--format", "xlsx", "--output", tmp_path / language).code == 0
    book = openpyxl.load_workbook(tmp_path / language / "plan.xlsx")
    assert book.worksheets[0]["A2"].value == title
