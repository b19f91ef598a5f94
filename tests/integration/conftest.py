"""Runs that several tests look at: each is expensive, so it is made once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.project import Outcome, Project, become, local, make_project

FORMATS = "html,xlsx,json,csv,junit"


@dataclass(frozen=True)
class Checked:
    """A project with one check behind it: what the command answered and where it wrote."""

    project: Project
    outcome: Outcome
    reports: Path
    report: dict[str, Any]  # the JSON report

    def verdicts(self, host: str) -> dict[str, str]:
        """Given a host, return its verdicts by rule."""
        return verdicts(self.report, host)


def verdicts(report: dict[str, Any], host: str) -> dict[str, str]:
    """Given a JSON report and a host, return the host's verdicts by rule."""
    findings = [f for f in report["findings"] if f["subject"]["id"] == host]
    return {finding["rule"]: finding["verdict"] for finding in findings}


def check(project: Project, inventory: Path) -> Checked:
    """Given a project and an inventory, check it with all report formats."""
    reports = project.root / "out"
    outcome = project.run("check", "-i", inventory, "--format", FORMATS, "--output", reports)
    return Checked(project, outcome, reports, read_report(reports))


def read_report(folder: Path) -> dict[str, Any]:
    """Given a folder, return the JSON report in it."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a check of one host on which nothing fails."""
    project = make_project(tmp_path_factory.mktemp("fine"))
    return check(project, project.inventory("one", {"here": local()}))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a check of two hosts in order, one gone, one without sudo, one without a profile."""
    project = make_project(tmp_path_factory.mktemp("mixed"))
    sudo = project.executable("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    hosts: dict[str, dict[str, object]] = {
        "here": local(),
        "there": local(),
        "gone": {"ops_platform": "debian-12", "ansible_host": "127.0.0.1", "ansible_port": 1},
        "refusing": become(sudo),
        "windows": {"ops_platform": "windows-2019"},
    }
    return check(project, project.inventory("mixed", hosts))
