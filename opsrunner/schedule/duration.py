"""Lengths of time as policies write them: ``15m``, ``4h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_PATTERN = r"^[1-9][0-9]{0,5}[mhd]$"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: Any) -> timedelta:  # noqa: ANN401 - whatever YAML made of it
    """Given ``15m``, ``4h`` or ``7d``, return the length. Raise ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not re.fullmatch(_PATTERN, text):
        raise ValueError("must be a length of time: a number and m, h or d, such as 4h")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def show_duration(length: timedelta) -> str:
    """Given whole minutes, return them as a policy would write them, in the largest unit."""
    minutes = int(length.total_seconds()) // 60
    for size, unit in ((24 * 60, "d"), (60, "h")):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(show_duration),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]
