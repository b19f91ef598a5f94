"""What a subject of a plan goes through, which step may follow which, and what a restart does.

Pure. ``unknown`` is a state like the others: it says that a person or ``status`` must find out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a subject is. The intents (…ing) are durable before the subject is touched."""

    PLANNED = "planned"  # nothing was done to it
    BEGINNING = "beginning"  # intent: it may have been touched
    BEGUN = "begun"  # applied, the timed undo armed
    CONFIRMING = "confirming"  # intent: the undo may be disarmed
    CONFIRMED = "confirmed"  # applied for good, not looked at again yet
    VERIFIED = "verified"  # looked at again, and as wanted
    UNDOING = "undoing"  # intent: it may be back already
    UNDONE = "undone"  # proven to be as it was before
    REFUSED = "refused"  # nothing was done to it, and why
    FAILED = "failed"  # changed and not as wanted, or an undo that did not get through
    UNKNOWN = "unknown"  # nobody knows


_S = State
# A line from planned to planned says why it was not begun.
# Lines of the table that lead back (to planned, begun, confirmed) are answers of ``status``.
NEXT: Mapping[State, frozenset[State]] = {
    _S.PLANNED: frozenset({_S.BEGINNING, _S.REFUSED, _S.PLANNED}),
    _S.BEGINNING: frozenset(
        {_S.BEGUN, _S.REFUSED, _S.UNDONE, _S.FAILED, _S.UNKNOWN, _S.PLANNED, _S.CONFIRMED},
    ),
    _S.BEGUN: frozenset(
        {_S.CONFIRMING, _S.CONFIRMED, _S.UNDOING, _S.UNDONE, _S.FAILED, _S.UNKNOWN, _S.BEGUN},
    ),
    _S.CONFIRMING: frozenset(
        {_S.CONFIRMED, _S.BEGUN, _S.UNDOING, _S.UNDONE, _S.FAILED, _S.UNKNOWN},
    ),
    _S.CONFIRMED: frozenset({_S.VERIFIED, _S.UNDOING, _S.FAILED, _S.UNKNOWN}),
    _S.VERIFIED: frozenset({_S.UNDOING}),
    _S.UNDOING: frozenset({_S.UNDONE, _S.BEGUN, _S.CONFIRMED, _S.FAILED, _S.UNKNOWN}),
    _S.UNDONE: frozenset(),
    _S.REFUSED: frozenset({_S.PLANNED}),  # only when the operator asks for another try
    _S.FAILED: frozenset({_S.UNDOING}),
    _S.UNKNOWN: frozenset(
        {_S.PLANNED, _S.BEGUN, _S.CONFIRMED, _S.UNDOING, _S.UNDONE, _S.FAILED, _S.UNKNOWN},
    ),
}
FAILURES = frozenset({_S.FAILED, _S.UNKNOWN, _S.UNDONE})  # what --stop-after-failures counts
# What a restart may not go on from without asking the host: an intent, and a timed undo that
# may have fired since.
UNSETTLED = frozenset({_S.BEGINNING, _S.BEGUN, _S.CONFIRMING, _S.UNDOING, _S.UNKNOWN})
# What ``status`` can answer.
ANSWERS = frozenset({_S.PLANNED, _S.BEGUN, _S.CONFIRMED, _S.UNDONE, _S.FAILED, _S.UNKNOWN})


def may_follow(before: State, after: State) -> bool:
    """Given two states, return whether the second may be recorded after the first."""
    return after in NEXT[before]


def unsettled(states: Mapping[str, State]) -> list[str]:
    """Given the state of every subject, return those that must be asked about first."""
    return [subject for subject, state in states.items() if state in UNSETTLED]
