"""References of a remedy to the rule's parameters: each form, and every mistake by its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from opsrunner.policy.load import load_policies
from opsrunner.policy.models import Rule
from opsrunner.policy.parameters import problems, references, remedy_variables

RULE = load_policies(Path(__file__).parents[3] / "policies", date(2026, 11, 21)).rules["umask"]


def rule(variables: Any, **parameters: Any) -> Rule:  # noqa: ANN401 - JSON
    """Return a rule with one variable of the role."""
    remediation = RULE.remediation.model_copy(update={"variables": {"v": variables}})
    return RULE.model_copy(update={"remediation": remediation, "parameters": parameters})


def value(variables: Any, **parameters: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the variable, filled in."""
    made = rule(variables, **parameters)
    assert not list(problems(made, parameters))
    return remedy_variables(made, parameters)["v"]


@pytest.mark.parametrize(("reference", "parameter", "expected"), [
    ({"parameter": "p"}, 7, 7),
    ({"parameter": "p"}, ["a"], ["a"]),
    ({"parameter": "p", "take": "highest"}, [1, 60], 60),
    ({"parameter": "p", "take": "first"}, ["b", "a"], "b"),
    ({"parameter": "p", "at_least": 900}, 300, 900),
    ({"parameter": "p", "at_least": 900}, 1800, 1800),
    ({"parameter": "p", "removed_from": ["a", "b"]}, ["b", "c"], ["a"]),
])
def test_each_form_gives_its_value(reference: Any, parameter: Any, expected: Any) -> None:  # noqa: ANN401 - JSON
    assert value(reference, p=parameter) == expected
    assert value({"X": [reference, "kept"], "Y": 1}, p=parameter) == {
        "X": [expected, "kept"], "Y": 1,
    }


def test_what_refers_to_nothing_stays_as_it_is() -> None:
    plain = {"A": "1", "B": [True, None], "C": {"D": 2}}
    assert value(plain) == plain
    assert list(references(rule(plain))) == []


@pytest.mark.parametrize(("reference", "parameter", "said"), [
    ({"parameter": "q"}, 1, ("", "remediation.variables.v", "no parameter 'q'")),
    ({"parameter": "p", "takes": "first"}, [1], ("", "remediation.variables.v.takes", "unknown")),
    ({"parameter": "p", "take": "first", "at_least": 1}, [1],
     ("", "remediation.variables.v", "one of take, at_least, removed_from")),
    ({"parameter": "p", "take": "highest"}, 60, ("p", "remediation.variables.v", "a list")),
    ({"parameter": "p", "take": "highest"}, [], ("p", "remediation.variables.v", "a list")),
    ({"parameter": "p", "take": "highest"}, ["a"], ("p", "remediation.variables.v", "numbers")),
    ({"parameter": "p", "at_least": 9}, True, ("p", "remediation.variables.v", "a number")),
    ({"parameter": "p", "removed_from": ["a"]}, "a", ("p", "remediation.variables.v", "a list")),
])
def test_what_cannot_be_filled_in_is_named_by_its_place(
    reference: Any, parameter: Any, said: tuple[str, str, str],  # noqa: ANN401 - JSON
) -> None:
    (found,) = problems(rule(reference, p=parameter), {"p": parameter})
    assert found[:2] == said[:2]
    assert said[2] in found[2]
