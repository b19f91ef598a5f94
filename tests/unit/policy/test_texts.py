"""Parameters in a rule's texts: filled in as they are used, refused where they cannot be."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.policy.load import load_policies
from opsrunner.policy.models import Rule, Text
from opsrunner.policy.texts import filled, problems

ROOT = Path(__file__).parents[3]
BASE = load_policies(ROOT / "policies", date(2026, 11, 21)).rules["umask"]


def rule(title: str, **parameters: Any) -> Rule:  # noqa: ANN401 - any JSON
    """Return a rule with this title and these parameters, nothing else of it names one."""
    plain = Text(zh="说明", en="a text")
    return BASE.model_copy(update={
        "title": Text(zh=title, en=title), "rationale": plain, "parameters": parameters,
        "remediation": BASE.remediation.model_copy(update={"text": plain}),
        "danger": BASE.danger.model_copy(update={"why": plain}),
    })


@pytest.mark.parametrize(("text", "parameters", "zh", "en"), [
    ("<days> d", {"days": 90}, "90 d", "90 d"),
    ("<of>", {"of": ["a", "b"]}, "a、b", "a, b"),
    ("<r.lowest> to <r.highest>, <r.first>", {"r": [3, 1, 9]}, "1 to 9, 3", "1 to 9, 3"),
    ("<s.at_least.900>", {"s": 300}, "900", "900"),
    ("<s.at_least.900>", {"s": 1200}, "1200", "1200"),
    ("<of.joined>", {"of": ["a", "b"]}, "a,b", "a,b"),
    ("id>=1 <- <Other> < x >", {}, "id>=1 <- <Other> < x >", "id>=1 <- <Other> < x >"),
])
def test_a_parameter_is_read_out(text: str, parameters: dict[str, Any], zh: str, en: str) -> None:
    found = filled(rule(text, **parameters))
    assert (found.title.zh, found.title.en) == (zh, en)
    assert not list(problems(rule(text, **parameters), parameters))


@pytest.mark.parametrize(("text", "parameters", "said"), [
    ("<days>", {}, "no parameter 'days'"),
    ("<days.highest>", {"days": 90}, "must be a list of numbers"),
    ("<days.highest>", {"days": ["a"]}, "must be a list of numbers"),
    ("<days.highest>", {"days": []}, "must be a list of numbers"),
    ("<days.biggest>", {"days": [1]}, "write highest, lowest, first, joined"),
    ("<days.joined>", {"days": 1}, "write highest"),
    ("<days.at_least>", {"days": 1}, "write highest"),
    ("<days.at_least.5>", {"days": [1]}, "must be a number"),
    ("<of>", {"of": {"a": "b"}}, "a mapping cannot be read out"),
])
def test_what_cannot_be_read_out_is_a_problem(
    text: str, parameters: dict[str, Any], said: str,
) -> None:
    (problem,) = problems(rule(text, **parameters), parameters)
    assert problem[1] == "title"
    assert said in problem[2]


def test_hosts_with_different_profiles_show_every_value_once() -> None:
    one = rule("<days> d", days=90)
    assert filled(one, {"days": 60}, {"days": 90}, {"days": 60}).title.en == "60/90 d"
    assert filled(one, {"days": 60}).title.en == "60 d"


@given(st.text(), st.text())
def test_what_a_parameter_holds_is_never_read_as_a_place(before: str, value: str) -> None:
    safe = before.replace("<", "")
    found = filled(rule(f"{safe}<of>", of=f"<of>{value}"))
    assert found.title.en == f"{safe}<of>{value}"
