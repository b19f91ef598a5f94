"""How a remedy is declared, found and carried out on paper.

A remedy is a function in ``opsrunner/remedies/<topic>.py`` under ``@remedy``. It serves one
variable of the role ``harden_linux``, the one that rules name under ``remediation.variables``,
and declares what it must read. It writes into a Draft, or raises ByHand (a person must do it),
Refused (a precondition is not met) or CannotTell (the host could not be read).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.errors import InputError, Problem

PREFIX = "harden_linux_"
# The order in which remedies are carried out: what could cut the controller off comes last. What
# must be recorded depends on where sudo writes its log.
_LAST = ("pam", "sudo", "auditrules", "ssh", "firewall")
# What decides who gets in and becomes root: a slip in one of these locks everybody out at once.
_WAYS_IN = frozenset({"accounts", "pam", "sudo", "ssh", "tcpwrappers", "firewall"})


@dataclass(frozen=True, slots=True)
class Reads:
    """What a remedy must see of a host. Paths may be shell globs (no braces)."""

    files: tuple[str, ...] = ()  # content, mode, owner; a link is followed
    stats: tuple[str, ...] = ()  # mode and owner alone, directories too
    units: tuple[str, ...] = ()
    sysctls: tuple[str, ...] = ()
    accounts: bool = False
    facts: tuple[str, ...] = ()  # facts of opsrunner/facts, from the same round trip


@dataclass(frozen=True, slots=True)
class Remedy:
    """One declared remedy; ``reads`` may depend on the wanted value (keys of a mapping)."""

    variable: str
    topic: str
    kind: str  # "dict", "list", "str", "int", "bool": the variable's type in argument_specs
    help: str  # one sentence for the role's README
    reads: Callable[[Any], Reads]
    carry_out: Callable[[Draft, Any], None]


_REMEDIES: dict[str, Remedy] = {}


def remedy(
    variable: str, kind: str, reads: Reads | Callable[[Any], Reads], text: str,
) -> Callable[[Callable[[Draft, Any], None]], Callable[[Draft, Any], None]]:
    """Declare the remedy of a variable (without the role's prefix): its type, reads and help."""

    def declare(function: Callable[[Draft, Any], None]) -> Callable[[Draft, Any], None]:
        name = f"{PREFIX}{variable}"
        if name in _REMEDIES:
            raise ValueError(f"two remedies for {name}")
        topic = function.__module__.rpartition(".")[2]
        wanted = reads if callable(reads) else _constant(reads)
        _REMEDIES[name] = Remedy(name, topic, kind, text, wanted, function)
        return function

    return declare


def _constant(reads: Reads) -> Callable[[Any], Reads]:
    return lambda _: reads


@cache
def remedies() -> Mapping[str, Remedy]:
    """Return every remedy by its variable, in the order they are carried out."""
    package = importlib.import_module(__package__ or "opsrunner.remedies")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    order = sorted(_REMEDIES.values(), key=lambda r: (_rank(r.topic), r.topic, r.variable))
    return {found.variable: found for found in order}


def _rank(topic: str) -> int:
    return _LAST.index(topic) + 1 if topic in _LAST else 0


def cuts_access(variables: Iterable[str]) -> bool:
    """Given a step's variables, return whether carrying it out could cut everybody off.

    What is no remedy of ours counts as such: nobody looked at what it does.
    """
    known = remedies()
    return any(name not in known or known[name].topic in _WAYS_IN for name in variables)


def reads_of(wanted: Mapping[str, Any]) -> Reads:
    """Given variables and their values, return all that must be read to carry them out.

    Raise InputError naming every variable that has no remedy.
    """
    known = remedies()
    unknown = [Problem("harden_linux", name, "no remedy of this name") for name in wanted
               if name not in known]
    if unknown:
        raise InputError(unknown)
    parts = [known[name].reads(value) for name, value in wanted.items()]
    return Reads(
        files=_union(part.files for part in parts),
        stats=_union(part.stats for part in parts),
        units=_union(part.units for part in parts),
        sysctls=_union(part.sysctls for part in parts),
        accounts=any(part.accounts for part in parts),
        facts=_union(part.facts for part in parts),
    )


def _union(parts: Any) -> tuple[str, ...]:  # noqa: ANN401 - an iterable of tuples of str
    return tuple(dict.fromkeys(name for part in parts for name in part))


def carry_out(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Given a draft and variables with their values, carry the remedies out in their order."""
    for variable, found in remedies().items():
        if variable in wanted:
            found.carry_out(draft, wanted[variable])
