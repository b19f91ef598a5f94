"""Which rules a profile selects, with which parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from opsrunner.errors import PolicyError, Problem
from opsrunner.policy.load import Policies
from opsrunner.policy.models import Profile, Rule
from opsrunner.policy.texts import filled


@dataclass(frozen=True, slots=True)
class Selected:
    """One rule as a profile selects it: its final parameters and the clauses that ask for it.

    The rule's texts have these parameters in them.
    """

    id: str
    topic: str
    rule: Rule
    parameters: Mapping[str, Any]
    clauses: tuple[str, ...]


def profile_for(platform: str, policies: Policies) -> str | None:
    """Given a platform, return the profile that measures it, None when none does yet."""
    for name, profile in policies.profiles.items():
        if platform in profile.platforms:
            return name
    return None


def select(
    profile: str, policies: Policies, platform: str, only: Iterable[str] = (),
) -> tuple[Selected, ...]:
    """Given a profile, a platform and perhaps a list of rule ids, return the rules, sorted by id.

    Raise PolicyError for a profile or a rule that does not exist.
    """
    if profile not in policies.profiles:
        known = ", ".join(sorted(policies.profiles))
        raise PolicyError([Problem("--profile", profile, f"no such profile; there are {known}")])
    wanted = set(only)
    _refuse_unknown(wanted, policies)
    clauses, parameters, excluded = _gather(_lineage(profile, policies), policies)
    tags = {platform, *policies.platforms[platform].family}
    return tuple(
        _selected(name, policies, parameters.get(name, {}), tuple(clauses[name]))
        for name in sorted(clauses)
        if name not in excluded
        and tags & set(policies.rules[name].applies_to)
        and (not wanted or name in wanted)
    )


def _selected(
    name: str, policies: Policies, chosen: Mapping[str, Any], clauses: tuple[str, ...],
) -> Selected:
    rule = policies.rules[name]
    parameters = {**rule.parameters, **chosen}
    return Selected(name, policies.topics[name], filled(rule, parameters), parameters, clauses)


def _refuse_unknown(wanted: set[str], policies: Policies) -> None:
    unknown = wanted - policies.rules.keys()
    if unknown:
        raise PolicyError(
            [Problem("--rule", name, "no such rule; see `opsrunner rules`")
             for name in sorted(unknown)],
        )


def _lineage(profile: str, policies: Policies) -> list[Profile]:
    """Return the profile and all it extends, the most general one first."""
    chain = [policies.profiles[profile]]
    while (above := chain[-1].extends) is not None:
        chain.append(policies.profiles[above])
    return chain[::-1]


def _gather(
    lineage: list[Profile], policies: Policies,
) -> tuple[dict[str, list[str]], dict[str, dict[str, Any]], set[str]]:
    clauses: dict[str, list[str]] = {}
    parameters: dict[str, dict[str, Any]] = {}
    excluded: set[str] = set()
    for profile in lineage:
        for control in profile.controls:
            for clause in policies.controls[control].clauses:
                for rule in clause.rules:
                    clauses.setdefault(rule, []).append(clause.id)
        for rule in profile.include:
            clauses.setdefault(rule, [])
            excluded.discard(rule)
        excluded |= {item.rule for item in profile.exclude}
        for rule, values in profile.parameters.items():
            parameters.setdefault(rule, {}).update(values)
    return clauses, parameters, excluded
