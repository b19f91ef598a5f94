"""What libpam makes of a stack: ``libpam/pam_dispatch.c`` played through on paper.

A module's answer may not be certain (a third-party module, a group nobody can look up), so an
oracle gives every answer it may have and all ways through the stack are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from opsrunner.parse.pam import Handler

Oracle = Callable[[Handler], tuple[str, ...]]
_MUST_FAIL = "perm_denied"
_MOST_WAYS = 512


class TooManyWaysError(ValueError):
    """A stack with so many uncertain modules that nobody can follow it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a stack: libpam's final code and the handlers it asked, in order."""

    code: str
    asked: tuple[Handler, ...]

    @property
    def granted(self) -> bool:
        """Return whether libpam said yes."""
        return self.code == "success"


@dataclass(frozen=True, slots=True)
class _State:
    """Where a way is: the next handler, what libpam thinks so far, what it thought outside."""

    index: int = 0
    impression: int = 0  # 0 undefined, 1 positive, -1 negative
    status: str = _MUST_FAIL
    level: int = 0  # of the handler before
    outside: tuple[tuple[int, str], ...] = ((0, _MUST_FAIL),)  # by substack level, for "reset"
    asked: tuple[Handler, ...] = ()


def ways(stack: tuple[Handler, ...] | None, answers: Oracle) -> list[Way]:
    """Given a stack and what modules may answer, return every way libpam may take.

    None (libpam gave up on the files) and the empty stack deny. Raise TooManyWaysError.
    """
    if not stack:
        return [Way("abort", ())]
    done: list[Way] = []
    open_ = [_State()]
    while open_:
        state = open_.pop()
        if state.index >= len(stack):
            fails = state.status == "success" and state.impression != 1
            done.append(Way(_MUST_FAIL if fails else state.status, state.asked))
        else:
            open_ += _ask(stack, state, answers)
        if len(done) + len(open_) > _MOST_WAYS:
            raise TooManyWaysError(f"more than {_MOST_WAYS} ways through a stack")
    return done


def _ask(stack: tuple[Handler, ...], state: _State, answers: Oracle) -> Iterator[_State]:
    handler = stack[state.index]
    outside = state.outside
    if handler.level > state.level:
        outside = (*outside[: handler.level], (state.impression, state.status))
    if handler.substack:
        yield _State(
            state.index + 1, state.impression, state.status, handler.level, outside, state.asked,
        )
        return
    for code in answers(handler) if handler.module else (_MUST_FAIL,):
        index, impression, status = _decide(stack, state, outside, code)
        asked = (*state.asked, handler)
        yield _State(index, impression, status, handler.level, outside, asked)


def _decide(
    stack: tuple[Handler, ...], state: _State, outside: tuple[tuple[int, str], ...], code: str,
) -> tuple[int, int, str]:
    """Given an answer, return the next handler's index, the impression and the status."""
    handler = stack[state.index]
    impression, status, after = state.impression, state.status, state.index + 1
    action = handler.action(code)
    if action == "reset":
        impression, status = outside[handler.level]
    elif action in ("ok", "done"):
        if impression == 0 or (impression == 1 and status == "success"):
            impression, status = 1, code
        if impression == 1 and action == "done":
            after = _end(stack, state.index)
    elif action in ("bad", "die"):
        if impression != -1:
            impression, status = -1, _MUST_FAIL if code == "ignore" else code
        if action == "die":
            after = _end(stack, state.index)
    elif action != "ignore":
        after, short = _jump(stack, state.index, int(action))
        if short:  # a jump past the end is a fault
            impression, status = -1, _MUST_FAIL
    return after, impression, status


def _end(stack: tuple[Handler, ...], index: int) -> int:
    """Given the handler that decided, return the index after the rest of its (sub)stack."""
    level = stack[index].level
    while index + 1 < len(stack) and stack[index + 1].level >= level:
        index += 1
    return index + 1


def _jump(stack: tuple[Handler, ...], index: int, count: int) -> tuple[int, int]:
    """Given a handler and how many to skip, return the next index and how many were missing.

    A substack counts as its entry, with all that is in it.
    """
    level = stack[index].level
    while index + 1 < len(stack) and stack[index + 1].level >= level and count > 0:
        index += 1
        while index + 1 < len(stack) and stack[index + 1].level > level:
            index += 1
        count -= 1
    return index + 1, count


def ran(way: Way, modules: Iterable[str]) -> bool:
    """Given a way and module names, return whether one of them was asked."""
    return any(handler.module in modules for handler in way.asked)
