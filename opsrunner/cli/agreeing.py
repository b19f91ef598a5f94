"""What a planner takes on with a reason: dangerous rules, hosts without a second way in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from opsrunner.errors import InputError, Problem
from opsrunner.models import Subject
from opsrunner.plan.ways_in import second_login

DANGER, WITHOUT = "--acknowledge", "--without-second-way"
EVERY = "all"  # the hosts that declare no second login
LINE = 200  # characters of a work order or a reason; plan.models.Line


@dataclass(frozen=True, slots=True)
class Agreed:
    """The reasons that were given: by (rule, host) for dangers, by host for second ways in."""

    dangers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    without_second_way: Mapping[str, str] = field(default_factory=dict)


def agreed(
    dangers: Sequence[str] | None, without: Sequence[str] | None, hosts: Sequence[Subject],
    rules: Collection[str],
) -> Agreed:
    """Given ``RULE@HOST=reason`` and ``HOST|all=reason`` texts, hosts and rules, return them.

    Raise InputError with all faults.
    """
    problems: list[Problem] = []
    found = Agreed(
        dict(_dangers(dangers or (), {host.id for host in hosts}, rules, problems)),
        dict(_without(without or (), {host.id: second_login(host) for host in hosts}, problems)),
    )
    if problems:
        raise InputError(problems)
    return found


def _dangers(
    given: Sequence[str], hosts: Collection[str], rules: Collection[str],
    problems: list[Problem],
) -> Iterator[tuple[tuple[str, str], str]]:
    for text in given:
        where, _, reason = text.partition("=")
        name, _, host = where.partition("@")
        if not reason.strip():
            problems.append(Problem(DANGER, where, "say why: RULE@HOST=reason"))
        if name not in rules:
            problems.append(Problem(DANGER, name, "no such rule; see `opsrunner rules`"))
        if host not in hosts:
            problems.append(Problem(DANGER, host or text, "is no host of the inventory"))
        yield (name, host), _plain(reason)


def _without(
    given: Sequence[str], second: Mapping[str, str], problems: list[Problem],
) -> Iterator[tuple[str, str]]:
    """Yield each host with its reason; one that is named counts more than ``all``."""
    said: dict[str, str] = {}
    for text in given:
        host, _, reason = text.partition("=")
        said[host] = why = _plain(reason)
        if not why or len(why) > LINE or not why.isprintable():
            message = f"say why in one line of at most {LINE} characters: HOST|{EVERY}=reason"
            problems.append(Problem(WITHOUT, host, message))
        if host != EVERY and host not in second:
            problems.append(Problem(WITHOUT, host or text, "is no host of the inventory"))
        elif second.get(host):
            message = f"has a second login, {second[host]}, which will be tried; leave it out"
            problems.append(Problem(WITHOUT, host, message))
    for host, account in second.items():
        if not account and (why := said.get(host, said.get(EVERY, ""))):
            yield host, why


def _plain(reason: str) -> str:
    return reason.strip().strip('"')
