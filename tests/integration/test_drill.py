"""``opsrunner drill``, the real command: a drill at the table from its plan to closed findings."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.cli.context import today
from opsrunner.plan.people import this_login
from opsrunner.timeline.events import Kind
from opsrunner.timeline.journal import FILE, read
from tests.integration.project import REPOSITORY, Outcome, Project

NAME = "network_outage"
STEPS = ["alarm", "carrier", "declare", "locate", "change_over", "limit", "verify_business",
         "notify_users", "change_back"]
DUTIES = {"commander", "duty_officer", "network_admin", "app_owner", "liaison"}


def answers(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    return {
        "steps": {name: {"remark": f"{name} 已完成"} for name in STEPS},
        "criteria": [{"verdict": "met"}] * 4,
        "findings": [
            {"title": "备用链路带宽不足", "owner": "li", "due": today() + timedelta(days=9)},
            {"title": "回切审批人不明确", "owner": "张三", "due": today() - timedelta(days=1)},
        ],
        "conclusion": "达到预期。",
        **more,
    }


@dataclass(frozen=True)
class Table:
    """A project in which whoever runs the tests may plan and lead drills."""

    project: Project

    def drill(self, *arguments: object) -> Outcome:
        """Run ``opsrunner drill``."""
        return self.project.run("drill", *arguments)

    def hold(self, told: Mapping[str, Any], *options: object) -> Outcome:
        """Hold a drill with the answers told."""
        self.project.write("answers.yml", dict(told))
        return self.drill(
            "tabletop", NAME, "--answers", self.project.root / "answers.yml",
            "--format", "html", "--json", *options,
        )

    def plans(self) -> list[Path]:
        """Return the folders of all plans."""
        return sorted((self.project.store / "plans").glob("drill-*"))

    def typed(self, lines: str, *arguments: object) -> Outcome:
        """Run ``opsrunner drill`` with lines typed."""
        process = self.start(*arguments)
        out, err = process.communicate(lines, timeout=120)
        return Outcome(process.returncode, out, err)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start ``opsrunner drill`` with its input open."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPSRUNNER_")}
        return subprocess.Popen(
            [sys.executable, "-m", "opsrunner", "drill", *map(str, arguments)],
            cwd=self.project.root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
            env={**environment, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200",
                 "OPSRUNNER_ROOT": str(self.project.root),
                 "OPSRUNNER_STORE": str(self.project.store)},
        )


@pytest.fixture
def table(tmp_path: Path) -> Table:
    project = Project(tmp_path)
    shutil.copytree(REPOSITORY / "policies" / "drills", tmp_path / "policies" / "drills")
    (tmp_path / "playbooks").mkdir()
    project.write("policies/people.yml", {"people": {
        "zhang": {"name": "张三", "logins": [this_login()], "roles": ["plan", "apply"],
                  "duties": sorted(DUTIES - {"commander"})},
        "li": {"name": "李四", "roles": ["approve"], "duties": ["commander", "system_admin"]},
    }})
    project.write("policies/allowed_signers", "# nobody\n")
    return Table(project)


def test_a_drill_from_its_plan_to_a_closed_finding(table: Table) -> None:
    held = table.hold(answers())
    assert held.code == 0, held.err
    told = held.json
    assert (told["result"], told["findings"]) == ("met", 2)
    names = {Path(paper).name for paper in told["papers"]}
    assert names == {"drill-plan.html", "drill-report.html"}
    report = next(Path(p) for p in told["papers"] if "report" in p).read_text(encoding="utf-8")
    assert "locate 已完成" in report
    assert "未实测" in report
    events = read(table.plans()[0] / FILE)
    assert [e.step for e in events if e.kind is Kind.BEGUN] == STEPS
    assert table.project.run("verify").code == 0

    listed = table.drill("findings", "--json")
    assert listed.code == 2  # one is overdue
    assert [(one["owner"], one["overdue"]) for one in listed.json] == [
        ("李四", False), ("张三", True)]
    late = listed.json[1]["id"]
    empty = table.project.path("empty")
    empty.touch()
    for wrong, said in (
        (("nothing", "--evidence", empty), ("no such finding", "it has 0 bytes")),
        ((late, "--evidence", table.project.root / "none"), ("cannot be read",)),
    ):
        refused = table.drill("close", *wrong)
        assert refused.code == 3
        assert all(part in refused.err for part in said)
    assert len(table.drill("findings", "--json").json) == 2

    proof = table.project.path("整改证明.txt")
    proof.write_text("审批人：李四")
    closed = table.drill("close", late, "--evidence", proof, "--note", "预案已修订")
    assert closed.code == 0, closed.err
    assert [one["owner"] for one in table.drill("findings", "--json").json] == ["李四"]
    (done,) = [one for one in table.drill("findings", "--all", "--json").json if one["closing"]]
    assert done["closing"]["by"] == "zhang"
    again = table.drill("close", late, "--evidence", proof)
    assert (again.code, "was closed by zhang" in again.err) == (3, True)
    assert table.project.run("verify").code == 0
    assert table.project.run("papers", told["plan"], "--format", "html").code == 0


def test_all_that_is_wrong_is_said_at_once_and_no_drill_begins(table: Table) -> None:
    wrong = answers(
        steps={"alarm": {}, "cook": {"outcome": "eaten"}}, criteria=[{"verdict": "met"}],
    )
    first = table.hold(wrong)
    assert (first.code, "steps.cook.outcome" in first.err) == (3, True)
    wrong["steps"]["cook"] = {}
    wrong["findings"][0]["owner"] = "nobody"
    held = table.hold(wrong)
    assert held.code == 3
    for part in ("steps.carrier, steps.declare", "is missing; every step", "steps.cook: is no step",
                 "criteria: has 1, the", "findings.0.owner: no such person"):
        assert part in held.err
    assert table.plans() == []
    unknown = table.drill("tabletop", "flood")
    assert (unknown.code, "no such scenario" in unknown.err) == (3, True)
    nobody = table.drill("tabletop", "database_restore")
    assert nobody.code == 3
    assert "duties: dba, duties: recorder: is nobody's duty" in nobody.err


def test_a_failed_step_is_no_success(table: Table) -> None:
    failed = answers(findings=[])
    failed["steps"]["limit"] = {"outcome": "failed", "remark": "策略未生效"}
    held = table.hold(failed)
    assert (held.code, held.json["result"]) == (2, "unmet")
    assert table.drill("findings", "--json").json == []


def test_a_plan_is_written_approved_elsewhere_and_walked_later(table: Table) -> None:
    planned = table.drill("tabletop", NAME, "--plan-only", "--json", "--format", "html")
    assert planned.code == 0, planned.err
    plan = planned.json["plan"]
    own = table.project.run("approve", plan, "--yes")
    assert (own.code, "planner" in own.err) == (3, True)
    assert table.project.run("apply", plan).code == 3  # nothing that a host is changed by
    problem = ["缺少演练频次", "王五", "李四", "明天", "2030-01-01", "", "完成"]
    typed = "\n".join([*["", "", "备注"] * len(STEPS), *["met", ""] * 4, *problem]) + "\n"
    held = table.typed(typed, "tabletop", plan, "--format", "html")
    assert held.code == 0, held.err
    assert "no such person" in held.out
    assert "must be a day" in held.out
    (found,) = table.drill("findings", "--json").json
    assert (found["id"], found["owner"], found["due"]) == (f"{plan}/1", "李四", "2030-01-01")
    again = table.typed(typed, "tabletop", plan)
    assert (again.code, "was begun before" in again.err) == (3, True)


def test_killed_in_the_middle_it_is_resumed_where_it_stopped(table: Table) -> None:
    process = table.start("tabletop", NAME, "--format", "html")
    assert process.stdin is not None
    process.stdin.write("\n\n记录\n" * 3 + "\n")  # three steps, and the fourth begun
    process.stdin.flush()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        plans = table.plans()
        begun = read(plans[0] / FILE) if plans and (plans[0] / FILE).exists() else ()
        if [e.step for e in begun if e.kind is Kind.BEGUN] == STEPS[:4]:
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    line = table.plans()[0] / FILE
    assert [e.step for e in read(line) if e.kind is Kind.DONE] == STEPS[:3]
    table.project.write("answers.yml", answers())
    resumed = table.drill("resume", table.plans()[0].name, "--answers",
                          table.project.root / "answers.yml", "--format", "html", "--json")
    assert resumed.code == 0, resumed.err
    events = read(line)
    assert [e.step for e in events if e.kind is Kind.DONE] == STEPS
    assert [e.text for e in events if e.kind is Kind.DONE][:4] == ["记录"] * 3 + ["locate 已完成"]
    runs = yaml.safe_load(table.project.run("runs", "--json").out)
    assert [run["status"] for run in runs] == ["interrupted", "finished"]
    twice = table.drill("resume", table.plans()[0].name, "--answers",
                        table.project.root / "answers.yml")
    assert (twice.code, "was held to its end" in twice.err) == (3, True)
