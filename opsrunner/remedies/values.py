"""Values of the role's variables, refused when they have another shape than the variable's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsrunner.errors import InputError, Problem
from opsrunner.remedies.base import PREFIX


def refused(variable: str, messages: Iterable[str]) -> InputError:
    """Given a variable without the prefix and what is wrong with it, return the error."""
    return InputError([Problem("harden_linux", f"{PREFIX}{variable}", text) for text in messages])


def flag(variable: str, value: Any) -> bool:  # noqa: ANN401 - what the inventory gave
    """Return a boolean. Raise InputError for anything else."""
    if not isinstance(value, bool):
        raise refused(variable, [f"must be true or false, not {value!r}"])
    return value


def strings(variable: str, value: Any) -> list[str]:  # noqa: ANN401 - what the inventory gave
    """Return a list of texts, each once. Raise InputError naming every item that is none."""
    if not isinstance(value, list):
        raise refused(variable, [f"must be a list, not {value!r}"])
    wrong = [item for item in value if not isinstance(item, str) or not item.isprintable()]
    if wrong:
        raise refused(variable, [f"must be a list of texts: {item!r} is none" for item in wrong])
    return list(dict.fromkeys(value))


def text(variable: str, value: Any) -> str:  # noqa: ANN401 - what the inventory gave
    """Return one line of text. Raise InputError for anything else."""
    if not isinstance(value, str) or not value.isprintable():
        raise refused(variable, [f"must be one line of text, not {value!r}"])
    return value


def mapping(variable: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - the inventory's
    """Return a mapping with texts as keys. Raise InputError for anything else."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise refused(variable, [f"must be a mapping, not {value!r}"])
    return value
