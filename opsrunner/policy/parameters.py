"""A rule's parameters inside its remedy: what a profile overrides is what the remedy wants.

Anywhere under ``remediation.variables`` a value may refer to a parameter of the rule:

``{parameter: days}``
    the parameter's value;
``{parameter: days, take: highest}``
    of a range ``[low, high]`` its high end, of other lists ``first`` or ``highest``;
``{parameter: seconds, at_least: 900}``
    the parameter, or this number where that is more: the check asks for less than we recommend;
``{parameter: allowed, removed_from: [tftp, talk]}``
    the list given here without what the parameter allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from opsrunner.policy.models import Rule, Strict
from opsrunner.wording import wrong

_KEY = "parameter"


class Reference(Strict):
    """A value that is taken from a parameter of the rule; at most one of the other keys."""

    parameter: str
    take: Literal["first", "highest"] | None = None
    at_least: int | None = Field(default=None, strict=True)
    removed_from: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Reference:
        ways = [self.take, self.at_least, self.removed_from]
        if len([way for way in ways if way is not None]) > 1:
            raise ValueError("give one of take, at_least, removed_from")
        return self

    def value(self, parameter: Any) -> Any:  # noqa: ANN401 - a parameter is any JSON value
        """Given the parameter's value, return what is wanted. Raise ValueError when it misfits."""
        if self.take is not None:
            return _taken(self.take, parameter)
        if self.at_least is not None:
            if not _is_number(parameter):
                raise ValueError(f"must be a number for the remedy, not {parameter!r}")
            return max(parameter, self.at_least)
        if self.removed_from is not None:
            if not isinstance(parameter, list):
                raise ValueError(f"must be a list for the remedy, not {parameter!r}")
            return [item for item in self.removed_from if item not in parameter]
        return parameter


def _taken(which: str, parameter: Any) -> Any:  # noqa: ANN401 - as in Reference.value
    if not isinstance(parameter, list) or not parameter:
        raise ValueError(f"must be a list with something in it for the remedy, not {parameter!r}")
    if which == "first":
        return parameter[0]
    if not all(map(_is_number, parameter)):
        raise ValueError(f"must be a list of numbers for the remedy, not {parameter!r}")
    return max(parameter)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def remedy_variables(rule: Rule, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Given a rule and its final parameters, return its role variables with these filled in.

    Raise ValueError or KeyError for what ``problems`` would have named.
    """
    variables: dict[str, Any] = _filled(rule.remediation.variables, parameters)
    return variables


def _filled(value: Any, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        if _KEY in value:
            reference = Reference.model_validate(value)
            return reference.value(parameters[reference.parameter])
        return {key: _filled(inner, parameters) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, parameters) for inner in value]
    return value


def references(rule: Rule) -> Iterator[Reference]:
    """Given a rule without problems, yield the references of its remedy."""
    for _, raw in _found(rule.remediation.variables, "variables"):
        yield Reference.model_validate(raw)


def lower_ends(rule: Rule, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Given a rule and its final parameters, return the low ends of ranges, by parameter.

    Of a range the remedy sets the high end and keeps what is stricter, also what is below the low
    end: that is for a person. From 0 or 1 on there is nothing below.
    """
    ranges = {one.parameter: parameters[one.parameter] for one in references(rule)
              if one.take == "highest"}
    return {name: min(ends) for name, ends in ranges.items() if min(ends) > 1}


def problems(rule: Rule, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Given a rule and parameters, yield what of the remedy cannot be filled in from them.

    As (parameter, "" where none is named; key in the rule; what is wrong).
    """
    for key, raw in _found(rule.remediation.variables, "remediation.variables"):
        try:
            reference = Reference.model_validate(raw)
        except ValidationError as error:
            yield from (("", f"{key}.{inner}".rstrip("."), why) for inner, why in wrong(error))
            continue
        name = reference.parameter
        if name not in parameters:
            yield "", key, f"no parameter {name!r} in this rule"
            continue
        try:
            reference.value(parameters[name])
        except ValueError as error:
            yield name, key, str(error)


def _found(value: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:  # noqa: ANN401 - JSON
    """Yield every mapping that names a parameter, with its place."""
    if isinstance(value, Mapping):
        if _KEY in value:
            yield key, value
            return
        for name, inner in value.items():
            yield from _found(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _found(inner, f"{key}.{number}")
