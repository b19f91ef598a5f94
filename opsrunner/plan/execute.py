"""Carry a plan out: canary, then batches; every subject by the journal's state machine.

    read -> (business before) -> BEGINNING begin BEGUN -> (business after)
         -> CONFIRMING confirm CONFIRMED -> verify VERIFIED

Business is asked again while the timed undo is still armed, so that a controller that dies over
it leaves the host to take itself back. ``resume`` never repeats: it asks ``status`` first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from opsrunner.plan.actor import Actor
from opsrunner.plan.batches import Pace, check_pace, next_batch
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.models import Plan
from opsrunner.plan.phases import Phases
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import ANSWERS, FAILURES, State, may_follow, unsettled
from opsrunner.plan.undoing import (
    Intent,
    failed_recheck,
    reduced,
    taken_back,
    unanswered,
    united,
)

STOPPED = "stopped by the operator"  # why nothing new began after Ctrl-C
_OPERATOR = Why("operator_stopped", STOPPED)
Reasons = tuple[Why, ...]
BUSINESS = "business"  # the member of a BEGINNING line's data that holds the results before
BUSINESS_AFTER = "business_after"  # of the line that follows BEGUN: the results after


class Business(Protocol):
    """Checks that the business works, before and after; see ``business.py``."""

    def before(self, subjects: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return each subject's results as JSON; raise nothing for a check that fails."""

    def unknown(self, results: Mapping[str, Any]) -> Sequence[str]:
        """Given one subject's results, return what could not be asked, in words."""

    def after(
        self, subjects: Sequence[str], before: Mapping[str, Mapping[str, Any]],
    ) -> Mapping[str, Mapping[str, Any]]:
        """Ask again until it is as before, or for as long as that may take; return the results."""

    def worse(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
        """Given one subject's results before and after, return what became worse, in words."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is carried out, by whom and how.

    ``gate`` is asked before each batch is read, and again before it is begun, and answers why it
    may not (nothing when it may): approval, calendar, expiry. ``stop`` says whether the operator
    asked to stop. ``tell`` sees every new state. ``undo_failed``: what fails its re-check is taken
    back.
    """

    plan: Plan
    actor: Actor
    journal: Journal
    business: Business
    pace: Pace = field(default_factory=Pace)
    gate: Callable[[Sequence[str]], tuple[Why, ...]] = lambda _: ()
    stop: Callable[[], bool] = lambda: False
    tell: Callable[[Note], None] = lambda _: None
    undo_failed: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: why before all subjects were done ("" when all are), and every state."""

    stopped: str
    states: Mapping[str, State] = field(default_factory=dict)

    def named(self, state: State) -> list[str]:
        """Given a state, return the subjects in it."""
        return [subject for subject, found in self.states.items() if found is state]


def execute(work: Work) -> Ending:
    """Given work whose journal is new, carry it out as far as it goes.

    Raise InputError when the pace cannot be meant, EvidenceError when the journal cannot be
    written; KeyboardInterrupt goes through. Whatever ends it, ``resume`` can go on.
    """
    check_pace(work.pace, work.plan.subjects)
    return _Execution(work).go_on()


def resume(work: Work, *, retry_refused: bool = False) -> Ending:
    """Given work whose journal was begun, find out about what is open, finish it, and go on.

    Raise as ``execute`` does.
    """
    check_pace(work.pace, work.plan.subjects)
    execution = _Execution(work)
    execution.settle()
    if retry_refused:
        execution.retry_refused()
    return execution.go_on()


def undo(
    work: Work, subjects: Sequence[str], reason: str, only: Sequence[str] = (),
) -> Ending:
    """Given work and subjects that were changed, ask about what is open, and take them back.

    ``only``: the steps that are to be taken back; none: all. An undo that was never answered is
    asked for again with it.
    """
    execution = _Execution(work)
    execution.settle(only=subjects, finish=False)
    states, before = work.journal.states, unanswered(work.journal.entries)
    asked = Intent((Why("undo_asked", reason),), tuple(only))
    execution.undo({
        name: united(before.get(name), asked) for name in subjects
        if may_follow(states[name], State.UNDOING) and states[name] is not State.UNKNOWN
        and not (only and states[name] is State.BEGUN)  # armed: as a whole or not at all
    })
    armed = [name for name in subjects if only and states[name] is State.BEGUN]
    said = f"not confirmed yet, resume first or undo it whole: {', '.join(armed)}" if armed else ""
    return Ending(said or text(execution.standing()), dict(work.journal.states))


class _Execution:
    """One process's share of carrying a plan out."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._journal = work.journal
        self._phases = Phases(work.actor, work.journal, work.tell)
        self._worse: list[str] = []
        self._standing: list[str] = []  # an undo of it was refused
        self._plans = {subject.id: subject for subject in work.plan.subjects}

    # -- new batches -----------------------------------------------------------------------

    def go_on(self) -> Ending:
        work = self._work
        why = self._enough()
        while not why:
            batch = next_batch(work.plan.subjects, self._journal.states, work.pace)
            if not batch:
                why = self._left()
                break
            why = self._may_not(batch)
            why = why or self._batch(batch) or self._enough()
        self._wait(why)
        return Ending(text(why), dict(self._journal.states))

    def _may_not(self, batch: Sequence[str]) -> Reasons:
        return (_OPERATOR,) if self._work.stop() else self._work.gate(batch)

    def _wait(self, why: Reasons) -> None:
        """Write down why those that were not begun were not; nobody is told of each."""
        waiting = [n for n, state in self._journal.states.items() if state is State.PLANNED]
        if why and waiting:
            note = Note("", State.PLANNED, text(why), as_data(*why))
            self._journal.append([replace(note, subject=name) for name in waiting])

    def _enough(self) -> Reasons:
        """Return why no further batch may begin, nothing when one may."""
        if self._standing:
            return self.standing()
        if self._worse:
            said = f"a business check is worse than before on {', '.join(self._worse)}"
            return (Why("stopped_worse", said),)
        states = self._journal.states
        failed = [name for name in self._phases.touched if states[name] in FAILURES]
        if len(failed) >= self._work.pace.stop_after_failures:
            said = "stopped after failures: " + ", ".join(f"{n} ({states[n]})" for n in failed)
            return (Why("stopped_failures", said),)
        return ()

    def _left(self) -> Reasons:
        """Return why nothing comes next although subjects wait."""
        waiting = [name for name, state in self._journal.states.items() if state is State.PLANNED]
        if not waiting:
            return ()
        said = f"the canary or an earlier stage is not verified; {len(waiting)} subject(s) wait"
        return (Why("not_its_turn", said),)

    def _batch(self, batch: Sequence[str]) -> Reasons:
        """Given who is next, see them through; return why they were not begun after all."""
        ready = self._phases.carry_out("read", batch, State.PLANNED)
        before = self._work.business.before(ready) if ready else {}
        for name in ready:
            if unknown := self._work.business.unknown(before.get(name, {})):
                said = f"business checks could not be asked: {'; '.join(unknown)}"
                data = as_data(Why("business_unasked", said))
                self._phases.record([Note(name, State.REFUSED, said, data)])
        ready = [name for name in ready if self._journal.states[name] is State.PLANNED]
        # Reading many hosts takes its time: the window may be closed by now.
        if not ready or (why := self._may_not(ready)):
            return why if ready else ()
        self._phases.record([
            Note(name, State.BEGINNING, data={BUSINESS: before.get(name, {})}) for name in ready
        ])
        self._finish(self._phases.carry_out("begin", ready, State.BEGUN))
        return ()

    def _finish(self, begun: Sequence[str]) -> None:
        """Given subjects that are changed and armed, see them through."""
        if not begun:
            return
        business, known = self._work.business, self._before()
        before = {name: known.get(name, {}) for name in begun}
        after = business.after(begun, before)
        worse = {name: tuple(Why("business_worse", said)
                             for said in business.worse(before[name], after.get(name, {})))
                 for name in begun}
        data = {name: {BUSINESS_AFTER: found} if (found := after.get(name)) else {}
                for name in begun}
        self._worse += [name for name in begun if worse[name]]
        self.undo({name: Intent(worse[name]) for name in begun if worse[name]}, data)
        fine = [name for name in begun if not worse[name]]
        self._phases.record([Note(name, State.CONFIRMING, data=data[name]) for name in fine])
        confirmed = self._phases.carry_out("confirm", fine, State.CONFIRMED)
        states, why = self._journal.states, Why("unconfirmed", "could not be confirmed")
        self.undo({name: Intent((why,)) for name in fine if states[name] is State.BEGUN})
        self._verify(confirmed)

    def _verify(self, subjects: Sequence[str]) -> None:
        undone = taken_back(self._journal.entries)
        self._phases.carry_out("verify", subjects, State.VERIFIED, undone=undone)
        if self._work.undo_failed:
            said = "the re-check failed, and that was to be taken back"
            self.undo({name: Intent((Why("recheck_undone", said), *why))
                       for name, why in failed_recheck(self._journal.entries).items()})

    def _before(self) -> Mapping[str, Mapping[str, Any]]:
        """Return every subject's business results from before it was touched, off the journal."""
        return {
            entry.subject: entry.data.get(BUSINESS, {})
            for entry in self._journal.entries if entry.state is State.BEGINNING
        }

    def undo(
        self, intents: Mapping[str, Intent],
        data: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Given subjects, what of them is to be taken back, and what is recorded with it, do it."""
        back, more = taken_back(self._journal.entries), data or {}
        asked = {name: reduced(one, self._plans[name], back) for name, one in intents.items()}
        self._phases.record([
            Note(name, State.UNDOING, text(one.why), {**more.get(name, {}), **one.as_data()})
            for name, one in asked.items()
        ])
        for part in sorted({one.only for one in asked.values()}):
            names = [name for name, one in asked.items() if one.only == part]
            self._phases.carry_out("undo", names, State.UNDONE, only=part)
        states, back = self._journal.states, taken_back(self._journal.entries)
        self._standing += [
            name for name, one in asked.items() if states[name] is State.CONFIRMED
            and not (one.only and set(one.only) <= back.get(name, frozenset()))
        ]

    def standing(self) -> Reasons:
        """Return what was to be taken back and was not, if there is such a thing."""
        said = f"could not be taken back, the change stands: {', '.join(self._standing)}"
        return (Why("standing", said),) if self._standing else ()

    # -- what another process left ---------------------------------------------------------

    def settle(self, *, only: Collection[str] | None = None, finish: bool = True) -> None:
        """Ask about every subject whose state is open, and finish what was begun."""
        states = self._journal.states
        asked = [name for name in unsettled(states) if only is None or name in only]
        self._phases.carry_out("status", asked, *ANSWERS)
        if not finish:
            return
        states = self._journal.states
        changed = [name for name in states if states[name] in (State.BEGUN, State.CONFIRMED)]
        open_ = unanswered(self._journal.entries)
        self.undo({name: open_[name] for name in changed if name in open_})
        states = self._journal.states
        self._verify([
            name for name in changed
            if states[name] is State.CONFIRMED and name not in self._standing
        ])
        self._finish([name for name in changed if states[name] is State.BEGUN])

    def retry_refused(self) -> None:
        """Let the refused ones be tried again: nothing was done to them."""
        why = Why("retry", "another try was asked for")
        self._phases.record([
            Note(name, State.PLANNED, why.words, as_data(why))
            for name, state in self._journal.states.items() if state is State.REFUSED
        ])
