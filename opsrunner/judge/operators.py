"""The operators that a rule's check may name: pure functions of (observed, expected).

An operator returns whether the observed value is the wanted one. It raises TypeError or
ValueError when it cannot compare them, which becomes ``unknown: unparsable``.
The schema's list of operators is generated from ``OPERATORS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from typing import Any

Operator = Callable[[Any, Any], bool]


def equals(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether both are equal; text is compared without regard to case."""
    return bool(_fold(observed) == _fold(expected))


def not_equals(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether both differ; text is compared without regard to case."""
    return not equals(observed, expected)


def one_of(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the observed value is among the expected ones."""
    return _fold(observed) in (expected if isinstance(expected, frozenset) else prepare(expected))


def none_of(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the observed value is none of the expected ones."""
    return not one_of(observed, expected)


def at_least(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the observed number is the expected one or more."""
    return number(observed) >= number(expected)


def at_most(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the observed number is the expected one or less."""
    return number(observed) <= number(expected)


def between(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the observed number lies in ``[low, high]``, both included."""
    low, high = expected
    return number(low) <= number(observed) <= number(high)


def empty(observed: Any, _expected: Any) -> bool:  # noqa: ANN401
    """Return whether a list, mapping or text holds nothing: the operator of offender lists."""
    if not isinstance(observed, Sized):
        raise TypeError("only a list, a mapping or a text can be empty")
    return len(observed) == 0


def not_empty(observed: Any, _expected: Any) -> bool:  # noqa: ANN401
    """Return whether a list, mapping or text holds something."""
    return not empty(observed, None)


def contains_all(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether every expected item is among the observed ones."""
    return set(_items(expected)) <= set(_items(observed))


def contains_any(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether at least one expected item is among the observed ones."""
    return bool(set(_items(expected)) & set(_items(observed)))


def contains_none(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether no expected item is among the observed ones."""
    return not set(_items(expected)) & set(_items(observed))


def subset_of(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether every observed item is among the expected ones, and there is one at all."""
    items = set(_items(observed))
    return bool(items) and items <= set(_items(expected))


def matches(observed: Any, expected: Any) -> bool:  # noqa: ANN401
    """Return whether the whole observed text matches the expected regular expression."""
    if not isinstance(observed, str):
        raise TypeError("only text can match")
    return re.fullmatch(expected, observed) is not None


def number(value: Any) -> float:  # noqa: ANN401
    """Given a number or its plain decimal text, return it. Raise ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"not a number: {value!r}")
    if isinstance(value, str) and not re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", value):
        raise ValueError(f"not a number: {value!r}")
    return float(value)


def prepare(expected: Any) -> Any:  # noqa: ANN401
    """Given what many items will be compared with, return it in the form that is fast to look up.

    A list of plain values becomes a set that ignores case; another list stays as it is. Raise
    TypeError for anything else: "a" would be found in the text "bar".
    """
    if not isinstance(expected, (list, tuple)):
        raise TypeError(f"expected a list, not {expected!r}")
    plain = all(isinstance(item, (str, int, float)) for item in expected)
    return frozenset(map(_fold, expected)) if plain else expected


def _fold(value: Any) -> Any:  # noqa: ANN401
    return value.casefold() if isinstance(value, str) else value


def _items(value: Any) -> list[Any]:  # noqa: ANN401
    if isinstance(value, str):
        return [item for item in re.split(r"[,\s]+", value) if item]
    return list(value)


OPERATORS: dict[str, Operator] = {
    function.__name__: function
    for function in (
        equals, not_equals, one_of, none_of, at_least, at_most, between, empty, not_empty,
        contains_all, contains_any, contains_none, subset_of, matches,
    )
}
