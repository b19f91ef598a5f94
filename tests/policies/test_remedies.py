"""Every rule's remedy exists: its variable, its type, and rules that lack one say what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from opsrunner.changes.rendering import refuse_types
from opsrunner.changes.transaction import names
from opsrunner.errors import InputError
from opsrunner.policy.load import load_policies
from opsrunner.policy.parameters import remedy_variables
from opsrunner.remedies.base import reads_of, remedies

ROOT = Path(__file__).parents[2]
RULES = load_policies(ROOT / "policies", date(2026, 11, 21)).rules
WITH = sorted(name for name, rule in RULES.items() if rule.remediation.variables)


@pytest.mark.parametrize("name", WITH)
def test_the_variables_a_rule_names_have_remedies_of_that_type(name: str) -> None:
    variables = remedy_variables(RULES[name], RULES[name].parameters)
    refuse_types(variables)
    reads_of(variables)


def test_a_variable_without_a_remedy_is_seen() -> None:
    with pytest.raises(InputError, match="no remedy of this name"):
        refuse_types({"harden_linux_no_such": 1})


def test_every_remedy_is_some_rules() -> None:
    named = {v for rule in RULES.values() for v in rule.remediation.variables}
    assert set(remedies()) - named == set()


def test_remedies_name_only_validators_and_activations_the_engine_has() -> None:
    assert {"sshd", "sudoers", "pam"} <= names("validate")
    assert {"sshd", "systemd"} <= names("activate")
