"""What is wrong with a file, in the words of those who write YAML and TOML, not of Python.

Never with the value itself: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_LIST = "must be a list"
_MAPPING = "must be a mapping (key: value)"
_TEXT = "must be text: put it in quotes"
_WHOLE = "must be a whole number"
_NUMBER = "must be a number"
_SWITCH = "must be true or false"
_DAY = "must be a day, such as 2026-12-31"
_BY_TYPE: Mapping[str, str] = {
    "extra_forbidden": "unknown key; remove it or mend its spelling",
    "missing": "missing; add it",
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _MAPPING),
    "string_type": _TEXT,
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _SWITCH),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    "date_from_datetime_inexact": _DAY,
    "path_type": "must be a path",
}
# What pydantic says of a limit, by the name it keeps the limit under.
_BY_LIMIT: Mapping[str, str] = {
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} or fewer entries",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have {max_length} or fewer characters",
    "string_pattern_mismatch": "must look like {pattern}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


def wrong(
    error: ValidationError, of: Callable[[ErrorDetails], str] | None = None,
) -> list[tuple[str, str]]:
    """Given a validation error, return each key at fault and what is wrong with it.

    ``of`` says it where somebody knows better, and calls ``message`` for the rest.
    """
    details = error.errors(include_url=False, include_input=False)
    return [(".".join(map(str, one["loc"])), (of or message)(one)) for one in details]


def message(detail: ErrorDetails) -> str:
    """Given one error, return what is wrong and how to mend it."""
    kind = detail["type"]
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if kind in _BY_LIMIT:
        limits = {k: str(v).replace(" or ", ", ") for k, v in detail.get("ctx", {}).items()}
        return _BY_LIMIT[kind].format(**limits)
    return detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
