"""What several commands begin with: settings, policies and inventory, with all problems at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from opsrunner.errors import InputError, InventoryError, Problem
from opsrunner.evidence.store import Store
from opsrunner.policy.load import Policies, load_policies
from opsrunner.secrets.password import vault_password
from opsrunner.secrets.store import Secret
from opsrunner.settings import Settings, load_settings
from opsrunner.sources.ansible import Playbook
from opsrunner.sources.limits import Limits
from opsrunner.subjects.inventory import Inventory, load_inventory
from opsrunner.subjects.platforms import PLATFORMS


@dataclass(frozen=True, slots=True)
class Context:
    """Everything validated, before any host is touched."""

    settings: Settings
    policies: Policies
    inventory: Inventory
    today: date
    vault_password: Secret | None


def today() -> date:
    """Return the day it is where the control node stands: waivers expire on local days."""
    return datetime.now(UTC).astimezone().date()


def limits(settings: Settings) -> Limits:
    """Given the settings, return the limits of one host."""
    return Limits(
        probe_seconds=settings.probe_seconds,
        host_seconds=settings.host_seconds,
        probe_bytes=settings.probe_bytes,
        host_bytes=settings.host_bytes,
        rule_seconds=settings.rule_seconds,
    )


def playbook(context: Context, name: str) -> Playbook:
    """Given the context and a playbook's file name, return what Ansible needs to run it."""
    return Playbook(
        root=context.settings.root,
        name=name,
        inventory=context.inventory.path.absolute(),
        variables={},
        forks=context.settings.forks,
        vault_password=context.vault_password,
    )


def open_store(settings: Settings) -> Store:
    """Given the settings, return the evidence store. Raise EvidenceError."""
    return Store.open(settings.store)


def load_context(
    inventory: Path | None = None, limit: str | None = None, profile: str | None = None,
    *, as_of: date | None = None,
) -> Context:
    """Given the options, return the context. Raise InputError with the problems of all inputs.

    ``as_of``: the day waivers must have been good on, today when not given.
    """
    settings = load_settings()
    password = vault_password(settings)  # once: a descriptor can be read only once
    problems: list[Problem] = []
    policies = hosts = None
    try:
        policies = load_policies(settings.policies, as_of or today())
    except InputError as error:
        problems += error.problems
    try:
        hosts = load_inventory(
            inventory or settings.inventory,
            limit=limit,
            platforms=policies.platforms if policies else PLATFORMS,
            profiles=_profiles(policies, profile),
            profile_names=policies.profiles if policies else None,
            vault_password=password,
        )
    except InputError as error:
        problems += error.problems
    if problems or policies is None or hosts is None:
        raise InventoryError(problems) if policies else InputError(problems)
    return Context(settings, policies, hosts, today(), password)


def _profiles(policies: Policies | None, profile: str | None) -> dict[str, str]:
    """Return which profile measures which platform; ``--profile`` for all of Linux.

    A host's own ``ops_profile`` wins over both.
    """
    if policies is None:
        return {}
    if profile:
        return {
            name: profile for name, platform in policies.platforms.items()
            if "linux" in platform.family
        }
    return {
        platform: name for name, item in policies.profiles.items() for platform in item.platforms
    }
