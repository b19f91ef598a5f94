"""All that is known of a plan that was carried out: what its papers are written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from opsrunner.plan.approval import Approval
from opsrunner.plan.entries import OPENED, STATE, Entry
from opsrunner.plan.models import Plan, Step, SubjectPlan
from opsrunner.plan.reasons import chinese, reasons_of
from opsrunner.plan.states import State
from opsrunner.plan.undoing import taken_back
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.paper import Say

_BACK = {State.UNDOING, State.UNDONE}


@dataclass(frozen=True, slots=True)
class Command:
    """One command that was run: where, by whom, and what the journal holds of it."""

    host: str
    operator: str
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """A plan, the approvals that held, its journal, and the names of people by id.

    ``operators`` carried it out, by run; ``heads`` are the evidence chain's heads by run.
    ``withdrawals`` are those of its approvals.
    """

    plan: Plan
    digest: str
    approvals: Sequence[Approval]
    entries: Sequence[Entry]
    states: Mapping[str, State]
    people: Mapping[str, str]
    operators: Mapping[str, str]
    heads: Mapping[str, str] = field(default_factory=dict)
    withdrawals: Sequence[Withdrawal] = ()

    def name(self, person: str) -> str:
        """Given a person's id, return their name."""
        return self.people.get(person, person)

    @property
    def operator(self) -> str:
        """Return who carried it out, by name; several are joined."""
        return "、".join(dict.fromkeys(self.operators.values())) or "-"

    @property
    def reviewer(self) -> str:
        """Return who approved, by name; several are joined."""
        return "、".join(dict.fromkeys(one.name for one in self.approvals)) or "-"

    @cached_property
    def lines(self) -> Mapping[str, Sequence[Entry]]:
        """Return the journal's lines in order, by subject."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.kind == STATE:
                found.setdefault(entry.subject, []).append(entry)
        return found

    def reason(self, subject: str) -> Say:
        """Given a subject, return the newest reason the journal gives, or a dash.

        Why it was not begun at first is none any more once it was.
        """
        for entry in reversed(self.lines.get(subject, ())):
            if entry.reason:
                return why(entry)
            if entry.state is State.BEGINNING:
                break
        return why(None)

    def touched(self, subject: str) -> Sequence[Entry]:
        """Given a subject, return its lines without those that say why it was not begun."""
        return [one for one in self.lines.get(subject, ()) if one.state is not State.PLANNED]

    def data(self, subject: str, key: str) -> Any:  # noqa: ANN401 - whatever the journal holds
        """Given a subject and a key, return the newest value of it in the journal, or None."""
        for entry in reversed(self.lines.get(subject, ())):
            if entry.data.get(key):
                return entry.data[key]
        return None

    def recheck(self, subject: str) -> Mapping[str, str]:
        """Given a subject, return the verdicts of the re-check by rule, empty without one.

        A re-check before the host was taken back says nothing about how it is now.
        """
        return dict(self._rechecked(subject).get("recheck", {}))

    def waits(self, subject: str) -> Mapping[str, str]:
        """Given a subject, return the rules its re-check found to fail still, and what for.

        What was taken back on purpose waits for nothing.
        """
        back = self.taken_back.get(subject, frozenset())
        waits = self._rechecked(subject).get("waits", {})
        return {rule: why for rule, why in waits.items() if rule not in back}

    def _rechecked(self, subject: str) -> Mapping[str, Any]:
        for entry in reversed(self.lines.get(subject, ())):
            if entry.state in _BACK:
                return {}
            if entry.data.get("recheck"):
                return entry.data
        return {}

    @cached_property
    def taken_back(self) -> Mapping[str, frozenset[str]]:
        """Return the steps that were taken back while the rest of their host stands."""
        return taken_back(self.entries)

    def ended(self, subject: str, step: Step) -> State:
        """Given a host and a step of it, return what became of the step."""
        back = self.stays_back(subject, step)
        return State.UNDONE if back else self.states.get(subject, State.PLANNED)

    def stays_back(self, subject: str, step: Step) -> bool:
        """Given a host and a step, return whether it alone is back while the host stands."""
        stands = self.states.get(subject) in (State.CONFIRMED, State.VERIFIED)
        return stands and step.id in self.taken_back.get(subject, frozenset())

    def operator_of(self, subject: str) -> str:
        """Given a subject, return who had hands on it, by name; several are joined."""
        return "、".join(dict.fromkeys(self._hands.get(subject, ()))) or "-"

    @cached_property
    def _hands(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        operator = "-"
        for entry in self.entries:
            if entry.kind == OPENED:
                operator = self.operators.get(entry.data["run"], "-")
            elif entry.state is not State.PLANNED:
                found.setdefault(entry.subject, []).append(operator)
        return found

    def commands(self) -> Iterator[Command]:
        """Yield every command run on a host, in order."""
        operator = "-"
        for entry in self.entries:
            if entry.kind == OPENED:
                operator = self.operators.get(entry.data["run"], "-")
            for command in entry.data.get("commands", ()):
                yield Command(entry.subject, operator, command)

    def steps(self) -> Iterator[tuple[SubjectPlan, Step]]:
        """Yield every step with its subject."""
        for subject in self.plan.subjects:
            for step in subject.steps:
                yield subject, step

    @property
    def planned(self) -> int:
        """Return how many subjects were to be changed."""
        return sum(bool(subject.steps) for subject in self.plan.subjects)

    def counted(self, subject: str) -> bool:
        """Return whether the host counts as hardened: only after a re-check that passed whole.

        A rule that still waits for a reboot or a person has not passed yet.
        """
        verdicts = self.recheck(subject).values()
        verified = self.states.get(subject) is State.VERIFIED
        return verified and bool(verdicts) and not {"fail", "unknown"} & set(verdicts)


def why(entry: Entry | None) -> Say:
    """Given a line of a journal, return why it is so; a dash when it does not say."""
    if entry is None or not entry.reason:
        return Say("-", "-")
    told = (chinese(one) for one in reasons_of(entry.reason, entry.data))
    return Say("；\n".join(told), entry.reason)
