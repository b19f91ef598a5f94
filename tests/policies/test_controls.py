"""Controls and profiles over the real rules: nothing lost, nothing invented, nothing moved."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from opsrunner.policy.load import Policies, load_policies
from opsrunner.policy.resolve import profile_for, select

ROOT = Path(__file__).parents[2]
SELECTED = ROOT / "tests" / "policies" / "selected"
LINUX = [f"LNX-{group}-{n:02}" for group, count in {
    "IA": 31, "AC": 34, "AU": 24, "IP": 35, "MC": 3, "TV": 1, "DI": 2, "DC": 3, "BK": 3, "RI": 2,
    "PI": 1,
}.items() for n in range(1, count + 1)]
KYLIN = [f"KYL-{n:02}" for n in range(1, 15)]


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load_policies(ROOT / "policies", date.min)


def test_every_catalogue_number_has_a_rule_or_a_reason(policies: Policies) -> None:
    assert len(LINUX) == 139
    numbers = {rule.catalogue for rule in policies.rules.values()}
    left_out = {n for control in policies.controls.values() for n in control.left_out}
    assert numbers | left_out == {*LINUX, *KYLIN}
    assert not numbers & left_out


def test_the_standard_has_its_34_clauses_with_their_coverage(policies: Policies) -> None:
    clauses = policies.controls["gbt22239-2019-l3"].clauses
    coverage = [clause.coverage for clause in clauses]
    assert len(clauses) == 34
    assert (coverage.count("auto"), coverage.count("part"), coverage.count("evidence")) == (
        11, 17, 6,
    )
    assert [c.item for c in clauses if c.item.endswith("-16")] == []


def test_every_rule_is_asked_for_by_a_clause_or_included_by_a_profile(policies: Policies) -> None:
    asked = {r for c in policies.controls.values() for clause in c.clauses for r in clause.rules}
    asked |= {r for profile in policies.profiles.values() for r in profile.include}
    assert asked == policies.rules.keys()


def test_every_linux_platform_has_a_profile(policies: Policies) -> None:
    for name, platform in policies.platforms.items():
        if "linux" in platform.family:
            assert profile_for(name, policies) is not None


def test_what_a_profile_selects_is_frozen(policies: Policies) -> None:
    """Accept a change with ``ACCEPT=1 pytest tests/policies/test_controls.py``."""
    for name in policies.platforms:
        profile = profile_for(name, policies)
        if profile is None:
            continue
        now = [selected.id for selected in select(profile, policies, name)]
        path = SELECTED / f"{name}.txt"
        if os.environ.get("ACCEPT"):
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(now) + "\n", encoding="utf-8")
        frozen = path.read_text(encoding="utf-8").splitlines()
        assert {"added": sorted(set(now) - set(frozen)), "removed": sorted(set(frozen) - set(now))
                } == {"added": [], "removed": []}, "accept with ACCEPT=1"


def test_no_more_than_a_tenth_of_the_rules_is_unproven(policies: Policies) -> None:
    levels = [rule.proven.level for rule in policies.rules.values()]
    assert levels.count("none") <= len(levels) / 10
