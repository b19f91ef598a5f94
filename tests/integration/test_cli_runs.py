"""What comes after a check, through the real command line: judge, diff, evidence, verify, export.

All of it rests on one recorded check of a host that fails nothing; no host is touched again.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Checked, read_report, verdicts
from tests.integration.project import Outcome, Project, local, write_profile

HOST = "here"


@pytest.fixture(scope="module", autouse=True)
def project(fine: Checked) -> Project:
    """Return the project of the check, with the marks of it taken away."""
    (fine.project.root / "touched" / HOST).unlink()
    return fine.project


def judged(project: Project, *options: str) -> tuple[Outcome, dict[str, Any]]:
    """Given options, judge the check anew; return the answer and its JSON report."""
    out = project.root / "judged"
    outcome = project.run(
        "judge", first(project), "--format", "json", "--output", out, *options,
    )
    return outcome, read_report(out)


def first(project: Project) -> str:
    """Given the project, return the id of the check."""
    return str(read_report(project.root / "out")["run"]["id"])


def finding(report: dict[str, Any], rule: str) -> dict[str, Any]:
    """Given a report and a rule, return the finding."""
    (found,) = [f for f in report["findings"] if f["rule"] == rule]
    return dict(found)


def local_day(days: int) -> date:
    """Given a number of days, return the day that lies so far ahead."""
    return datetime.now(UTC).astimezone().date() + timedelta(days=days)


@pytest.fixture(scope="module")
def failing(project: Project) -> tuple[Outcome, dict[str, Any]]:
    """Return the judgement by a profile that wants another machine, and leave the profile so."""
    write_profile(project, "another machine")
    return judged(project)


def test_todays_rules_judge_what_was_observed_then(
    fine: Checked, failing: tuple[Outcome, dict[str, Any]],
) -> None:
    outcome, report = failing
    assert outcome.code == 2
    assert verdicts(report, HOST) == {**fine.verdicts(HOST), "machine_wanted": "fail"}
    rests_on = finding(fine.report, "machine_wanted")["evidence"]
    assert finding(report, "machine_wanted")["evidence"] == rests_on
    assert fine.project.touched == set()


@pytest.mark.usefixtures("failing")
def test_a_severity_below_the_bar_is_no_violation(project: Project) -> None:
    assert judged(project, "--fail-on", "high")[0].code == 0
    assert judged(project, "--fail-on", "medium")[0].code == 2


def test_an_old_run_is_shown_as_it_was_judged_then(fine: Checked, project: Project) -> None:
    again = project.root / "again"
    shown = project.run("show", first(project), "--format", "json", "--output", again)
    assert shown.code == 0
    assert read_report(again) == fine.report


def test_two_runs_differ_in_what_fails_now(
    project: Project, failing: tuple[Outcome, dict[str, Any]],
) -> None:
    after = failing[1]["run"]["id"]
    changes = project.run("diff", first(project), after, "--json").json
    assert changes.pop("newly_failing") == [
        {"subject": HOST, "rule": "machine_wanted", "before": "pass", "after": "fail"},
    ]
    assert not any(changes.values())


@pytest.mark.usefixtures("failing")
def test_a_waiver_marks_and_does_not_pass(project: Project) -> None:
    waiver = {
        "rule": "machine_wanted", "subjects": ["h*"], "reason": "old machine", "owner": "zhang",
        "compensating": "it is watched", "approved": local_day(-1), "expires": local_day(0),
    }
    project.write("policies/waivers/old.yml", {"waivers": [waiver]})
    outcome, report = judged(project)
    assert outcome.code == 0
    assert finding(report, "machine_wanted")["verdict"] == "fail"
    assert finding(report, "machine_wanted")["waived"]["owner"] == "zhang"
    assert report["summary"]["verdicts"]["fail"] == 1
    assert report["summary"]["score"] == 0.5


def test_a_document_answers_for_a_manual_rule_only(project: Project) -> None:
    proof = project.path("proof.pdf")
    proof.write_text("the proof")
    refused = project.run(
        "evidence", "add", proof, "--rule", "machine_wanted", "--verdict", "pass", "--by", "li",
    )
    assert refused.code == 3
    assert "machine_wanted: is judged by machine" in refused.err
    assert finding(judged(project)[1], "proof_asked")["verdict"] == "manual"
    added = project.run(
        "evidence", "add", proof, "--rule", "proof_asked", "--verdict", "pass", "--by", "li",
    )
    assert added.code == 0, added.err
    answered = finding(judged(project)[1], "proof_asked")
    assert (answered["verdict"], answered["reason"]) == ("pass", "document: proof.pdf, by li")
    assert added.out.split() == [answered["evidence"], "proof.pdf"]


def test_the_report_begins_in_the_language_of_the_settings(project: Project) -> None:
    for language, lang in (("en", "en"), ("zh", "zh-CN")):
        spoken = replace(project, environment={"OPSRUNNER_LANGUAGE": language})
        out = project.root / language
        shown = spoken.run("show", first(project), "--format", "html", "--output", out)
        assert shown.code == 0, shown.err
        assert f'<html lang="{lang}">' in (out / "report.html").read_text(encoding="utf-8")


def test_a_document_for_a_host_that_is_none_is_refused(project: Project) -> None:
    proof = project.path("of_a_host.pdf")
    proof.write_text("the proof")
    answer = ["evidence", "add", proof, "--rule", "proof_asked", "--verdict", "pass", "--host"]
    new = project.inventory("new", {"web01": local(), "web02": local()})
    for host, near in (("hree", "near it: here"), ("web1", "near it: web01, web02")):
        refused = project.run(*answer, host, "-i", new)
        assert refused.code == 3
        assert f"--host: {host}: is in no run and not in {new}; {near}" in refused.err
    assert project.run("evidence", "list").out.count("of_a_host.pdf") == 0
    assert project.run(*answer, "here").code == 0, "it was checked"
    assert project.run(*answer, "web01", "-i", new).code == 0, "it will be"
    assert project.run("evidence", "list").out.count("of_a_host.pdf") == 2


def test_an_export_can_be_checked_without_us(project: Project, tmp_path: Path) -> None:
    archive = tmp_path / "made" / "run.zip"
    assert project.run("export", first(project), "--output", archive).code == 0
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    sums = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    assert subprocess.run(sums, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "records.jsonl").write_text("{}\n")
    assert subprocess.run(sums, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_one_flipped_byte_is_named(fine: Checked, tmp_path: Path) -> None:
    copy = tmp_path / "evidence"
    shutil.copytree(fine.project.store, copy)
    project = Project(fine.project.root, {"OPSRUNNER_STORE": str(copy)})
    head = fine.outcome.out.partition("head  ")[2].split()[0]
    assert project.run("verify", "--expect", head).code == 0
    sha = finding(fine.report, "kernel_named")["evidence"]
    (blob,) = copy.glob(f"blobs/{sha[:2]}/{sha}*")
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)
    verified = project.run("verify")
    assert verified.code == 2
    assert sha in verified.out
