"""Hands that install backups: the change engine for what is changed, then a look whether it opens.

What does not open (a wrong password, no database) is taken back before anybody confirms it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opsrunner.activities.backup.install.access import Ask, ask_access
from opsrunner.activities.backup.install.steps import (
    REPOSITORIES,
    Wanted,
    exact,
    make_steps,
    reads_of,
)
from opsrunner.changes.actor import FleetActor, outcome
from opsrunner.changes.operations import Changes
from opsrunner.changes.state import HostState
from opsrunner.errors import InputError, Problem
from opsrunner.plan.actor import Outcome
from opsrunner.plan.models import Change, SubjectPlan
from opsrunner.plan.reasons import Why, as_data, reasons_of, text
from opsrunner.plan.states import State
from opsrunner.remedies.base import Reads
from opsrunner.secrets.store import Secret

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_PLACEHOLDER = re.compile(r"<secret (.+)>")


@dataclass
class InstallActor(FleetActor):
    """Carries one plan of installing backups out; see ``opsrunner.plan.actor.Actor``."""

    ask: Ask
    secret: Callable[[str], Secret]
    roles: Path

    def reads(self, subject: SubjectPlan) -> Reads:
        """Return what the jobs of the host must see."""
        return reads_of(_wanted(subject), self.roles)

    def rendered(self, subject: SubjectPlan, state: HostState) -> tuple[Changes, Iterable[Change]]:
        """Return what the jobs come to on the host as it is now, secrets left out."""
        made = make_steps(state, _wanted(subject), self.roles)
        return made.changes, made.shown

    def exact(self, subject: SubjectPlan, state: HostState, bound: Changes) -> Changes:
        """Return the changes with the secrets in their files; they go to the host only."""
        return exact(bound, state, _wanted(subject), self.roles, self._revealed)

    def _revealed(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._reveal(value) for name, value in variables.items()}

    def _reveal(self, value: Any) -> Any:  # noqa: ANN401 - a role's value
        found = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        if not self.secret(found.group(1)).reveal().isprintable():
            message = "holds a line break or a control character; no file of the roles can hold it"
            raise InputError([Problem("secrets", found.group(1), message)])
        return self.secret(found.group(1)).reveal()

    def begin(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Change the hosts, make repositories where the plan says so, see that all of it opens."""
        begun = []
        for found in super().begin(subjects):
            if found.state is State.BEGUN:
                begun.append(found)
            else:
                yield _scrubbed(found)
        said = ask_access(self.ask, self._jobs([one.subject for one in begun]), initialize=True)
        shut = {name: _shut(roles) for name, roles in said.items() if _shut(roles)}
        yield from (_scrubbed(one) for one in begun if one.subject not in shut)
        for back in self.fleet.undo(list(shut)) if shut else ():
            why = Why("backup_shut", shut[back.subject])
            every = (why, *reasons_of(back.reason, back.data))
            yield _scrubbed(Outcome(
                back.subject, back.state, text(every), {**back.data, **as_data(*every)},
            ))

    def confirm(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Log in afresh and disarm."""
        yield from map(_scrubbed, super().confirm(subjects))

    def verify(
        self, subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Ask again whether the repositories open and the databases answer; makes nothing."""
        jobs = {
            name: [job for job in every if job.kind.role not in undone.get(name, ())]
            for name, every in self._jobs(subjects).items()
        }
        said = ask_access(self.ask, jobs, initialize=False)
        for name in subjects:
            if shut := _shut(said[name]):
                unknown = None in said[name].values()
                state = State.UNKNOWN if unknown else State.FAILED
                yield outcome(name, state, Why("backup_shut", shut))
            else:
                yield Outcome(name, State.VERIFIED, data={"opens": sorted(said[name])})

    def undo(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Take everything back, or the targets of these steps; a repository stays."""
        yield from map(_scrubbed, super().undo(subjects, only))

    def preview(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Ask each host what an undo would meet."""
        yield from map(_scrubbed, super().preview(subjects, only))

    def status(self, subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask each host how it stands."""
        yield from map(_scrubbed, super().status(subjects))

    def _jobs(self, subjects: Sequence[str]) -> dict[str, list[Wanted]]:
        """Return the jobs of hosts; one makes a repository only where that is a step."""
        plans = {name: self.subject(name) for name in subjects}
        steps = {name: {step.id for step in plan.steps} for name, plan in plans.items()}
        return {
            name: [replace(job, initialize=REPOSITORIES[job.kind.role] in steps[name])
                   for job in _wanted(plan)]
            for name, plan in plans.items()
        }


def _wanted(subject: SubjectPlan) -> list[Wanted]:
    made = REPOSITORIES.values()
    return [Wanted.of(step.wanted) for step in subject.steps if step.id not in made]


def _shut(roles: Mapping[str, str | None]) -> str:
    """Return what does not open, with the reason; "" when all of it does."""
    said = {role: "nobody can tell" if why is None else why for role, why in roles.items()}
    return "; ".join(f"{role}: {why}" for role, why in said.items() if why)


def _scrubbed(found: Outcome) -> Outcome:
    """Return an outcome without digests of contents: one of a secret could be guessed."""
    data: dict[str, Any] = _without(dict(found.data))
    return Outcome(found.subject, found.state, _without(found.reason), data)


def _without(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return _DIGEST.sub("<digest>", value)
    if isinstance(value, Mapping):
        return {name: _without(one) for name, one in value.items()}
    return [_without(one) for one in value] if isinstance(value, list | tuple) else value
