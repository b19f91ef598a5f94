"""Hardening's hands: each phase is one script to each host of a batch, one answer back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from opsrunner.activities.harden.planning import merged
from opsrunner.activities.harden.steps import Wanted, make_steps
from opsrunner.changes.actor import FleetActor, differences, outcome
from opsrunner.changes.describing import describe
from opsrunner.changes.operations import Changes
from opsrunner.changes.state import HostState
from opsrunner.plan.actor import Outcome
from opsrunner.plan.models import Change, Step, SubjectPlan
from opsrunner.plan.reasons import Why
from opsrunner.plan.states import State
from opsrunner.remedies.base import Reads, cuts_access, reads_of

# hosts and rules -> verdict by host and rule, from a new check that is on record
Recheck = Callable[[Sequence[str], Sequence[str]], Mapping[str, Mapping[str, str]]]
_ON_PURPOSE = "taken back on purpose"  # why a rule may fail after an undo of it


@dataclass
class HardenActor(FleetActor):
    """Carries one hardening plan out; see ``opsrunner.plan.actor.Actor`` for each phase."""

    recheck: Recheck

    def reads(self, subject: SubjectPlan) -> Reads:
        """Return what the remedies of the host's steps must see."""
        return reads_of(merged(_wanted(step) for step in subject.steps))

    def unsafe(self, subject: SubjectPlan) -> Why | None:
        """Refuse a host that could be cut off with no second way in, which nobody took on."""
        known = subject.id in self.second or subject.without_second_way
        if known or not any(cuts_access(step.wanted) for step in subject.steps):
            return None
        said = "it could be cut off and has no second way in; plan again"
        return Why("no_second_way", said)

    def rendered(self, subject: SubjectPlan, state: HostState) -> tuple[Changes, Iterable[Change]]:
        """Return what the rules of the plan come to on the host as it is now."""
        changes = make_steps(state, [_wanted(step) for step in subject.steps]).changes
        return changes, map(describe, changes.operations)

    def verify(
        self, subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Check the plan's rules again; all that were mended must pass now, or after the reboot.

        Those that were taken back on purpose are looked at too, and may fail.
        """
        mended = {name: [s.rule for s in self.subject(name).steps] for name in subjects}
        rules = sorted({rule for every in mended.values() for rule in every})
        verdicts = self.recheck(subjects, rules)
        for name in subjects:
            subject, found = self.subject(name), verdicts.get(name, {})
            after = {rule: found.get(rule, "unknown") for rule in mended[name]}
            yield _verified(name, after, _may_fail(subject, undone.get(name, ())))


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
        return outcome(name, State.UNKNOWN, why, data=data)
    if failing:
        why = Why("recheck_failed", f"still failing: {', '.join(failing)}")
        return outcome(name, State.FAILED, why, data=data)
    left = (_waiting(f"{rule} still fails ({for_})", for_) for rule, for_ in waits.items())
    return outcome(name, State.VERIFIED, *left, data=data)


def _waiting(said: str, for_: str) -> Why:
    return Why("recheck_back", said) if for_ == _ON_PURPOSE else Why("recheck_waits", said)


def drift(subject: SubjectPlan, now: Changes) -> list[dict[str, str]]:
    """Given what was planned and what would be done now, return what differs, in words."""
    return differences(subject, map(describe, now.operations))
