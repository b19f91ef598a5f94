"""What a watcher asks, and how often: an order, checked before the process is started."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opsrunner.errors import InputError, Problem
from opsrunner.secrets.store import Secret
from opsrunner.wording import wrong

_KINDS = Path(__file__).parent / "kinds"


class Aim(BaseModel):
    """What every kind of question has: frozen, no unknown keys, never a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(Protocol):
    """Something that can be asked again and again."""

    def attempt(self, number: int) -> str:
        """Given the attempt's number, ask; return who answered ("" when the answer names nobody).

        Raise any exception when there was no answer, or not the one wanted.
        """

    def drop(self) -> None:
        """Let go of a connection that is in doubt; the next attempt makes a new one."""


class Order(BaseModel):
    """One watch. ``aim`` is ``{"kind": ..., ...}``; ``limit_seconds`` ends a forgotten one.

    An attempt has ``timeout_ms``; the next begins ``interval_ms`` after it began, or when it ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    watch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
    aim: Mapping[str, Any]
    interval_ms: Annotated[int, Field(ge=10, le=60_000)] = 200
    timeout_ms: Annotated[int, Field(ge=10, le=60_000)] = 1000
    limit_seconds: Annotated[int, Field(ge=1, le=86_400)] = 7200


@cache
def kinds() -> tuple[str, ...]:
    """Return the kinds of questions there are: the modules of ``kinds/``."""
    return tuple(sorted(module.name for module in iter_modules([str(_KINDS)])))


def require(order: Mapping[str, Any]) -> Order:
    """Given an order as plain data, return it checked, its aim too.

    Raise InputError with every problem.
    """
    problems: list[Problem] = []
    try:
        _aim(order.get("aim"))
    except ValidationError as error:
        problems += [Problem("watch", f"aim.{key}", why) for key, why in wrong(error)]
    except InputError as error:
        problems += error.problems
    try:
        found = Order.model_validate(order)
    except ValidationError as error:
        problems += [Problem("watch", key, why) for key, why in wrong(error)]
    if problems:
        raise InputError(problems)
    return found


def target(order: Order, password: Secret | None) -> Target:
    """Given a checked order and perhaps a password, return what is asked. Raise InputError."""
    aim = _aim(order.aim)
    opened: Target = _module(order.aim["kind"]).open_target(aim, order, password)
    return opened


def _aim(data: object) -> Aim:
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or kind not in kinds():
        message = f"must be one of {', '.join(kinds())}"
        raise InputError([Problem("watch", "aim.kind", message)])
    aim: Aim = _module(kind).AIM.model_validate({k: v for k, v in data.items() if k != "kind"})
    return aim


def _module(kind: str) -> Any:  # noqa: ANN401 - a module of kinds/, which has AIM and open_target
    return import_module(f"{__package__}.kinds.{kind}")
