"""What an activity supplies to have its plan carried out: one method for each phase.

Each takes the subjects of a batch (one Ansible run serves them all) and yields an outcome for
each as it is known. What is not yielded is recorded as unknown. No method repeats what was done:
whether to do something at all is decided from the journal, by the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from opsrunner.plan.states import State

# The member of an undo outcome's data that holds the steps which are back while the rest stands.
TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one subject in one phase.

    ``reason`` says why, for people. ``data`` is what the reports need of it: JSON, no secret.
    """

    subject: str
    state: State
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Actor(Protocol):
    """One activity's hands."""

    def read(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Read each subject and compare with the plan: ``planned`` when it is as planned from.

        Else ``refused`` (it drifted, is locked, cannot be reached). Changes nothing.
        """

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Apply, with the timed undo armed: ``begun``.

        Else ``refused`` (nothing was touched), ``undone`` (it took itself back), ``failed``,
        ``unknown``.
        """

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Log in afresh, see that it works, disarm the undo: ``confirmed``.

        Else ``begun`` (still armed), ``undone``, ``failed``, ``unknown``.
        """

    def verify(
        self, subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Observe and judge again, changing nothing: ``verified``, ``failed``, ``unknown``.

        ``undone``: by subject the steps that were taken back on purpose; these may fail.
        """

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take it back, or only these steps of it: ``undone`` when all of it is, proven.

        ``confirmed`` when the rest stands, with ``TAKEN_BACK`` in its data; without that member
        nothing was taken back. Else ``failed``, ``unknown``. Asking twice is harmless.
        """

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Find out, changing nothing: ``planned`` (certainly untouched), ``begun`` (armed).

        Else ``confirmed`` (disarmed), ``undone``, ``failed``, ``unknown`` (also: still at it).
        """


# What each phase may answer; anything else is a fault of the activity and counts as unknown.
MAY_SAY: Mapping[str, frozenset[State]] = {
    "read": frozenset({State.PLANNED, State.REFUSED}),
    "begin": frozenset(
        {State.BEGUN, State.REFUSED, State.UNDONE, State.FAILED, State.UNKNOWN},
    ),
    "confirm": frozenset(
        {State.CONFIRMED, State.BEGUN, State.UNDONE, State.FAILED, State.UNKNOWN},
    ),
    "verify": frozenset({State.VERIFIED, State.FAILED, State.UNKNOWN}),
    "undo": frozenset({State.UNDONE, State.CONFIRMED, State.FAILED, State.UNKNOWN}),
    "status": frozenset(
        {State.PLANNED, State.BEGUN, State.CONFIRMED, State.UNDONE, State.FAILED, State.UNKNOWN},
    ),
}
