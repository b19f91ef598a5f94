"""A rule's texts with its parameters in them: what a profile overrides is what people read.

Anywhere in a title, a rationale, a way to mend it or a danger, a parameter stands in angle
brackets; there is nothing else, no condition and no arithmetic:

``<days>``
    the parameter; a list is read out, ``<options.joined>``: as commands take it, by commas alone;
``<range.highest>``, ``<range.lowest>``, ``<range.first>``
    of a list that number;
``<seconds.at_least.900>``
    the parameter, or this number where that is more (as the remedy has it).

Hosts with different profiles in one report: every value, parted by a slash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from opsrunner.policy.models import Rule, Text

_PLACE = re.compile(r"<([a-z_]+)(?:\.([a-z_]+)(?:\.(\d+))?)?>")
_WAYS: Mapping[str, Callable[[list[Any]], Any]] = {
    "highest": max, "lowest": min, "first": lambda found: found[0],
}
_COMMA = {"zh": "、", "en": ", "}


def filled(rule: Rule, *parameters: Mapping[str, Any]) -> Rule:
    """Given a rule and the parameters it is used with, return it with these in its texts.

    Without parameters its own are taken. Raise ValueError or KeyError for what ``problems`` names.
    """
    used = parameters or (rule.parameters,)
    mend = rule.remediation.model_copy(update={"text": _text(rule.remediation.text, used)})
    danger = rule.danger
    if danger.why:
        danger = danger.model_copy(update={"why": _text(danger.why, used)})
    return rule.model_copy(update={
        "title": _text(rule.title, used), "rationale": _text(rule.rationale, used),
        "remediation": mend, "danger": danger,
    })


def problems(rule: Rule, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Given a rule and parameters, yield what of its texts cannot be filled in from them.

    As (parameter, key in the rule, what is wrong).
    """
    for key, text in texts(rule):
        for place in dict.fromkeys(_PLACE.findall(text.zh) + _PLACE.findall(text.en)):
            name, way, number = place
            if name not in parameters:
                yield name, key, f"no parameter {name!r} in this rule"
                continue
            try:
                _value(parameters[name], way, number)
            except ValueError as error:
                yield name, key, f"<{'.'.join(filter(None, place))}>: {error}"


def texts(rule: Rule) -> Iterator[tuple[str, Text]]:
    """Given a rule, yield its texts that may name parameters, each with its key."""
    yield "title", rule.title
    yield "rationale", rule.rationale
    yield "remediation.text", rule.remediation.text
    if rule.danger.why:
        yield "danger.why", rule.danger.why


def _text(text: Text, used: Sequence[Mapping[str, Any]]) -> Text:
    return Text(zh=_filled(text.zh, used, "zh"), en=_filled(text.en, used, "en"))


def _filled(text: str, used: Sequence[Mapping[str, Any]], language: str) -> str:
    def put(place: re.Match[str]) -> str:
        name, way, number = place[1], place[2] or "", place[3] or ""
        values = (_value(parameters[name], way, number) for parameters in used)
        return "/".join(dict.fromkeys(_said(value, language) for value in values))

    return _PLACE.sub(put, text)


def _value(parameter: Any, way: str, number: str) -> Any:  # noqa: ANN401 - a parameter is any JSON value
    """Return what is to be read. Raise ValueError when the parameter is not of that kind."""
    if not way:
        if isinstance(parameter, Mapping):
            raise ValueError("a mapping cannot be read out")
        return parameter
    if way == "joined" and isinstance(parameter, list) and not number:
        return ",".join(map(str, parameter))
    if way == "at_least" and number:
        if not _is_number(parameter):
            raise ValueError(f"must be a number, not {parameter!r}")
        return max(parameter, int(number))
    if way not in _WAYS or number:
        raise ValueError("write highest, lowest, first, joined (of lists) or at_least.NUMBER")
    if not isinstance(parameter, list) or not parameter or not all(map(_is_number, parameter)):
        raise ValueError(f"must be a list of numbers, not {parameter!r}")
    return _WAYS[way](parameter)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(value: Any, language: str) -> str:  # noqa: ANN401 - a parameter is any JSON value
    return _COMMA[language].join(map(str, value)) if isinstance(value, list) else str(value)
