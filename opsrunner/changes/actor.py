"""The part of an activity's hands that all changes of hosts share: what rides on ``Fleet``.

What the plan binds is digests; the bytes are rendered again from the host as it is now, and any
difference is drift: that host is refused, with what differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from opsrunner.changes.binding import operations_sha256
from opsrunner.changes.fleet import Fleet
from opsrunner.changes.operations import Changes
from opsrunner.changes.outcomes import IN_PART
from opsrunner.changes.state import HostState
from opsrunner.errors import InputError, Problem
from opsrunner.plan.actor import TAKEN_BACK, Outcome
from opsrunner.plan.models import Change, Plan, SubjectPlan
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import State
from opsrunner.remedies.base import Reads


@dataclass
class FleetActor(ABC):
    """Carries one plan out over the change engine; see ``opsrunner.plan.actor.Actor``.

    An activity says what to read and how the plan's steps are rendered again, and verifies.
    """

    plan: Plan
    fleet: Fleet
    # host -> its ops_second_login
    second: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    _changes: dict[str, Changes] = field(default_factory=dict, kw_only=True)

    @abstractmethod
    def reads(self, subject: SubjectPlan) -> Reads:
        """Given a host's plan, return what must be read to render its steps again."""

    @abstractmethod
    def rendered(self, subject: SubjectPlan, state: HostState) -> tuple[Changes, Iterable[Change]]:
        """Given a host's plan and the host now, return what the plan binds, and that in words."""

    def unsafe(self, _subject: SubjectPlan) -> Why | None:
        """Given a host's plan, return why it is not begun whatever its state; None when it may."""
        return None

    def exact(self, _subject: SubjectPlan, _state: HostState, bound: Changes) -> Changes:
        """Given what the plan binds, return what is sent to the host."""
        return bound

    def read(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Read each host again, render the plan's steps again, compare."""
        wanted = {name: self.subject(name) for name in subjects}
        nothing = Why("nothing_planned", "the plan has nothing to do on it")
        barred = {name: why for name, subject in wanted.items()
                  if (why := self.unsafe(subject) if subject.steps else nothing)}
        for name, why in barred.items():
            yield outcome(name, State.REFUSED, why)
        asked = {name: self.reads(wanted[name]) for name in subjects if name not in barred}
        ready = []
        for name, state in self.fleet.read(asked):
            found = self._compare(wanted[name], state)
            if found.state is State.PLANNED and name in self.second:
                ready.append(found)
            else:
                yield found
        yield from self._second_way([found.subject for found in ready])

    def _second_way(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Prove the second way in where one is declared; without it nothing is begun."""
        for name, failed in self.fleet.second_way(subjects) if subjects else ():
            said = f"the second login {self.second[name]} does not get in: {failed}"
            yield (outcome(name, State.REFUSED, Why("second_login", said)) if failed
                   else Outcome(name, State.PLANNED))

    def _compare(self, subject: SubjectPlan, state: HostState | str) -> Outcome:
        if isinstance(state, str):
            why = Why("unread", f"could not be read: {state}")
            return outcome(subject.id, State.REFUSED, why)
        bound, shown = self.rendered(subject, state)
        if operations_sha256(bound) != subject.operations_sha256:
            why = Why("drifted", "drifted since the plan was made; plan again")
            differs = {"drift": differences(subject, shown)}
            return outcome(subject.id, State.REFUSED, why, data=differs)
        self._changes[subject.id] = self.exact(subject, state, bound)
        return Outcome(subject.id, State.PLANNED)

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Snapshot, arm, apply; the host decides whether it is as expected."""
        yield from self.fleet.begin({name: self._changes.pop(name) for name in subjects})

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Log in afresh and disarm."""
        yield from self.fleet.confirm(subjects)

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take everything back, or the targets of these steps."""
        if not only:
            yield from self.fleet.undo(subjects)
            return
        targets = {name: targets_of(self.subject(name), only) for name in subjects}
        for part in sorted(set(targets.values()) - {()}):  # an empty list would mean everything
            names = [name for name in subjects if targets[name] == part]
            for found in self.fleet.undo(names, part):
                back = {TAKEN_BACK: list(only)} if found.data.get(IN_PART) else {}
                yield replace(found, data={**found.data, **back})

    def preview(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Ask each host what an undo of everything, or of these steps, would meet."""
        parts: dict[tuple[str, ...], list[str]] = {}
        for name in subjects:
            part = targets_of(self.subject(name), only) if only else ()
            parts.setdefault(part, []).append(name)
        for part, names in parts.items():
            yield from self.fleet.preview(names, part)

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Have each host remove the snapshot of what is taken back."""
        yield from self.fleet.clean(subjects)

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask each host how it stands."""
        yield from self.fleet.status(subjects)

    def subject(self, name: str) -> SubjectPlan:
        """Given a host, return what is planned for it."""
        return next(subject for subject in self.plan.subjects if subject.id == name)


def targets_of(subject: SubjectPlan, only: Sequence[str]) -> tuple[str, ...]:
    """Given a host's plan and steps of it, return what these changed there, for an undo of them.

    Raise InputError when another rule changed the same thing: it cannot be taken back alone.
    """
    ours = {c.target for step in subject.steps if step.id in only for c in step.changes}
    shared = [
        Problem("--rule", f"{step.rule}@{subject.id}", f"shares {change.target} with it; name both")
        for step in subject.steps if step.id not in only
        for change in step.changes if change.target in ours
    ]
    if shared:
        raise InputError(shared)
    return tuple(sorted(ours))


def outcome(
    name: str, state: State, *reasons: Why, data: Mapping[str, object] | None = None,
) -> Outcome:
    """Given a host, what became of it, why and what belongs to it, return the outcome."""
    return Outcome(name, state, text(reasons), {**(data or {}), **as_data(*reasons)})


def differences(subject: SubjectPlan, now: Iterable[Change]) -> list[dict[str, str]]:
    """Given what was planned and what would be done now, return what differs, in words."""
    planned: dict[str, Change] = {}
    for step in subject.steps:
        for change in step.changes:
            first = planned.setdefault(f"{change.kind} {change.target}", change)
            planned[f"{change.kind} {change.target}"] = change.model_copy(
                update={"before": first.before, "before_sha256": first.before_sha256},
            )
    would = {f"{c.kind} {c.target}": c for c in now}
    keys = [*planned, *(key for key in would if key not in planned)]
    rows = []
    for key in keys:
        was, would_be = planned.get(key), would.get(key)
        if was and would_be and _same(was, would_be):
            continue
        rows.append({
            "target": key,
            "planned": _told(was), "now": _told(would_be),
        })
    return rows


def _told(change: Change | None) -> str:
    """Return a change in one line; of files their digests, for two of one size are alike else."""
    if change is None:
        return "nothing"
    first, second = (
        f"{text} (SHA-256 {sha[:12]}…)" if sha not in ("", "absent") else text
        for text, sha in ((change.before, change.before_sha256),
                          (change.after, change.after_sha256))
    )
    return f"{first} -> {second}"


def _same(first: Change, second: Change) -> bool:
    names = ("before", "after", "before_sha256", "after_sha256")
    return all(getattr(first, name) == getattr(second, name) for name in names)
