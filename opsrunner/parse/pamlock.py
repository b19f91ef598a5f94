"""Does a service lock an account after failed logins: pam_faillock and pam_tally2 in a stack.

A lock needs two things: every wrong password is counted, and a locked account is refused even
with the right password. Both are played through libpam's own rules, so that the order of the
lines decides as it does on the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from opsrunner.parse.confkeys import pairs, scanned
from opsrunner.parse.pam import Handler
from opsrunner.parse.pamanswers import COUNTERS, LOCAL_PASSWORD, Situation, faillock_action
from opsrunner.parse.pamrun import Way, ran, ways

_LONGEST = 604800  # faillock.h, MAX_TIME_INTERVAL
NEVER = 0  # unlock_time 0: an administrator has to unlock


@dataclass(frozen=True, slots=True)
class Lock:
    """What one line locks with; ``unlock`` in seconds, 0 until somebody unlocks."""

    deny: int
    unlock: int
    root: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a service does: ``gap`` names why it does not lock (empty: it does), ``sure`` whether.

    ``checks`` is False when it takes no password at all. ``locks`` are the lines in force.
    """

    checks: bool
    gap: str = ""
    sure: bool = True
    locks: tuple[Lock, ...] = ()


def lock_of(handler: Handler, conf: str | None) -> Lock:
    """Given a counting handler and the text of its configuration file, return what it locks with.

    Arguments stand above the file. Source: pam_faillock(8), faillock.conf(5), pam_tally2(8).
    """
    if handler.module != "pam_faillock":
        return _tally(handler)
    settings = pairs(conf or "") + [
        (name, value) for name, _, value in (arg.partition("=") for arg in handler.args)
    ]
    deny, unlock, root = 3, 600, False
    for name, value in settings:
        if name == "deny":
            number = scanned(value)
            deny = deny if number is None else number % 65536  # an unsigned short
        elif name == "unlock_time":
            unlock = NEVER if value == "never" else _interval(value, unlock)
        elif name == "even_deny_root":
            root = True
    return Lock(deny, unlock, root)


def _interval(value: str, before: int) -> int:
    number = scanned(value)
    return number if number is not None and 0 <= number <= _LONGEST else before


def _tally(handler: Handler) -> Lock:
    deny = scanned(handler.option("deny") or "")
    unlock = scanned(handler.option("unlock_time") or "")
    roots = ("even_deny_root", "even_deny_root_account")
    root = any(arg in roots or arg.startswith("root_unlock_time=") for arg in handler.args)
    return Lock((deny or 0) % 65536, max(unlock or NEVER, 0), root)


@lru_cache(maxsize=1024)  # a fleet's hosts mostly have the same stacks
def outcome(
    stack: tuple[Handler, ...] | None,
    service: str,
    uid: int,
    modules: frozenset[str],
    confs: tuple[tuple[str, str], ...],
) -> Outcome:
    """Given a service's auth stack, an account's uid and faillock's files, return what it does.

    ``confs``: path and text of each configuration file, the default one under an empty path.
    Raise TooManyWaysError.
    """
    situation = Situation(service, uid=uid, modules=modules)
    right = ways(stack, situation.answers)
    wrong = ways(stack, replace(situation, password=False).answers)
    tried = [way for way in wrong if ran(way, LOCAL_PASSWORD)]
    if not tried:
        granted = any(way.granted for way in right)
        return Outcome(granted, "nobody can tell which module checks its passwords", sure=False)
    locks = {
        handler: lock_of(handler, _conf(handler, dict(confs)))
        for handler in stack or () if handler.module in COUNTERS and handler.module in modules
    }
    return _judge(stack, situation, tried, locks)


def _judge(
    stack: tuple[Handler, ...] | None, situation: Situation, tried: list[Way],
    locks: Mapping[Handler, Lock],
) -> Outcome:
    refusing = frozenset(  # authfail refuses a locked account too, where it is asked
        handler for handler, lock in locks.items()
        if lock.deny and (lock.root or situation.uid)
    )
    locked = ways(stack, replace(situation, refusing=refusing).answers)
    uncounted = [way for way in tried if way.granted or not _counted(way, locks)]
    let_in = [way for way in locked if way.granted]
    asked = {handler for way in (*tried, *locked) for handler in way.asked if handler in locks}
    inforce = tuple(locks[handler] for handler in locks if handler in asked)
    if uncounted:
        gap = "a wrong password is not counted" if locks else "no pam_faillock or pam_tally2"
        return Outcome(checks=True, gap=gap, sure=len(uncounted) == len(tried), locks=inforce)
    if let_in:
        gap, sure = _why(locks, situation), len(let_in) == len(locked)
        return Outcome(checks=True, gap=gap, sure=sure, locks=inforce)
    return Outcome(checks=True, locks=inforce)


def _why(locks: Mapping[Handler, Lock], situation: Situation) -> str:
    if not situation.uid and not any(lock.root for lock in locks.values()):
        return "even_deny_root is not set"
    if all(lock.deny == 0 for lock in locks.values()):
        return "deny=0 never locks"
    if {_doing(handler) for handler in locks} == {"authfail"}:
        return "no pam_faillock preauth refuses a locked account"
    return "a locked account still gets in"


def _counted(way: Way, locks: Mapping[Handler, Lock]) -> bool:
    """Given the way of a wrong password, return whether it is counted: authsucc would reset it."""
    doing = {_doing(handler) for handler in way.asked if handler in locks}
    return "authsucc" not in doing and bool(doing & {"authfail", "count"})


def _doing(handler: Handler) -> str:
    return faillock_action(handler) if handler.module == "pam_faillock" else "count"


def _conf(handler: Handler, confs: Mapping[str, str]) -> str | None:
    return confs.get(handler.option("conf") or "")
