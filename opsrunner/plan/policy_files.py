"""Read policy files into one model each, all problems at once; and who a policy speaks of."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from opsrunner.errors import Problem
from opsrunner.models import Subject
from opsrunner.plan.models import Strict
from opsrunner.policy.yaml import read

Model = TypeVar("Model", bound=BaseModel)
_ADVICE = {
    "Extra inputs are not permitted": "unknown key; remove it or mend its spelling",
    "Field required": "missing; add it",
}


def read_models(
    paths: Iterable[Path], model: type[Model], problems: list[Problem],
) -> dict[Path, Model]:
    """Given files and the model of their content, return what could be read, by file.

    What is wrong with the others is added to ``problems``.
    """
    found: dict[Path, Model] = {}
    for path in paths:
        value, failed = read(path)
        problems += failed
        if failed:
            continue
        try:
            found[path] = model.model_validate(value)
        except ValidationError as error:
            problems += [
                Problem(str(path), ".".join(map(str, one["loc"])), _advice(one["msg"]))
                for one in error.errors(include_url=False)
            ]
    return found


def _advice(message: str) -> str:
    return _ADVICE.get(message, message.removeprefix("Value error, "))


class Selector(Strict):
    """Which subjects something is for: by name (shell pattern), group or system; empty: all."""

    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()

    def nearness(self, subject: Subject) -> int:
        """Given a subject, return how closely it is meant.

        3 by name, 2 by group, 1 by system, 0 as one of all, -1 not at all.
        """
        if any(fnmatchcase(subject.id, pattern) for pattern in self.hosts):
            return 3
        if set(self.groups) & set(subject.groups):
            return 2
        if subject.attributes.get("system") in self.systems:
            return 1
        return -1 if self.hosts or self.groups or self.systems else 0
