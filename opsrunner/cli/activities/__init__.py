"""What ``apply``, ``resume``, ``undo``, ``papers`` ask of an activity whose plans are carried out.

Approval, calendar, journal, batches and evidence are the same for all of them; what differs stands
here. ``registry`` says which activities there are; each is one module of this folder, which brings
the activity's own code (``opsrunner/activities/<name>``) and the commands together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from opsrunner.activities.harden.papers.story import Story
from opsrunner.cli.context import Context
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.models import Subject
from opsrunner.plan.actor import Actor, Outcome
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.paper import Paper

if TYPE_CHECKING:  # a case holds what is prepared here
    from opsrunner.cli.case import Case


class Hands(Actor, Protocol):
    """An activity's actor, and what only the commands ask of it."""

    def preview(self, subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Say what an undo of these subjects, or of these steps of them, would meet.

        ``confirmed``: all is as the change left it; ``failed``: ``differences`` in the data say
        what is not; ``undone``, ``unknown``. Changes nothing.
        """

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Drop what was kept for an undo of subjects that are as before; yield whether each did."""


class Prepared(Protocol):
    """All that one plan needs of its activity, loaded before anything is touched."""

    @property
    def policy_sha256(self) -> str:
        """Return the digest of the policies as they are now; another than the plan's bars it."""

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """Return what can be acted on now, by id; a subject of the plan that is missing is gone."""

    def hands(self, case: Case, undo_after: int, progress: HostProgress) -> Hands:
        """Given the case, the seconds of the timed undo and a bar, return what acts."""

    def records(self, case: Case, journal: Journal) -> list[SubjectRecord]:
        """Given the case and its journal, return what is put on record of each subject."""

    def outputs(self, case: Case) -> Mapping[str, Any]:
        """Return what the run's record keeps besides: JSON; digests of the store in ``blobs``."""


class Activity(Protocol):
    """One activity; a module with these functions is one."""

    def prepare(self, plan: Plan, context: Context) -> Prepared:
        """Given a plan and the context, load the rest. Raise InputError with all that is wrong."""

    def undoable(
        self, plan: Plan, subjects: Sequence[str], rules: Sequence[str],
    ) -> list[Problem]:
        """Return why these subjects, or only these rules on them, cannot be taken back; no host."""

    def plan_papers(
        self, plan: Plan, digest: str, people: Mapping[str, str],
        withdrawals: Sequence[Withdrawal],
    ) -> list[Paper]:
        """Given a plan, its digest, people's names by id and withdrawals, return what is signed."""

    def papers(self, story: Story, folder: Path) -> list[Paper]:
        """Given what is on record and the folder of the plan, return what tells of it."""
