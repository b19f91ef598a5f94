"""What decides whether a rule passes is what its remedy sets, whatever a profile overrides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from opsrunner.changes.rendering import refuse_types
from opsrunner.policy.crosscheck import parameter_of, walk
from opsrunner.policy.load import load_policies
from opsrunner.policy.models import Check, Remediation, Rule
from opsrunner.policy.parameters import problems, references, remedy_variables
from opsrunner.policy.yaml import read

ROOT = Path(__file__).parents[2]
RULES = load_policies(ROOT / "policies", date(2026, 11, 21)).rules
CASES: dict[str, Any] = read(Path(__file__).parent / "overridden.yml")[0]


def stray(rule: Rule) -> Iterator[str]:
    """Given a rule, yield the parameters that decide its verdict and that its remedy ignores."""
    if not rule.remediation.variables:
        return
    deciding = {parameter_of(condition.expected) for condition in walk(rule.check)} - {None}
    followed = {reference.parameter for reference in references(rule)}
    said = rule.remediation.not_followed.keys()
    yield from sorted(f"{name}: neither followed nor named" for name in
                      map(str, deciding - followed - said))
    yield from sorted(f"{name}: followed, and named as not" for name in followed & said)


@pytest.mark.parametrize("name", RULES)
def test_a_parameter_that_decides_flows_into_the_remedy_or_says_why_not(name: str) -> None:
    assert list(stray(RULES[name])) == []


def test_a_parameter_that_the_remedy_ignores_is_seen() -> None:
    rule = RULES["password_max_days"]
    fixed = Remediation(text=rule.remediation.text, role="harden_linux",
                        variables={"harden_linux_login_defs": {"PASS_MAX_DAYS": 90}})
    deaf = rule.model_copy(update={"remediation": fixed})
    assert list(stray(deaf)) == ["days: neither followed nor named"]


def test_every_rule_whose_remedy_follows_a_parameter_has_a_case() -> None:
    assert sorted(CASES) == sorted(name for name, rule in RULES.items() if any(references(rule)))


@pytest.mark.parametrize("name", CASES)
def test_what_a_profile_overrides_is_what_the_remedy_wants(name: str) -> None:
    rule, case = RULES[name], CASES[name]
    chosen = {**rule.parameters, **case["parameters"]}
    assert not list(problems(rule, chosen))
    assert remedy_variables(rule, chosen) == case["wanted"]
    refuse_types(case["wanted"])
    changes = {reference.parameter for reference in references(rule)} & case["parameters"].keys()
    assert changes, "the case overrides nothing that the remedy follows"


def test_a_check_can_name_a_parameter_without_a_remedy() -> None:
    rule = RULES["dormant_accounts"]
    assert [c.expected for c in walk(rule.check) if isinstance(c, Check)] == [{"parameter": "days"}]
    assert list(stray(rule)) == []
