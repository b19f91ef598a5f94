"""Bad input: one message with every problem, exit code 3, and no host is touched.

The same project is sound in the other files of this folder; here it is broken in many ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.project import (
    Outcome,
    Project,
    clause,
    local,
    make_project,
    release,
    rule,
    text,
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of its own."""
    return make_project(tmp_path)


def refused(project: Project, inventory: Path | str) -> Outcome:
    """Given an inventory, check it; return the answer, which refuses and touches nothing."""
    outcome = project.run("check", "-i", inventory)
    assert outcome.code == 3, outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert project.touched == set()
    assert not project.store.exists(), "nothing was begun"
    return outcome


def says(outcome: Outcome, expected: Mapping[str, str]) -> None:
    """Given an answer, see that it names each file with its problem, and has no other."""
    head, *lines = outcome.err.strip().splitlines()
    assert head == f"{len(lines)} problem(s); no host was touched:"
    for file, message in expected.items():
        assert [line for line in lines if file in line and message in line], (file, lines)
    assert len(lines) == len(expected), lines


def test_files_that_cannot_be_read(project: Project) -> None:
    project.write("policies/rules/system/torn.yml", "catalogue: [LNX-IA-05\n")
    unknown_key = rule(6, "low", release("kernel", "not_empty"), color="red")
    project.write("policies/rules/system/coloured.yml", unknown_key)
    project.write("policies/rules/system/twice.yml", "severity: low\nseverity: high\n")
    wrong_type = rule(7, "low", release("kernel", "not_empty"), applies_to="linux")
    project.write("policies/rules/system/typed.yml", wrong_type)
    again = rule(8, "low", release("kernel", "not_empty"))
    project.write("policies/rules/other/kernel_named.yml", again)
    clauses = [clause("8.1", "evidence", []), clause("8.2", "auto", [])]
    bare = {"title": text("bare"), "source": "tests", "clauses": clauses}
    project.write("policies/controls/bare.yml", bare)
    project.write("policies/waivers/open.yml", "waivers: {}\n")
    project.write("inventories/empty.yml", "linux: {hosts: {}}\n")
    outcome = refused(project, "inventories/empty.yml")
    says(outcome, {
        "torn.yml": "line 2, column 1: bad YAML",
        "coloured.yml: color": "unknown key; remove it or mend its spelling",
        "twice.yml: line 2": "key 'severity' stands twice",
        "typed.yml: applies_to": "must be a list",
        "kernel_named.yml: id": "the id is taken by",
        "bare.yml: clauses.1": "coverage auto needs rules",
        "open.yml: waivers": "must be a list",
        "empty.yml": "the inventory is empty: it has no host",
    })


def test_names_that_do_not_agree(project: Project) -> None:
    for name, above in {"a": "b", "b": "a"}.items():
        profile = {"title": text("round"), "extends": f"round_{above}"}
        project.write(f"policies/profiles/round_{name}.yml", profile)
    project.write("policies/profiles/lost.yml", {"title": text("lost"), "include": ["no_rule"]})
    waiver = {
        "rule": "kernel_named", "subjects": ["*"], "reason": "r1", "owner": "o1",
        "compensating": "c1", "approved": "2020-01-01", "expires": "2020-12-31",
    }
    project.write("policies/waivers/old.yml", {"waivers": [waiver]})
    homeless = local()
    del homeless["ops_platform"]
    path = project.inventory("hosts", {"here": local(), "homeless": homeless})
    outcome = refused(project, path)
    says(outcome, {
        "round_a.yml: extends": "goes in a circle: round_a -> round_b -> round_a",
        "round_b.yml: extends": "goes in a circle",
        "lost.yml: rules": "no rule 'no_rule'",
        "waivers: kernel_named: expired": "expired on 2020-12-31; renew or remove it",
        "waivers: kernel_named: subjects": "'*' hides the rule for the whole fleet",
        "homeless.ops_platform": "the host is in no platform",
    })


def test_hosts_with_the_same_problem_are_named_in_one_line(project: Project) -> None:
    path = project.inventory("flat", {"web1": {}, "web2": {}})
    outcome = refused(project, path)
    head, *lines = outcome.err.strip().splitlines()
    assert head == "2 problem(s); no host was touched:"
    assert len(lines) == 1
    assert "web1.ops_platform, web2.ops_platform: the host is in no platform" in lines[0]


def test_options_that_mean_nothing(project: Project) -> None:
    path = project.inventory("hosts", {"here": local()})
    blocked = project.path("a_file")
    blocked.write_text("")
    for options, message in {
        ("--rule", "no_rule"): "--rule: no_rule: no such rule",
        ("--profile", "no_profile"): "--profile: no_profile: no such profile",
        ("--format", "pdf,docx"): "2 problem(s)",
        ("--fail-on", "all"): "Invalid value for '--fail-on': 'all' is not one of",
        ("--output", str(blocked / "below")): "is no folder",
    }.items():
        outcome = project.run("check", "-i", path, *options)
        assert (outcome.code, message in outcome.err) == (3, True), outcome.err
    assert project.touched == set()


def test_a_rule_without_cases(project: Project) -> None:
    """The other three rules have theirs; one of them does not hold."""
    files = {"/etc/os-release": "ID=x", "/etc/kylin-release": None, "/etc/redhat-release": None}
    frame = {"system.release": {"sections": {"kernel": "6.1"}, "files": files}}
    sound = {"cases": [{"name": "pass", "frames": frame, "verdict": "pass"}]}
    missing = {"cases": [{"name": "unknown without it", "verdict": "unknown"}]}
    project.write("cases/system/kernel_named.yml", sound)
    project.write("cases/system/only_elsewhere.yml", sound)
    project.write("cases/system/proof_asked.yml", {"cases": [{"name": "m", "verdict": "manual"}]})
    outcome = project.run("rules", "check", "--cases", "cases")
    assert outcome.code == 3
    says(outcome, {
        "machine_wanted.yml": "the rule has no case file; write one",
        "only_elsewhere.yml: case": "pass: not_applicable",
    })
    project.write("cases/system/machine_wanted.yml", missing)
    project.write("cases/system/only_elsewhere.yml", missing)
    outcome = project.run("rules", "check", "--cases", "cases")
    assert (outcome.code, outcome.out) == (0, "4 rules, 4 cases, all hold\n")
