"""A report names the values its hosts were judged by, and all of them where they differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from opsrunner.policy.load import load_policies
from opsrunner.report.summary import rule_texts

POLICIES = load_policies(Path(__file__).parents[3] / "policies", date(2026, 11, 21))
STRICT = POLICIES.profiles["l3_el8"].model_copy(
    update={"parameters": {"password_max_days": {"days": [1, 60]}}})
BOTH = replace(POLICIES, profiles={**POLICIES.profiles, "l3_el8": STRICT})


def title(*kinds: tuple[str, str]) -> str:
    """Given the profiles and platforms of a run, return how it names one rule."""
    return rule_texts(BOTH, kinds)["password_max_days"].title["en"]


def test_the_profiles_of_the_run_are_what_is_named() -> None:
    said = "Passwords of new accounts expire after at most {} days"
    assert title(("l3_el8", "rhel-8")) == said.format("60")
    assert title(("l3_el7", "centos-7")) == said.format("90")
    assert title(("l3_el8", "rhel-8"), ("l3_el7", "centos-7")) == said.format("90/60")
    assert title(("no_longer_there", "rhel-8")) == said.format("90")
