"""Hosts in memory, and an activity that acts on them as a real one would, faults included."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opsrunner.errors import RunError
from opsrunner.plan.actor import TAKEN_BACK, Outcome
from opsrunner.plan.batches import Pace
from opsrunner.plan.execute import Ending, Work, execute, resume
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.models import Plan
from opsrunner.plan.states import State

CLEAN, ARMED, CONFIRMED, BACK = "clean", "armed", "confirmed", "back"
_ANSWER = {
    CLEAN: State.PLANNED, ARMED: State.BEGUN, CONFIRMED: State.CONFIRMED, BACK: State.UNDONE,
}


class Crash(BaseException):
    """The controller dies here."""


@dataclass
class World:
    """What the hosts really are; it stays when the controller dies.

    ``faults`` maps (phase, host) to what goes wrong: a State answered instead, "silent", "lost"
    (done, but the answer never came), "stopped" (Ansible), "bug".
    """

    hosts: dict[str, str]
    faults: dict[tuple[str, str], Any] = field(default_factory=dict)
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # whose business a change breaks
    back: dict[str, set[str]] = field(default_factory=dict)  # steps taken back, the rest stands

    def timers_fire(self) -> None:
        """Let every armed undo run."""
        self.hosts = {n: BACK if s == ARMED else s for n, s in self.hosts.items()}

    def phases(self, host: str) -> list[str]:
        """Given a host, return the phases that acted on it, in order."""
        return [phase for phase, hosts in self.calls if host in hosts]


@dataclass
class Hands:
    """An Actor on a World; it fails the test when asked to repeat what was done."""

    world: World

    def read(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Read."""
        return self._each("read", subjects, CLEAN, CLEAN, State.PLANNED)

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Apply and arm."""
        return self._each("begin", subjects, CLEAN, ARMED, State.BEGUN)

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Disarm."""
        return self._each("confirm", subjects, ARMED, CONFIRMED, State.CONFIRMED)

    def verify(
        self, subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Look again: what is back must be so on purpose."""
        for outcome in self._each("verify", subjects, CONFIRMED, CONFIRMED, State.VERIFIED):
            meant = set(undone.get(outcome.subject, ()))
            lost = self.world.back.get(outcome.subject, set()) - meant
            yield replace(outcome, state=State.FAILED, reason=f"still failing: {lost}") if (
                lost and outcome.state is State.VERIFIED) else outcome

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take back; doing so twice is harmless."""
        if not only:
            yield from self._each("undo", subjects, None, BACK, State.UNDONE)
            return
        for outcome in self._each("undo", subjects, CONFIRMED, CONFIRMED, State.CONFIRMED, only):
            good = outcome.state is State.CONFIRMED and outcome.reason != "refused"
            yield replace(outcome, data={TAKEN_BACK: list(only)}) if good else outcome

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Find out."""
        self.world.calls.append(("status", tuple(subjects)))
        for name in subjects:
            fault = self.world.faults.pop(("status", name), None)
            yield Outcome(name, fault or _ANSWER[self.world.hosts[name]])

    def _each(
        self, phase: str, subjects: Sequence[str], start: str | None, end: str, good: State,
        only: Sequence[str] = (),
    ) -> Iterator[Outcome]:
        assert len(set(subjects)) == len(subjects)
        self.world.calls.append((phase, tuple(subjects)))
        for name in subjects:
            fault = self.world.faults.pop((phase, name), None)
            if fault == "silent":
                continue
            if fault == "stopped":
                raise RunError("Ansible reached no host")
            if fault == "bug":
                raise ZeroDivisionError
            if isinstance(fault, State):
                yield Outcome(name, fault, f"fault in {phase}")
                continue
            now = self.world.hosts[name]
            if fault == "refused":  # as it is; the host says so
                yield Outcome(name, _ANSWER[now], "refused")
                continue
            if start is not None and now == BACK and start != CLEAN:
                yield Outcome(name, State.UNDONE, "the timed undo was faster")
                continue
            assert start is None or now == start, f"{phase} of {name}, which is {now}"
            self.world.hosts[name] = end
            self.world.back.setdefault(name, set()).update(only)
            if fault != "lost":
                yield Outcome(name, good, data={"host": name})


@dataclass
class Shop:
    """Business that works unless a changed host is among the broken."""

    world: World

    def before(self, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Ask."""
        return {name: {"shop": self._ok(name)} for name in subjects}

    def _ok(self, name: str) -> bool | None:
        if self.world.faults.get(("business", name)) == "silent":
            return None
        return not (name in self.world.broken and self.world.hosts[name] in (ARMED, CONFIRMED))

    def unknown(self, results: Mapping[str, Any]) -> list[str]:
        """Return what could not be asked."""
        return [name for name, ok in results.items() if ok is None]

    def after(
        self, subjects: Sequence[str], before: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Ask again what was asked before."""
        return {name: {"shop": self._ok(name)} for name in subjects if before[name]}

    def worse(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """Return that the shop fails when it worked before."""
        return ["shop fails"] if before.get("shop") and not after.get("shop") else []


class Dying(Journal):
    """A journal whose writer dies around its ``line``-th write."""

    line = 0
    after = True
    count = 0

    def append(self, notes: Sequence[Note]) -> None:
        """Write, or die before or after that."""
        self.count += 1
        if self.count == self.line and not self.after:
            raise Crash
        super().append(notes)
        if self.count == self.line:
            raise Crash


def work(world: World, journal: Journal, plan: Plan, pace: Pace, **more: Any) -> Work:  # noqa: ANN401 - fields
    """Given a world, a journal and a plan, return the work."""
    return Work(plan, Hands(world), journal, Shop(world), pace=pace, **more)


def run(world: World, path: Path, plan: Plan, pace: Pace | None = None, **more: Any) -> Ending:  # noqa: ANN401
    """Given a world and a plan, carry it out, or go on with it when it was begun."""
    pace = pace or Pace(batch="100%", stop_after_failures=1000)
    if path.exists():
        with Journal.resume(path, digest="d", run="r2") as journal:
            return resume(work(world, journal, plan, pace, **more))
    with Journal.begin(
        path, plan=plan.id, digest="d", run="r1", subjects=[one.id for one in plan.subjects],
    ) as journal:
        return execute(work(world, journal, plan, pace, **more))


def run_and_die(
    world: World, path: Path, plan: Plan, line: int, *, after: bool,
    way: Callable[[Work], Ending] | None = None,
) -> bool:
    """Given when to die, carry the plan out (or do that) until then; return whether that came."""
    pace = Pace(batch="100%", stop_after_failures=1000)
    names = [one.id for one in plan.subjects]
    begun = path.exists()
    with (
        Dying.resume(path, digest="d", run="r2") if begun
        else Dying.begin(path, plan=plan.id, digest="d", run="r1", subjects=names)
    ) as journal:
        journal.line, journal.after = line, after
        try:
            (way or (resume if begun else execute))(work(world, journal, plan, pace))
        except Crash:
            return True
    return False
