"""One phase of an activity over some subjects: every subject gets a line in the journal.

What the activity does not say is unknown; what it may not say is unknown; a phase that only reads
leaves its subjects untouched, so they are refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from opsrunner.errors import EvidenceError, OpsrunnerError
from opsrunner.plan.actor import MAY_SAY, TAKEN_BACK, Actor, Outcome
from opsrunner.plan.entries import Entry
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.reasons import Why, as_data, reasons_of, text
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
        why = Why("silent", "the activity said nothing of it")
        fault: Exception | None = None
        try:
            for outcome in self._methods[phase](subjects, **more) if subjects else ():
                del waiting[outcome.subject]  # KeyError: unasked, or a second time
                answered[outcome.subject] = self._note(phase, outcome)
        except EvidenceError:
            raise
        except OpsrunnerError as error:
            why = Why("stopped", str(error))
        except Exception as error:  # noqa: BLE001 - recorded for each subject, then raised again
            why, fault = Why("stopped", f"{type(error).__name__} in {phase}"), error
        lost = State.REFUSED if phase == _UNTOUCHED else State.UNKNOWN
        self.record([Note(name, lost, why.words, as_data(why)) for name in waiting])
        if fault is not None:
            raise fault
        return [name for name in subjects if answered.get(name) in good]

    def _note(self, phase: str, outcome: Outcome) -> State:
        """Given an outcome, write it down; return the state it comes to."""
        state, reason, data = outcome.state, outcome.reason, outcome.data
        before = self._journal.states[outcome.subject]
        if phase == _UNTOUCHED and state is State.PLANNED:
            return state  # as it was: no line
        lost = state is State.PLANNED and begun(self._journal.entries, outcome.subject)
        first: list[Why] = []
        if lost or state not in MAY_SAY[phase] or not may_follow(before, state):
            first = [Why("impossible", f"{phase} answered {state} after {before}")]
            first += [Why("begun_for_certain", "it was begun for certain")] if lost else []
            state = State.REFUSED if phase == _UNTOUCHED else State.UNKNOWN
        elif phase == "undo" and state is State.CONFIRMED and not data.get(TAKEN_BACK):
            first = [Why("undo_standing", "could not be taken back, the change stands")]
        if first:
            every = (*first, *reasons_of(reason, data))
            reason, data = text(every), {**data, **as_data(*every)}
        self.record([Note(outcome.subject, state, reason, data)])
        return state


def begun(entries: Sequence[Entry], subject: str) -> bool:
    """Given a journal's entries and a subject, return whether it was changed for certain.

    Such a subject is not untouched because it lost its memory of the change (restored from a
    backup, its state folder removed).
    """
    mine = [entry.state for entry in entries if entry.subject == subject]
    return any(state in _CHANGED for state in mine)
