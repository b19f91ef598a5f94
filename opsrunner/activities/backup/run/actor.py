"""Hands that make one backup of each job now. Nothing is taken back: a backup is no change."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsrunner.activities.backup.install.access import Ask
from opsrunner.activities.backup.jobs import KINDS
from opsrunner.activities.backup.run.script import Action, Look, read_look, script
from opsrunner.changes.actor import outcome
from opsrunner.plan.actor import Outcome
from opsrunner.plan.asking import HostCommand
from opsrunner.plan.models import Plan, Step
from opsrunner.plan.reasons import Why
from opsrunner.plan.states import State

BACKUPS = "backups"  # the member of an outcome's data that holds each set's result
_SECONDS = 60  # of one question
_LONGEST = 24 * 3600  # a backup that runs longer is not waited for


@dataclass
class RunActor:
    """Carries one plan of making backups out; see ``opsrunner.plan.actor.Actor``."""

    plan: Plan
    ask: Ask
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def read(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """See that the programs are there and none runs."""
        for host, said in self._asked("ready", subjects).items():
            yield _refused(host, said) or Outcome(host, State.PLANNED)

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Start each backup once."""
        for host, said in self._asked("start", subjects).items():
            started = [role for role, text in said.items() if text == "started"]
            if None in said.values():
                yield outcome(host, State.UNKNOWN, Why("backup_unheard", _silent(said)))
            elif started:  # what could not be started beside it is found by the look
                yield Outcome(host, State.BEGUN)
            else:
                yield _refused(host, said) or Outcome(host, State.UNKNOWN)

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Wait until each has ended; a host that is silent in between is asked again."""
        waiting, began, pause = list(subjects), self.clock(), 1.0
        while waiting:
            last = self.clock() - began > _LONGEST
            for host, looks in self._looks(waiting).items():
                found = _judged(host, looks, State.CONFIRMED)
                if found.state is not State.BEGUN and (found.state is not State.UNKNOWN or last
                                                       or None not in looks.values()):
                    waiting.remove(host)
                    yield found
                elif last:
                    waiting.remove(host)
                    still = Why("backup_unheard", "it still runs after a day; look with resume")
                    yield outcome(host, State.UNKNOWN, still)
            if waiting:
                self.sleep(pause)
                pause = min(30.0, pause * 1.5)

    def verify(
        self, subjects: Sequence[str],
        undone: Mapping[str, Collection[str]],  # noqa: ARG002 - nothing ever is
    ) -> Iterator[Outcome]:
        """Read each status once more; then the host forgets that it was asked."""
        for host, looks in self._looks(subjects).items():
            yield _judged(host, looks, State.VERIFIED)
        self._asked("forget", subjects)  # what became of them is in the journal by now

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take nothing back; say so."""
        yield from self._stays(subjects, only)

    def preview(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Say that nothing would be taken back."""
        yield from self._stays(subjects, only)

    def _stays(self, subjects: Sequence[str], _only: Sequence[str]) -> Iterator[Outcome]:
        why = Why("backup_stays", "a backup that was made is kept; retention removes it")
        for host, looks in self._looks(subjects).items():
            state = _judged(host, looks, State.CONFIRMED).state
            stands = state if state in (State.CONFIRMED, State.UNKNOWN) else State.FAILED
            yield outcome(host, stands, why)

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Look at each."""
        for host, looks in self._looks(subjects).items():
            known = [look for look in looks.values() if look is not None]
            if len(known) == len(looks) and not any(look.asked for look in known):
                yield Outcome(host, State.PLANNED)
            else:
                yield _judged(host, looks, State.CONFIRMED)

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Have the hosts forget that they were asked."""
        for host, said in self._asked("forget", subjects).items():
            yield host, None not in said.values()

    def _looks(self, subjects: Sequence[str]) -> dict[str, dict[str, Look | None]]:
        return {
            host: {role: None if text is None else read_look(text) for role, text in said.items()}
            for host, said in self._asked("look", subjects).items()
        }

    def _asked(
        self, action: Action, subjects: Sequence[str],
    ) -> dict[str, dict[str, str | None]]:
        """Return by host and role what was said, None where nothing was."""
        plans = {subject.id: subject for subject in self.plan.subjects}
        jobs: list[tuple[str, Step]] = [
            (name, step) for name in subjects for step in plans[name].steps
        ]
        found: dict[str, dict[str, str | None]] = {name: {} for name in subjects}
        for name, step in jobs:
            found[name][step.id] = None
        commands = [
            HostCommand(name, step.id, ("/bin/sh", "-s"), None,
                        script(action, self.plan.id, KINDS[step.wanted["role"]]), _SECONDS)
            for name, step in jobs
        ]
        for answer in self.ask(commands) if commands else ():
            if answer.exit_code == 0:
                found[answer.subject][answer.name] = answer.output.strip()
        return found


def _refused(host: str, said: Mapping[str, str | None]) -> Outcome | None:
    """Return why nothing may be started on a host, None when it may."""
    busy = [role for role, text in said.items() if text == "busy"]
    problems = [f"{role}: {text.removeprefix('problem ')}" for role, text in said.items()
                if text is not None and text.startswith("problem")]
    if None in said.values():
        return outcome(host, State.REFUSED, Why("unread", _silent(said)))
    if problems:
        return outcome(host, State.REFUSED, Why("backup_not_ready", "; ".join(problems)))
    if busy:
        running = f"another one runs (exit code 75): {', '.join(busy)}"
        return outcome(host, State.REFUSED, Why("backup_overlap", running))
    return None


def _silent(said: Mapping[str, str | None]) -> str:
    names = ", ".join(role for role, text in said.items() if text is None)
    return f"the host said nothing of {names}"


def _judged(host: str, looks: Mapping[str, Look | None], good: State) -> Outcome:
    """Given how each job of a host stands, return the worst of it as the host's state."""
    data = {BACKUPS: {role: _as_json(look) for role, look in looks.items()}}
    unheard = [f"{role}: {'the host said nothing of it' if look is None else look.why}"
               for role, look in looks.items() if look is None or look.ended == "unknown"]
    failed = [f"{role}: {look.why or 'failed'}" for role, look in looks.items()
              if look is not None and look.ended == "failed"]
    missing = [role for role, look in looks.items() if look is not None and not look.asked]
    if any(look is not None and look.asked and not look.ended for look in looks.values()):
        return Outcome(host, State.BEGUN, data=data)
    if failed:
        return outcome(host, State.FAILED, Why("backup_failed", "; ".join(failed)), data=data)
    if missing and not unheard:
        said = f"was not started: {', '.join(missing)}"
        return outcome(host, State.FAILED, Why("backup_failed", said), data=data)
    if unheard:
        return outcome(host, State.UNKNOWN, Why("backup_unheard", "; ".join(unheard)), data=data)
    return Outcome(host, good, data=data)


def _as_json(look: Look | None) -> dict[str, Any]:
    if look is None:
        return {"ended": "unknown", "why": "the host said nothing of it", "status": None}
    return {"ended": look.ended, "why": look.why, "status": look.status}
