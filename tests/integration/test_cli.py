"""A check through the real command line: what it finds, what it writes, what it answers."""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import openpyxl
import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from opsrunner.policy.load import load_policies
from opsrunner.policy.resolve import profile_for, select
from tests.integration.conftest import FORMATS, Checked, read_report, verdicts
from tests.integration.project import (
    REPOSITORY,
    Project,
    local,
    make_project,
    release,
    rule,
    text,
)

SCHEMA = REPOSITORY / "opsrunner" / "report" / "schema" / "report-1.json"
IN_ORDER = {
    "kernel_named": "pass",
    "machine_wanted": "pass",
    "only_elsewhere": "not_applicable",
    "proof_asked": "manual",
}
VAULT_PASSWORD, SUDO_PASSWORD = secrets.token_hex(16), secrets.token_hex(16)
SEARCH_LIMIT = "# limit: {}\n# cap: 1048576\nneed find\n"  # of the probe files.search
UNKNOWN = dict.fromkeys(IN_ORDER, "unknown")


def test_nothing_fails_and_nothing_is_unknown(fine: Checked) -> None:
    assert fine.outcome.code == 0
    assert fine.verdicts("here") == IN_ORDER
    assert fine.outcome.err == "here: reached; 2 pass; 1 manual\n"


def test_every_host_has_its_findings_whatever_became_of_the_others(mixed: Checked) -> None:
    assert mixed.outcome.code == 4
    assert mixed.verdicts("here") == mixed.verdicts("there") == IN_ORDER
    assert mixed.verdicts("gone") == mixed.verdicts("refusing") == UNKNOWN
    assert mixed.verdicts("windows") == {}


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("gone", "unreachable: "),
        ("refusing", "denied: sudo: a password is required"),
        ("windows", "not_collected: there is no profile yet"),
    ],
)
def test_a_host_that_could_not_be_looked_at_says_why(
    mixed: Checked, host: str, reason: str,
) -> None:
    (subject,) = [one for one in mixed.report["subjects"] if one["id"] == host]
    assert not subject["reached"]
    assert subject["reason"].startswith(reason)
    assert f"{host}: NOT REACHED ({reason}" in mixed.outcome.err
    findings = [f for f in mixed.report["findings"] if f["subject"]["id"] == host]
    assert all(f["reason"].startswith(reason) and f["evidence"] is None for f in findings)


def test_only_the_hosts_that_have_rules_are_touched(mixed: Checked) -> None:
    assert mixed.project.touched == {"here", "there", "gone", "refusing"}


