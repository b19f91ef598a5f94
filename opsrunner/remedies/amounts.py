"""Numbers and modes among the role's variables, refused when they are none."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.remedies.values import refused


def whole(variable: str, value: Any, least: int = 0) -> int:  # noqa: ANN401 - what the inventory gave
    """Return a whole number from ``least`` on. Raise InputError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise refused(variable, [f"must be a whole number from {least}, not {value!r}"])
    return value


def octal(variable: str, value: Any) -> int:  # noqa: ANN401 - what the inventory gave
    """Return a mode or mask written in octal digits. Raise InputError for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"0?[0-7]{3}", value):
        message = f'must be three octal digits in quotes, such as "0640", not {value!r}'
        raise refused(variable, [message])
    return int(value, 8)
