"""One backup now, as the commands carry it out: see ``opsrunner.cli.activities``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.activities.backup.papers.plans import RUNNING
from opsrunner.activities.backup.run.actor import BACKUPS, RunActor
from opsrunner.activities.harden.papers import plan as plan_page
from opsrunner.activities.harden.papers.operations import change_record, operation_report
from opsrunner.activities.harden.papers.story import Story
from opsrunner.changes.commands import run_on_hosts
from opsrunner.cli.context import Context, limits, playbook
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.models import Subject
from opsrunner.plan.host_records import host_records
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.policy.backup import load_backup
from opsrunner.report.paper import Paper

if TYPE_CHECKING:
    from opsrunner.cli.case import Case


@dataclass(frozen=True, slots=True)
class Running:
    """What a plan of making backups needs."""

    context: Context
    policy_sha256: str

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """Return the inventory's hosts."""
        return {host.id: host for host in self.context.inventory.hosts}

    def hands(self, case: Case, _undo_after: int, _progress: HostProgress) -> RunActor:
        """Return what makes the backups of the case; there is no timed undo of one."""
        context, budget = self.context, limits(self.context.settings)
        return RunActor(
            case.plan,
            lambda commands: run_on_hosts(playbook(context, "check.yml"), commands, budget),
        )

    def records(self, case: Case, journal: Journal) -> list[SubjectRecord]:
        """Return each host's state, with each backup set's result and what the program wrote."""
        return [_with_sets(case, journal, host) for host in host_records(case.plan, journal)]

    def outputs(self, _case: Case) -> Mapping[str, Any]:
        """Return nothing: the journal has all of it."""
        return {}


def _with_sets(case: Case, journal: Journal, host: SubjectRecord) -> SubjectRecord:
    """Return a host's record with its backup sets, as the newest line of the journal has them."""
    said: Mapping[str, Any] = {}
    for entry in journal.entries:
        if entry.subject == host.id and entry.data.get(BACKUPS):
            said = entry.data[BACKUPS]
    plan = next(subject for subject in case.plan.subjects if subject.id == host.id)
    sets, blobs = {}, {}
    for step in plan.steps:
        found = said.get(step.id, {})
        sets[str(step.wanted["set"])] = {
            "result": found.get("ended") or None, "reason": found.get("why") or None,
        }
        if found.get("status"):
            blobs[step.id] = case.store.put(json.dumps(found["status"]).encode())
    return replace(host, blobs=blobs, tally={**host.tally, "sets": sets})


def prepare(_plan: Plan, context: Context) -> Running:
    """Return what the plan needs. Raise PolicyError when policies/backup is no good."""
    return Running(context, load_backup(context.settings.policies).sha256)


def undoable(plan: Plan, _subjects: Sequence[str], _rules: Sequence[str]) -> list[Problem]:
    """Refuse: a backup that was made is no change of the host."""
    message = "a backup that was made is not taken back: it is kept, and retention removes it"
    return [Problem(plan.id, "undo", message)]


def plan_papers(
    plan: Plan, digest: str, people: Mapping[str, str], withdrawals: Sequence[Withdrawal],
) -> list[Paper]:
    """Return 备份执行方案."""
    return [plan_page.plan_paper(plan, digest, people, withdrawals, RUNNING)]


def papers(story: Story, _folder: Path) -> list[Paper]:
    """Return 操作报告, 变更记录单."""
    return [operation_report(story), change_record(story)]
