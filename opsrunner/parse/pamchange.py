"""What guards a password change: lines that really keep pam_unix from taking a bad password.

libpam runs the password stack twice. When a guard refuses in the second pass it forgets the new
password; pam_unix behind it then fails with ``use_authtok``, and asks for another, unchecked one
without it, unless the guard's control has ended the stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from opsrunner.parse.confkeys import pairs, scanned
from opsrunner.parse.pam import Handler
from opsrunner.parse.pamanswers import GUARDS, LOCAL_PASSWORD, Situation, bound
from opsrunner.parse.pamrun import Way, ways

_DEFAULT_REMEMBER = 10  # pam_pwhistory.c
_MOST_REMEMBER = 400


@dataclass(frozen=True, slots=True)
class Change:
    """A service's password change: the lines that guard it, and pam_unix's lines that write."""

    guards: tuple[Handler, ...] = ()
    writers: tuple[Handler, ...] = ()


@lru_cache(maxsize=1024)  # a fleet's hosts mostly have the same stacks
def change(
    stack: tuple[Handler, ...] | None, service: str, modules: frozenset[str], *, asks_again: bool,
) -> Change:
    """Given a service's password stack, return what guards it; no writers: it changes nothing.

    ``asks_again``: pam_unix of EL 6 and 7 asks for a password of its own when no argument tells
    it to take the one before. Raise TooManyWaysError.
    """
    situation = Situation(service, kind="password", modules=modules)
    good = ways(stack, situation.answers)
    writing = [way for way in good if _writers(way)]
    if not writing:
        return Change()
    writers = {handler for way in writing for handler in _writers(way)}
    if asks_again and not all(_takes(handler) for handler in writers):
        return Change(writers=tuple(writers))
    before = [_before(way) for way in writing]
    guards = [
        handler for handler in stack or ()
        if handler.module in GUARDS & modules and all(handler in asked for asked in before)
        and _holds(stack, replace(situation, refusing=frozenset((handler,))))
    ]
    return Change(tuple(guards), tuple(writers))


def _writers(way: Way) -> tuple[Handler, ...]:
    return tuple(handler for handler in way.asked if handler.module in LOCAL_PASSWORD)


def _before(way: Way) -> frozenset[Handler]:
    first = next(i for i, handler in enumerate(way.asked) if handler.module in LOCAL_PASSWORD)
    return frozenset(way.asked[:first])


def _holds(stack: tuple[Handler, ...] | None, situation: Situation) -> bool:
    refused = ways(stack, situation.answers)
    return all(bound(handler) for way in refused for handler in _writers(way))


def _takes(handler: Handler) -> bool:
    return bound(handler) or any(arg.startswith("try_first_pass") for arg in handler.args)


def remembered(change_: Change, confs: Mapping[str, str]) -> int:
    """Given a password change, return how many old passwords it refuses, 0 for none.

    ``confs``: path and text of pwhistory's files, the default one under an empty path, when the
    module reads them. Source: pam_pwhistory(8), pwhistory.conf(5), pam_unix(8) ``remember``.
    """
    kept = [_pwhistory(line, confs) for line in change_.guards if line.module == "pam_pwhistory"]
    if change_.writers:
        kept.append(min(_unix_remember(line) for line in change_.writers))
    return max(kept, default=0)


def _pwhistory(handler: Handler, confs: Mapping[str, str]) -> int:
    count = _DEFAULT_REMEMBER
    settings = pairs(confs.get(handler.option("conf") or "", ""))
    for name, value in [*settings, *(_split(arg) for arg in handler.args)]:
        if name.lower() == "remember":
            count = min(max(scanned(value) or 0, 0), _MOST_REMEMBER)
    return count


def _unix_remember(handler: Handler) -> int:
    return min(max(scanned(handler.option("remember") or "") or 0, 0), _MOST_REMEMBER)


def unix_min_length(change_: Change, *, builtin: int) -> int:
    """Given a password change and pam_unix's built-in minimum, return the one it enforces."""
    numbers = [scanned(line.option("minlen") or "") for line in change_.writers]
    return min((builtin if number is None else number for number in numbers), default=0)


def _split(arg: str) -> tuple[str, str]:
    name, _, value = arg.partition("=")
    return name, value
