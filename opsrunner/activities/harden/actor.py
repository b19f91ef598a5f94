"""Hardening's hands: each phase is one script to each host of a batch, one answer back.

What the plan binds is digests; the bytes are rendered again from the host as it is now, and any
difference is drift: that host is refused, with what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from opsrunner.activities.harden.planning import merged
from opsrunner.activities.harden.steps import Wanted, make_steps
from opsrunner.changes.describing import describe
from opsrunner.changes.fleet import Fleet
from opsrunner.changes.operations import Changes
from opsrunner.changes.outcomes import IN_PART
from opsrunner.changes.state import HostState
from opsrunner.errors import InputError, Problem
from opsrunner.plan.actor import TAKEN_BACK, Outcome
from opsrunner.plan.models import Change, Plan, Step, SubjectPlan
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import State
from opsrunner.remedies.base import Reads, reads_of

# hosts and rules -> verdict by host and rule, from a new check that is on record
Recheck = Callable[[Sequence[str], Sequence[str]], Mapping[str, Mapping[str, str]]]
_ON_PURPOSE = "taken back on purpose"  # why a rule may fail after an undo of it


@dataclass
class HardenActor:
    """Carries one hardening plan out; see ``opsrunner.plan.actor.Actor`` for each phase."""

    plan: Plan
    fleet: Fleet
    recheck: Recheck
    second: Mapping[str, str] = field(default_factory=dict)  # host -> its ops_second_login
    _changes: dict[str, Changes] = field(default_factory=dict)

    def read(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Read each host again, render the plan's steps again, compare."""
        wanted = {name: self._subject(name) for name in subjects}
        idle = [name for name, subject in wanted.items() if not subject.steps]
        for name in idle:
            nothing = Why("nothing_planned", "the plan has nothing to do on it")
            yield _outcome(name, State.REFUSED, nothing)
        asked = {name: _reads(wanted[name]) for name in subjects if name not in idle}
        ready = []
        for name, state in self.fleet.read(asked):
            outcome = self._compare(wanted[name], state)
            if outcome.state is State.PLANNED and name in self.second:
                ready.append(outcome)
            else:
                yield outcome
        yield from self._second_way([outcome.subject for outcome in ready])

    def _second_way(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Prove the second way in where one is declared; without it nothing is begun."""
        for name, failed in self.fleet.second_way(subjects) if subjects else ():
            said = f"the second login {self.second[name]} does not get in: {failed}"
            yield (_outcome(name, State.REFUSED, Why("second_login", said)) if failed
                   else Outcome(name, State.PLANNED))

    def _compare(self, subject: SubjectPlan, state: HostState | str) -> Outcome:
        if isinstance(state, str):
            why = Why("unread", f"could not be read: {state}")
            return _outcome(subject.id, State.REFUSED, why)
        made = make_steps(state, [_wanted(step) for step in subject.steps])
        if made.sha256 != subject.operations_sha256:
            why = Why("drifted", "drifted since the plan was made; plan again")
            differs = {"drift": drift(subject, made.changes)}
            return _outcome(subject.id, State.REFUSED, why, data=differs)
        self._changes[subject.id] = made.changes
        return Outcome(subject.id, State.PLANNED)

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Snapshot, arm, apply; the host decides whether it is as expected."""
        yield from self.fleet.begin({name: self._changes.pop(name) for name in subjects})

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Log in afresh and disarm."""
        yield from self.fleet.confirm(subjects)

    def verify(
        self, subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Check the plan's rules again; all that were mended must pass now, or after the reboot.

        Those that were taken back on purpose are looked at too, and may fail.
        """
        mended = {name: [s.rule for s in self._subject(name).steps] for name in subjects}
        rules = sorted({rule for every in mended.values() for rule in every})
        verdicts = self.recheck(subjects, rules)
        for name in subjects:
            subject, found = self._subject(name), verdicts.get(name, {})
            after = {rule: found.get(rule, "unknown") for rule in mended[name]}
            yield _verified(name, after, _may_fail(subject, undone.get(name, ())))

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take everything back, or the targets of these steps."""
        if not only:
            yield from self.fleet.undo(subjects)
            return
        targets = {name: targets_of(self._subject(name), only) for name in subjects}
        for part in sorted(set(targets.values()) - {()}):  # an empty list would mean everything
            names = [name for name in subjects if targets[name] == part]
            for outcome in self.fleet.undo(names, part):
                back = {TAKEN_BACK: list(only)} if outcome.data.get(IN_PART) else {}
                yield replace(outcome, data={**outcome.data, **back})

    def preview(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Ask each host what an undo of everything, or of these steps, would meet."""
        parts: dict[tuple[str, ...], list[str]] = {}
        for name in subjects:
            part = targets_of(self._subject(name), only) if only else ()
            parts.setdefault(part, []).append(name)
        for part, names in parts.items():
            yield from self.fleet.preview(names, part)

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Have each host remove the snapshot of what is taken back."""
        yield from self.fleet.clean(subjects)

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask each host how it stands."""
        yield from self.fleet.status(subjects)

    def _subject(self, name: str) -> SubjectPlan:
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


def _reads(subject: SubjectPlan) -> Reads:
    return reads_of(merged(_wanted(step) for step in subject.steps))


def _wanted(step: Step) -> Wanted:
    return Wanted(step.rule, step.title, step.danger, step.wanted, step.acknowledged)


def _may_fail(subject: SubjectPlan, undone: Collection[str]) -> dict[str, str]:
    """Return the rules that may still fail, and why.

    A part is left out, it waits for a reboot, or it was taken back on purpose.
    """
    reboots = {step.rule: f"reboot: {', '.join(step.reboot)}" for step in subject.steps
               if step.reboot}
    back = {step.rule: _ON_PURPOSE for step in subject.steps if step.id in undone}
    return {entry.rule: entry.reason for entry in subject.left_out} | reboots | back


def _verified(name: str, after: Mapping[str, str], may_fail: Mapping[str, str]) -> Outcome:
    """Given the verdicts after and which rules may still fail, return the outcome.

    What does so waits for somebody, and is named in ``waits`` with what it waits for.
    """
    fails = [rule for rule, verdict in sorted(after.items()) if verdict == "fail"]
    waits = {rule: may_fail[rule] for rule in fails if rule in may_fail}
    data = {"recheck": dict(after), "waits": waits}
    unknown = sorted(rule for rule, verdict in after.items() if verdict == "unknown")
    failing = [rule for rule in fails if rule not in waits]
    if unknown:
        why = Why("recheck_unknown", f"re-check unknown: {', '.join(unknown)}")
        return _outcome(name, State.UNKNOWN, why, data=data)
    if failing:
        why = Why("recheck_failed", f"still failing: {', '.join(failing)}")
        return _outcome(name, State.FAILED, why, data=data)
    left = (_waiting(f"{rule} still fails ({for_})", for_) for rule, for_ in waits.items())
    return _outcome(name, State.VERIFIED, *left, data=data)


def _waiting(said: str, for_: str) -> Why:
    return Why("recheck_back", said) if for_ == _ON_PURPOSE else Why("recheck_waits", said)


def _outcome(
    name: str, state: State, *reasons: Why, data: Mapping[str, object] | None = None,
) -> Outcome:
    return Outcome(name, state, text(reasons), {**(data or {}), **as_data(*reasons)})


def drift(subject: SubjectPlan, now: Changes) -> list[dict[str, str]]:
    """Given what was planned and what would be done now, return what differs, in words."""
    planned: dict[str, Change] = {}
    for step in subject.steps:
        for change in step.changes:
            first = planned.setdefault(f"{change.kind} {change.target}", change)
            planned[f"{change.kind} {change.target}"] = change.model_copy(
                update={"before": first.before, "before_sha256": first.before_sha256},
            )
    would = {f"{c.kind} {c.target}": c for c in map(describe, now.operations)}
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
