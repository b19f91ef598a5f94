"""What is wrong with a file is said in words of the file: no tuple, no model, never a value."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opsrunner.models import Severity
from opsrunner.wording import message, wrong

CANARY = "hunter2canary"


class Inner(BaseModel):
    """A mapping inside the file."""

    title: str


class File(BaseModel):
    """Every kind of key that our files have."""

    model_config = ConfigDict(extra="forbid")

    many: Annotated[tuple[str, ...], Field(min_length=1)] = ("a",)
    listed: list[int] = []
    inner: Inner = Inner(title="a")
    any: dict[str, Any] = {}
    text: Annotated[str, Field(pattern="^[a-z]+$", max_length=20)] = "a"
    number: Annotated[int, Field(ge=1, le=9)] = 1
    switch: bool = False
    day: date = date(2026, 1, 1)
    level: Literal["none", "low"] = "none"
    severity: Severity = Severity.LOW
    path: Path = Path()


@pytest.mark.parametrize(("value", "key", "said"), [
    ({"many": CANARY}, "many", "must be a list"),
    ({"many": []}, "many", "must have 1 or more entries"),
    ({"many": [1, "b"]}, "many.0", "must be text: put it in quotes"),
    ({"listed": {"a": 1}}, "listed", "must be a list"),
    ({"inner": [CANARY]}, "inner", "must be a mapping (key: value)"),
    ({"inner": {}}, "inner.title", "missing; add it"),
    ({"any": CANARY}, "any", "must be a mapping (key: value)"),
    ({"text": CANARY}, "text", "must look like ^[a-z]+$"),
    ({"text": "a" * 21}, "text", "must have 20 or fewer characters"),
    ({"number": CANARY}, "number", "must be a whole number"),
    ({"number": 1.5}, "number", "must be a whole number"),
    ({"number": 0}, "number", "must be 1 or more"),
    ({"number": 10}, "number", "must be 9 or less"),
    ({"switch": CANARY}, "switch", "must be true or false"),
    ({"day": CANARY}, "day", "must be a day, such as 2026-12-31"),
    ({"level": CANARY}, "level", "must be one of 'none', 'low'"),
    ({"severity": CANARY}, "severity", "must be one of 'low', 'medium', 'high', 'critical'"),
    ({"path": 1}, "path", "must be a path"),
    ({CANARY[:3]: 1}, CANARY[:3], "unknown key; remove it or mend its spelling"),
    ([CANARY], "", "must be a mapping (key: value)"),
])
def test_every_kind_of_fault_is_said_plainly(value: object, key: str, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        File.model_validate(value)
    assert wrong(error.value) == [(key, said)]


def test_somebody_who_knows_better_is_asked_first() -> None:
    with pytest.raises(ValidationError) as error:
        File.model_validate({"many": 1, "number": 0})
    found = wrong(error.value, lambda d: "known" if d["type"] == "tuple_type" else message(d))
    assert found == [("many", "known"), ("number", "must be 1 or more")]
