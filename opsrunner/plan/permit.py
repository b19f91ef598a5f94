"""May this plan touch a host now, as policies and evidence are now? Asked before every batch.

People, keys and calendar are read anew each time: whoever loses a role, and a freeze that is
written down in mid-run, stop the next batch. A withdrawal counts when the ledger holds it before
the run; one that comes later does not touch a run in progress.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from opsrunner.errors import InputError
from opsrunner.evidence.store import Store
from opsrunner.models import Subject
from opsrunner.plan import approvals
from opsrunner.plan.approval import Trust, require_approval
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.clock import Clock, no_earlier
from opsrunner.plan.decide import gate
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people
from opsrunner.plan.reasons import Why, barred_by
from opsrunner.plan.signers import load_signers


@dataclass(frozen=True, slots=True)
class Permit:
    """One plan, who carries it out (the login), and where to look whether they may."""

    plan: Plan
    digest: str
    login: str
    policies: Path
    store: Store
    subjects: Mapping[str, Subject]
    clock: Clock = field(default_factory=Clock)

    def require(self, run: str = "") -> datetime:
        """Given the run that carries the plan out, "" before there is one, return the time.

        Raise InputError with every reason why it may not be.
        """
        now = self.clock.now()
        people = load_people(self.policies)
        people.require(self.login, "apply")
        trust = Trust(people, load_signers(self.policies, people))
        said = [one.approval for one in approvals.recorded(self.store, self.plan.id)]
        withdrawn = approvals.withdrawals(self.store, self.plan.id, run)
        newest = max((one.ended or one.started for one in self.store.runs()), default="")
        late = no_earlier(now, newest)
        require_approval(self.plan, self.digest, said, trust, late, withdrawn)
        return now

    def gate(self, run: str, names: Sequence[str]) -> tuple[Why, ...]:
        """Given the run and the subjects of a batch, return why it may not begin; none: it may.

        What cannot be read bars it, too. Raise EvidenceError when the store is broken.
        """
        try:
            now = self.require(run)
            calendar = load_calendar(self.policies)
        except InputError as error:
            return barred_by(error)
        return gate(calendar, self.plan, self.subjects, lambda: now)(names)
