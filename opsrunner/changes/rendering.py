"""Wanted variables and a host's state -> what is to be done, and what is not, each with its reason.

Every variable is guarded by itself: one that a person must do, that would harm or that nobody
can know about leaves no trace in the draft and does not stop the others.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.items import problems_of
from opsrunner.changes.operations import Changes
from opsrunner.changes.state import HostState
from opsrunner.errors import InputError, Problem
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.remedies.base import carry_out, remedies

_FEW = 3  # odd targets that are named
_KINDS: Mapping[str, type] = {"dict": dict, "list": list, "str": str, "int": int, "bool": bool}


class Left(StrEnum):
    """Why a variable was not carried out."""

    BY_HAND = "by_hand"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NotDone:
    """A variable that was not carried out: the kind of reason, and the reason in both languages."""

    variable: str
    left: Left
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one host's wanted variables come to."""

    changes: Changes
    not_done: tuple[NotDone, ...] = ()


def render(state: HostState, wanted: Mapping[str, Any]) -> Rendered:
    """Given a host and the variables wanted of it, return its changes and what is left out.

    Raise InputError for values no remedy can make sense of, listing all of them.
    """
    draft, not_done = carry(Draft(state), wanted)
    return Rendered(draft.changes(), not_done)


def carry(draft: Draft, wanted: Mapping[str, Any]) -> tuple[Draft, tuple[NotDone, ...]]:
    """Given a draft and wanted variables, return a new draft with all that could be carried out.

    The draft given stays as it was. Raise InputError as ``render`` does.
    """
    not_done: list[NotDone] = []
    problems: list[Problem] = []
    for variable in remedies():
        if variable not in wanted:
            continue
        trial = _twin(draft)
        try:
            carry_out(trial, {variable: wanted[variable]})
            _refuse_odd(trial.changes())
        except InputError as error:
            problems += error.problems
        except ByHand as answer:
            left = Left.REFUSED if isinstance(answer, Refused) else Left.BY_HAND
            not_done.append(NotDone(variable, left, answer.zh, answer.en))
        except CannotTell as reason:
            not_done.append(NotDone(variable, Left.UNKNOWN, f"无法确定：{reason}", str(reason)))
        except Exception as fault:  # noqa: BLE001 - a remedy's fault costs that remedy alone
            said = f"{Reason.RULE_CRASHED}: {type(fault).__name__}: {fault}"
            not_done.append(NotDone(variable, Left.UNKNOWN, said, said))
        else:
            draft = trial
    if problems:
        raise InputError(problems)
    return draft, tuple(not_done)


def _refuse_odd(changes: Changes) -> None:
    """Given changes, raise ByHand for what the host's engine would refuse.

    It is found on paper: at the host it would cost the whole batch its answer.
    """
    odd = [f"{one.key!a}: {one.message}" for one in problems_of(changes)]
    if odd:
        said = "; ".join(odd[:_FEW]) + (f"; +{len(odd) - _FEW}" if len(odd) > _FEW else "")
        raise ByHand(f"须人工处理：{said}", f"do it by hand: {said}")


def _twin(draft: Draft) -> Draft:
    """Return a draft of its own over the same host: what is written on it can be thrown away."""
    twin = copy.copy(draft)
    for name, value in vars(draft).items():
        if isinstance(value, dict):
            setattr(twin, name, dict(value))
    return twin


def refuse_types(wanted: Mapping[str, Any]) -> None:
    """Given variables and values, raise InputError naming every unknown one and wrong type."""
    known = remedies()
    problems = []
    for name, value in wanted.items():
        if name not in known:
            problems.append(Problem("harden_linux", name, "no remedy of this name"))
        elif type(value) is not _KINDS[known[name].kind]:
            said = f"must be of type {known[name].kind}, not {type(value).__name__}"
            problems.append(Problem("harden_linux", name, said))
    if problems:
        raise InputError(problems)
