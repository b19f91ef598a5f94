"""One phase of an activity over some subjects: every subject gets a line in the journal.

What the activity does not say is unknown; what it may not say is unknown; a phase that only reads
leaves its subjects untouched, so they are refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from opsrunner.errors import EvidenceError, OpsrunnerError
from opsrunner.plan.actor import MAY_SAY, Actor, Outcome
from opsrunner.plan.entries import Entry
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.states import State, may_follow

_CHANGED = frozenset({State.BEGUN, State.CONFIRMING, State.CONFIRMED, State.VERIFIED})
_UNTOUCHED = "read"  # the phase before which nothing was done


class Phases:
    """Calls an actor and writes down what it says; ``touched`` are the subjects written about."""

    def __init__(self, actor: Actor, journal: Journal, tell: Callable[[Note], None]) -> None:
        self._methods: Mapping[str, Callable[..., Iterator[Outcome]]] = {
            "read": actor.read, "begin": actor.begin, "confirm": actor.confirm,
            "verify": actor.verify, "undo": actor.undo, "status": actor.status,
        }
        self._journal = journal
        self._tell = tell
        self.touched: dict[str, None] = {}

    def record(self, notes: Sequence[Note]) -> None:
        """Given new states, make them durable. Raise EvidenceError."""
        if not notes:
            return
        self._journal.append(notes)
        for note in notes:
            self.touched[note.subject] = None
            self._tell(note)

    def carry_out(
        self, phase: str, subjects: Sequence[str], *good: State, **more: object,
    ) -> list[str]:
        """Given a phase, its subjects and the states to look for, return those that reached one.

        ``more`` is what the phase must be told besides.

        Raise EvidenceError when the journal cannot be written. What stops the activity itself
        is the reason why its subjects are unknown; a fault of ours is raised after that.
        """
        waiting = dict.fromkeys(subjects)
        answered: dict[str, State] = {}
        reason = "the activity said nothing of it"
        fault: Exception | None = None
        try:
            for outcome in self._methods[phase](subjects, **more) if subjects else ():
                del waiting[outcome.subject]  # KeyError: unasked, or a second time
                answered[outcome.subject] = self._note(phase, outcome)
        except EvidenceError:
            raise
        except OpsrunnerError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - recorded for each subject, then raised again
            reason, fault = f"{type(error).__name__} in {phase}", error
        lost = State.REFUSED if phase == _UNTOUCHED else State.UNKNOWN
        self.record([Note(name, lost, reason) for name in waiting])
        if fault is not None:
            raise fault
        return [name for name in subjects if answered.get(name) in good]

    def _note(self, phase: str, outcome: Outcome) -> State:
        """Given an outcome, write it down; return the state it comes to."""
        state, reason = outcome.state, outcome.reason
        before = self._journal.states[outcome.subject]
        if phase == _UNTOUCHED and state is State.PLANNED:
            return state  # as it was: no line
        allowed = state in MAY_SAY[phase] and may_follow(before, state)
        if state is State.PLANNED and begun(self._journal.entries, outcome.subject):
            allowed, reason = False, f"it was begun for certain; {reason}"
        if not allowed:
            reason = f"{phase} answered {state} after {before}; {reason}".rstrip("; ")
            state = State.REFUSED if phase == _UNTOUCHED else State.UNKNOWN
        self.record([Note(outcome.subject, state, reason, outcome.data)])
        return state


def begun(entries: Sequence[Entry], subject: str) -> bool:
    """Given a journal's entries and a subject, return whether it was changed for certain.

    Such a subject is not untouched because it lost its memory of the change (restored from a
    backup, its state folder removed).
    """
    mine = [entry.state for entry in entries if entry.subject == subject]
    return any(state in _CHANGED for state in mine)
