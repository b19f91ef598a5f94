"""Do the names in the policy files agree? Every disagreement is a problem with file and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.errors import Problem
from opsrunner.facts.base import registry
from opsrunner.policy import parameters as remedy_parameters
from opsrunner.policy import texts as rule_texts
from opsrunner.policy.models import Check, Rule

if TYPE_CHECKING:
    from opsrunner.policy.load import Policies

_WILDCARDS = re.compile(r"\[!?[^]]+\]|[*?]")  # of fnmatch


def check(policies: Policies, root: Path, today: date) -> list[Problem]:
    """Given policies that could all be read, return the problems between them."""
    return [
        *_rules(policies, root),
        *_controls(policies, root),
        *_profiles(policies, root),
        *_waivers(policies, root, today),
    ]


def walk(check_: Check) -> Iterator[Check]:
    """Given a check, return it and every condition inside it."""
    yield check_
    for inner in (*check_.all, *check_.any):
        yield from walk(inner)


def conditions(rule: Rule) -> Iterator[Check]:
    """Given a rule, return every condition of its check and of its ``applies_when``."""
    yield from walk(rule.check)
    if rule.applies_when:
        yield from walk(rule.applies_when)


def _rules(policies: Policies, root: Path) -> Iterator[Problem]:
    families = {tag for name, p in policies.platforms.items() for tag in (name, *p.family)}
    numbers: dict[str, str] = {}
    for name, rule in policies.rules.items():
        file = str(root / "rules" / policies.topics[name] / f"{name}.yml")
        if rule.catalogue in numbers:
            yield Problem(file, "catalogue", f"{rule.catalogue} is {numbers[rule.catalogue]}'s")
        numbers[rule.catalogue] = name
        for tag in rule.applies_to:
            if tag not in families:
                yield Problem(file, "applies_to", f"no platform or family {tag!r} in platforms.yml")
        for fact in [c.fact for c in conditions(rule) if c.fact] + list(rule.context):
            if fact not in registry():
                yield Problem(file, "fact", f"no fact {fact!r}; see opsrunner/facts/")
        for condition in conditions(rule):
            parameter = parameter_of(condition.expected)
            if parameter is not None and parameter not in rule.parameters:
                yield Problem(file, "expected", f"no parameter {parameter!r} in this rule")
        yield from _remedy(rule, file)


def _remedy(rule: Rule, file: str) -> Iterator[Problem]:
    for _, key, why in (*remedy_parameters.problems(rule, rule.parameters),
                        *rule_texts.problems(rule, rule.parameters)):
        yield Problem(file, key, why)
    for parameter in sorted(rule.remediation.not_followed.keys() - rule.parameters.keys()):
        key = "remediation.not_followed"
        yield Problem(file, key, f"no parameter {parameter!r} in this rule")


def parameter_of(expected: object) -> str | None:
    """Given a check's ``expected``, return the parameter it names, None when it is a value."""
    if isinstance(expected, dict) and set(expected) == {"parameter"}:
        return str(expected["parameter"])
    return None


def _controls(policies: Policies, root: Path) -> Iterator[Problem]:
    for name, control in policies.controls.items():
        file = str(root / "controls" / f"{name}.yml")
        seen: set[str] = set()
        for clause in control.clauses:
            if clause.id in seen:
                yield Problem(file, clause.id, "the clause stands twice")
            seen.add(clause.id)
            yield from _known(file, clause.id, clause.rules, policies)


def _known(file: str, key: str, rules: Iterable[str], policies: Policies) -> Iterator[Problem]:
    for rule in rules:
        if rule not in policies.rules:
            yield Problem(file, key, f"no rule {rule!r} under policies/rules/")


def _profiles(policies: Policies, root: Path) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, profile in policies.profiles.items():
        file = str(root / "profiles" / f"{name}.yml")
        yield from _chain(name, file, policies)
        for control in profile.controls:
            if control not in policies.controls:
                yield Problem(file, "controls", f"no control {control!r} under policies/controls/")
        for platform in profile.platforms:
            if platform not in policies.platforms:
                yield Problem(file, "platforms", f"no platform {platform!r} in platforms.yml")
            if platform in owners:
                yield Problem(file, "platforms", f"{platform} is in profile {owners[platform]} too")
            owners[platform] = name
        named = [*profile.include, *(item.rule for item in profile.exclude), *profile.parameters]
        yield from _known(file, "rules", named, policies)
        for rule, chosen in profile.parameters.items():
            if rule in policies.rules:
                yield from _parameters(file, rule, policies.rules[rule], chosen)


def _parameters(
    file: str, name: str, rule: Rule, chosen: Mapping[str, Any],
) -> Iterator[Problem]:
    """Given what a profile chooses for a rule, return what the rule or its remedy cannot take."""
    for key in chosen.keys() - rule.parameters.keys():
        yield Problem(file, f"parameters.{name}", f"the rule has no parameter {key!r}")
    every = {**rule.parameters, **chosen}
    for key, _, why in (*remedy_parameters.problems(rule, every),
                        *rule_texts.problems(rule, every)):
        if key in chosen:
            yield Problem(file, f"parameters.{name}.{key}", why)


def _chain(name: str, file: str, policies: Policies) -> Iterator[Problem]:
    seen = [name]
    while (above := policies.profiles[seen[-1]].extends) is not None:
        if above not in policies.profiles:
            yield Problem(file, "extends", f"no profile {above!r} under policies/profiles/")
            return
        if above in seen:
            yield Problem(file, "extends", f"goes in a circle: {' -> '.join([*seen, above])}")
            return
        seen.append(above)


def _waivers(policies: Policies, root: Path, today: date) -> Iterator[Problem]:
    file = str(root / "waivers")
    for waiver in policies.waivers:
        if waiver.rule not in policies.rules:
            yield Problem(file, waiver.rule, "no such rule under policies/rules/")
        if waiver.expires < today:
            yield Problem(file, waiver.rule, f"expired on {waiver.expires}; renew or remove it")
        if waiver.expires < waiver.approved:
            yield Problem(file, waiver.rule, "expires before it was approved")
        if blanket := [p for p in waiver.subjects if not _WILDCARDS.sub("", p).strip()]:
            why = f"subjects: {blanket[0]!r} hides the rule for the whole fleet"
            mend = "name the hosts, or leave the rule out of the profile with a reason"
            yield Problem(file, waiver.rule, f"{why}; {mend}")