@pytest.mark.parametrize("name", ["fine", "mixed"])
def test_the_json_report_satisfies_its_schema(name: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(name).report
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert len(report["findings"]) == sum(one["rules"] for one in report["subjects"])
    assert len({(f["subject"]["id"], f["rule"]) for f in report["findings"]}) == len(
        report["findings"],
    )


def test_every_format_tells_of_every_finding(mixed: Checked) -> None:
    findings = len(mixed.report["findings"])
    with (mixed.reports / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == findings + 1
    suites = ET.parse(mixed.reports / "report.junit.xml").getroot()  # noqa: S314 - our own file
    assert len(list(suites.iter("testcase"))) == findings
    assert suites.get("errors") == str(len(UNKNOWN) * 2)
    book = openpyxl.load_workbook(mixed.reports / "report.xlsx", read_only=True)
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    assert sum("kernel_named" in row for row in rows) >= len(mixed.report["subjects"]) - 1
    page = (mixed.reports / "report.html").read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert all(subject["id"] in page for subject in mixed.report["subjects"])


def test_the_command_says_where_it_wrote(mixed: Checked) -> None:
    said = dict(line.split(None, 1) for line in mixed.outcome.out.splitlines() if line)
    assert {name: said[name] for name in FORMATS.split(",")} == {
        "html": str(mixed.reports / "report.html"),
        "xlsx": str(mixed.reports / "report.xlsx"),
        "json": str(mixed.reports / "report.json"),
        "csv": str(mixed.reports / "report.csv"),
        "junit": str(mixed.reports / "report.junit.xml"),
    }
    assert said["run"] == mixed.report["run"]["id"]
    assert len(said["head"]) == 64


def test_this_machine_by_the_rules_that_ship(tmp_path: Path) -> None:
    """The job of ``make demo``: every rule of the platform answers, whatever it answers.

    All is as it ships but the search of the disks: it may take ten seconds, and is then cut.
    """
    project = Project(tmp_path)
    for name in ("ansible.cfg", "playbooks", "plugins", "policies"):
        project.path(name).symlink_to(REPOSITORY / name)
    shutil.copytree(REPOSITORY / "roles", tmp_path / "roles")
    probes = tmp_path / "roles" / "observe_linux" / "files" / "probes" / "files.sh"
    shipped = probes.read_text(encoding="utf-8")
    assert shipped.count(SEARCH_LIMIT.format(100)) == 1
    bounded = shipped.replace(SEARCH_LIMIT.format(100), SEARCH_LIMIT.format(10))
    probes.write_text(bounded, encoding="utf-8")
    inventory = project.inventory("here", {"here": local()})
    outcome = project.run(
        "check", "-i", inventory, "--format", FORMATS, "--output", tmp_path / "out",
    )
    assert outcome.code in (0, 2, 4), outcome.err
    policies = load_policies(REPOSITORY / "policies", date.min)
    rules = select(str(profile_for("debian-12", policies)), policies, "debian-12")
    report = read_report(tmp_path / "out")
    assert list(verdicts(report, "here")) == [rule.id for rule in rules]
    crashed = [f for f in report["findings"] if str(f["reason"]).startswith("rule_crashed")]
    assert crashed == []
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [
        ".csv", ".html", ".json", ".xlsx", ".xml",
    ]


def test_a_vault_opens_with_a_password_from_a_descriptor(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    path = project.inventory("site/hosts", {"here": local()}).parent
    vault = VaultLib([("default", VaultSecret(VAULT_PASSWORD.encode()))])
    encrypted = vault.encrypt(f"ansible_become_password: {SUDO_PASSWORD}\n")
    project.path("inventories/site/group_vars/linux.yml").write_bytes(encrypted)
    reader, writer = os.pipe()
    os.write(writer, VAULT_PASSWORD.encode())
    os.close(writer)
    told = Project(tmp_path, {"OPSRUNNER_VAULT_PASSWORD_FD": str(reader)})
    outcome = told.run("check", "-i", path, "--output", tmp_path / "out", fds=(reader,))
    os.close(reader)
    assert outcome.code == 0, outcome.err
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert VAULT_PASSWORD.encode() not in file.read_bytes()
        assert SUDO_PASSWORD.encode() not in file.read_bytes()
    refused = project.run("check", "-i", path)
    assert (refused.code, "encrypted with ansible-vault" in refused.err) == (3, True)


def test_a_selection_that_passes_a_host_by_says_so(tmp_path: Path) -> None:
    """A rule of another platform leaves a host without findings: shown, and not unknown."""
    project = make_project(tmp_path)
    only_el = rule(1, "low", release("kernel", "not_empty"), applies_to=["el"])
    project.write("policies/rules/system/kernel_named.yml", only_el)
    profile = {"title": text("a profile"), "platforms": ["rhel-8"], "controls": ["small"]}
    project.write("policies/profiles/other.yml", profile)
    path = project.inventory("two", {"here": local(), "el": local(ops_platform="rhel-8")})
    outcome = project.run(
        "check", "-i", path, "--rule", "kernel_named", "--format", "json",
        "--output", tmp_path / "out",
    )
    report = read_report(tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert verdicts(report, "el") == {"kernel_named": "pass"}
    assert "here: NOT REACHED (not_collected: no selected rule is for platform debian-12)" in (
        outcome.err
    )
    assert project.touched == {"el"}
