"""The rule and the cases that CONTRIBUTING.md shows are a rule and cases that hold."""

from __future__ import annotations

import re
from pathlib import Path

from opsrunner.policy.cases import failures, load_cases
from opsrunner.policy.models import Rule
from opsrunner.policy.yaml import read

ROOT = Path(__file__).parents[2]


def test_the_example_of_a_rule_holds(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rule_text, cases_text = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    for name, content in {"rule.yml": rule_text, "cases.yml": cases_text}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    value, problems = read(tmp_path / "rule.yml")
    assert problems == []
    cases = load_cases(tmp_path / "cases.yml")
    assert list(failures("example", Rule.model_validate(value), cases)) == []
    assert {str(case.verdict) for case in cases.cases} == {"pass", "fail", "unknown"}
