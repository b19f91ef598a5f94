"""Bad policies: one message with all problems, each naming file and key; nothing half loaded."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from opsrunner.errors import ExitCode, PolicyError
from opsrunner.policy.load import load_policies

TODAY = date(2026, 11, 21)
RULE = """\
catalogue: LNX-AC-04
title: {zh: 标题, en: title}
severity: high
rationale: {zh: 理由, en: because}
applies_to: [linux]
check: {fact: ssh.options, key: permitrootlogin, operator: equals, expected: "no"}
remediation: {text: {zh: 修改, en: mend}}
danger: {level: none}
proven: {level: recorded, by: a unit test}
"""
PLATFORMS = "platforms:\n  rhel-8: {title: {zh: 红帽, en: eight}, family: [linux]}\n"
CLAUSE = """\
  - id: 8.1.4.1.a
    item: L3-CES1-01
    point: {zh: 要点, en: point}
    requirement: {zh: 要求, en: text}
    coverage: auto
    rules: [root_login]
"""
CONTROL = f"title: {{zh: 标准, en: standard}}\nsource: the standard\nclauses:\n{CLAUSE}"
PROFILE = "title: {zh: 基线, en: baseline}\nplatforms: [rhel-8]\ncontrols: [std]\n"
WAIVER = """\
waivers:
  - rule: root_login
    subjects: ["web*"]
    reason: the bastion
    owner: somebody
    compensating: console only
    approved: 2026-01-01
    expires: 2027-01-01
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "rules/ssh/root_login.yml": RULE, "platforms.yml": PLATFORMS, "controls/std.yml": CONTROL,
        "profiles/base.yml": PROFILE, "waivers/all.yml": WAIVER,
    }.items():
        put(tmp_path, name, text)
    return tmp_path


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_good_policies_load(root: Path) -> None:
    policies = load_policies(root, TODAY)
    assert list(policies.rules) == ["root_login"]
    assert len(policies.sha256) == 64


BAD = {
    "bad YAML": ("rules/ssh/root_login.yml", RULE + "x: [\n", "line 11"),
    "unknown key": ("rules/ssh/root_login.yml", RULE + "extra: 1\n", "extra: unknown key"),
    "wrong type": ("rules/ssh/root_login.yml", RULE.replace("[linux]", "3"), "applies_to"),
    "missing key": ("rules/ssh/root_login.yml", RULE.replace("severity: high\n", ""), "missing"),
    "key twice": ("rules/ssh/root_login.yml", RULE + "severity: low\n", "stands twice"),
    "duplicate id": ("rules/login/root_login.yml", RULE, "the id is taken"),
    "number twice": ("rules/ssh/other.yml", RULE, "LNX-AC-04 is"),
    "unknown fact": ("rules/ssh/root_login.yml", RULE.replace("options", "nope"), "no fact"),
    "unknown operator": ("rules/ssh/root_login.yml", RULE.replace("equals", "is"), "operator"),
    "unknown parameter": (
        "rules/ssh/root_login.yml", RULE.replace('"no"', "{parameter: x}"), "no parameter 'x'",
    ),
    "remedy of no parameter": (
        "rules/ssh/root_login.yml",
        RULE.replace("mend}}", "mend}, variables: {v: {parameter: x}}}"),
        "remediation.variables.v: no parameter 'x'",
    ),
    "nothing to follow": (
        "rules/ssh/root_login.yml",
        RULE.replace("mend}}", "mend}, not_followed: {x: {zh: 缘由, en: why}}}"),
        "remediation.not_followed: no parameter 'x'",
    ),
    "unknown platform": ("rules/ssh/root_login.yml", RULE.replace("linux", "bsd"), "'bsd'"),
    "clause without rule": (
        "controls/std.yml", CONTROL.replace("rules: [root_login]", "rules: []"), "needs rules",
    ),
    "clause of no rule": ("controls/std.yml", CONTROL.replace("root_login", "nope"), "'nope'"),
    "clause twice": ("controls/std.yml", CONTROL + CLAUSE, "the clause stands twice"),
    "cyclic profile": ("profiles/base.yml", PROFILE + "extends: base\n", "goes in a circle"),
    "profile of nothing": ("profiles/base.yml", PROFILE + "extends: gone\n", "no profile 'gone'"),
    "platform twice": ("profiles/more.yml", PROFILE, "is in profile"),
    "expired waiver": ("waivers/all.yml", WAIVER.replace("2027-01-01", "2026-11-20"), "expired on"),
    "waiver of nothing": ("waivers/all.yml", WAIVER.replace("root_login", "x"), "no such rule"),
    "waiver for all": ("waivers/all.yml", WAIVER.replace("web*", "*"), "hides the rule for"),
    "waiver for any name": (
        "waivers/all.yml", WAIVER.replace('"web*"', '"web*", "[!_]?*"'), "'[!_]?*' hides the rule",
    ),
    "waiver without owner": (
        "waivers/all.yml", WAIVER.replace("    owner: somebody\n", ""), "owner: missing",
    ),
    "not UTF-8": ("waivers/latin.yml", "", "UTF-8"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_its_file(root: Path, name: str) -> None:
    file, text, said = BAD[name]
    put(root, file, text)
    if name == "not UTF-8":
        (root / file).write_bytes(b"waivers: []  # \xff\n")
    with pytest.raises(PolicyError) as raised:
        load_policies(root, TODAY)
    assert said in str(raised.value)
    assert any(part in str(raised.value) for part in (file, Path(file).parent.name))
    assert raised.value.exit_code is ExitCode.BAD_INPUT


def test_a_profile_that_overrides_what_the_remedy_cannot_take_is_named(root: Path) -> None:
    ranged = RULE.replace('expected: "no"', "expected: {parameter: days}").replace(
        "mend}}", "mend}, variables: {v: {parameter: days, take: highest}}}")
    put(root, "rules/ssh/root_login.yml", ranged + "parameters: {days: [1, 90]}\n")
    put(root, "profiles/base.yml", PROFILE + "parameters: {root_login: {days: [1, 60]}}\n")
    assert load_policies(root, TODAY).profiles["base"].parameters  # the control
    put(root, "profiles/base.yml", PROFILE + "parameters: {root_login: {days: 60}}\n")
    with pytest.raises(PolicyError) as raised:
        load_policies(root, TODAY)
    (problem,) = raised.value.problems
    assert problem.key == "parameters.root_login.days"
    assert problem.file.endswith("profiles/base.yml")


def test_all_problems_come_at_once(root: Path) -> None:
    put(root, "rules/ssh/root_login.yml", RULE + "extra: 1\nmore: 2\n")
    put(root, "profiles/base.yml", PROFILE + "x: 1\n")
    with pytest.raises(PolicyError) as raised:
        load_policies(root, TODAY)
    assert len(raised.value.problems) == 3


def test_no_stays_the_text_that_sshd_prints(root: Path) -> None:
    put(root, "rules/ssh/root_login.yml", RULE.replace('"no"', "no"))
    assert load_policies(root, TODAY).rules["root_login"].check.expected == "no"


def test_the_hash_changes_with_any_byte(root: Path) -> None:
    before = load_policies(root, TODAY).sha256
    put(root, "rules/ssh/root_login.yml", RULE + "# a remark\n")
    assert load_policies(root, TODAY).sha256 != before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    with pytest.raises(PolicyError, match="no such folder"):
        load_policies(tmp_path, TODAY)
