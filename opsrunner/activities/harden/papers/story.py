"""All that is known of a plan that was carried out: what its papers are written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsrunner.plan.approval import Approval
from opsrunner.plan.entries import STATE, Entry
from opsrunner.plan.models import Plan, Step, SubjectPlan
from opsrunner.plan.states import State


@dataclass(frozen=True)
class Story:
    """A plan, who approved it, its journal, and the names of people by id.

    ``operator`` carried it out; ``heads`` are the evidence chain's heads by run.
    """

    plan: Plan
    digest: str
    approvals: Sequence[Approval]
    entries: Sequence[Entry]
    states: Mapping[str, State]
    people: Mapping[str, str]
    operator: str
    heads: Mapping[str, str] = field(default_factory=dict)

    def name(self, person: str) -> str:
        """Given a person's id, return their name."""
        return self.people.get(person, person)

    @property
    def reviewer(self) -> str:
        """Return who approved, by name; several are joined."""
        return "、".join(approval.name for approval in self.approvals) or "-"

    def of(self, subject: str) -> list[Entry]:
        """Given a subject, return its lines in order."""
        return [e for e in self.entries if e.kind == STATE and e.subject == subject]

    def last(self, subject: str) -> Entry | None:
        """Given a subject, return its newest line, None when it was never touched."""
        lines = self.of(subject)
        return lines[-1] if lines else None

    def data(self, subject: str, key: str) -> Any:  # noqa: ANN401 - whatever the journal holds
        """Given a subject and a key, return the newest value of it in the journal, or None."""
        for entry in reversed(self.of(subject)):
            if entry.data.get(key):
                return entry.data[key]
        return None

    def recheck(self, subject: str) -> Mapping[str, str]:
        """Given a subject, return the verdicts of the re-check by rule, empty without one."""
        return self.data(subject, "recheck") or {}

    def commands(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every command run on a host, with the host, in order."""
        for entry in self.entries:
            for command in entry.data.get("commands", ()):
                yield entry.subject, command

    def steps(self) -> Iterator[tuple[SubjectPlan, Step]]:
        """Yield every step with its subject."""
        for subject in self.plan.subjects:
            for step in subject.steps:
                yield subject, step

    def counted(self, subject: str) -> bool:
        """Return whether the host counts as hardened: only after a re-check that passed."""
        return self.states.get(subject) is State.VERIFIED
