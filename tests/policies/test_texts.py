"""A rule's text names a parameter's value only through the parameter, so that an override shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from opsrunner.policy.load import load_policies
from opsrunner.policy.models import Rule, Text
from opsrunner.policy.resolve import select
from opsrunner.policy.texts import filled, problems, texts

POLICIES = load_policies(Path(__file__).parents[2] / "policies", date(2026, 11, 21))
RULES = POLICIES.rules
# Numbers that are a parameter's by chance, and what they are there.
CHANCE = {
    ("kylin_python", "3.7"): "the version that V10 ships",
    ("reverse_path_filter", "2"): "the loose filter, which the parameter loose cannot replace",
    ("password_complexity", "1"): "the credit -1",
}


def numbers(rule: Rule) -> Iterator[str]:
    """Given a rule, yield the numbers its parameters hold; the loose end of a range is no limit."""
    for parameter in rule.parameters.values():
        yield from _numbers(parameter)


def _numbers(parameter: Any) -> Iterator[str]:  # noqa: ANN401 - a parameter is any JSON value
    if isinstance(parameter, list):
        found = [str(item) for item in parameter if str(item).replace(".", "").isdigit()]
        yield from (item for item in found if item not in ("0", "1"))
    elif str(parameter).isdigit() and not isinstance(parameter, bool):
        yield str(parameter)


def named(rule: Rule) -> list[tuple[str, str]]:
    """Given a rule, return its texts that name a parameter's value outright: key and number."""
    found = []
    for key, text in texts(rule):
        for number in numbers(rule):
            alone = rf"(?<![\w.-]){re.escape(number)}(?![\w-]|\.\d)"
            if any(re.search(alone, said, re.ASCII) for said in (text.zh, text.en)):
                found.append((key, number))
    return found


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.parameters])
def test_a_text_names_a_parameters_value_through_the_parameter(name: str) -> None:
    assert [one for one in named(RULES[name]) if (name, one[1]) not in CHANCE] == []
    assert not list(problems(RULES[name], RULES[name].parameters))


def test_a_number_written_out_would_be_seen() -> None:
    rule = RULES["password_max_days"]
    deaf = rule.model_copy(update={"title": Text(zh="不超过90天", en="at most 90 days")})
    assert named(deaf) == [("title", "90")]


@pytest.mark.parametrize("profile", POLICIES.profiles)
def test_nobody_reads_a_place_that_is_not_filled_in(profile: str) -> None:
    for platform in POLICIES.platforms:
        for one in select(profile, POLICIES, platform):
            for key, text in texts(one.rule):
                assert not re.search(r"<[a-z_]+[.>]", text.zh + text.en), (one.id, key)


def test_what_a_profile_overrides_is_what_is_read() -> None:
    rule = filled(RULES["password_max_days"], {"days": [1, 60]})
    assert rule.title.zh == "新账户口令最长有效期不超过 60 天"
    assert "PASS_MAX_DAYS 60" in rule.remediation.text.en
    assert filled(RULES["password_max_days"]).title.zh == "新账户口令最长有效期不超过 90 天"
