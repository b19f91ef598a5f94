"""Installing backups, as the commands carry it out: see ``opsrunner.cli.activities``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.activities.backup.install.actor import InstallActor
from opsrunner.activities.backup.install.steps import REPOSITORIES
from opsrunner.activities.backup.papers.plans import INSTALLING
from opsrunner.activities.harden.papers import plan as plan_page
from opsrunner.activities.harden.papers.operations import change_record, operation_report
from opsrunner.activities.harden.papers.story import Story
from opsrunner.changes.commands import run_on_hosts
from opsrunner.cli.context import Context, limits, playbook
from opsrunner.cli.fleet import fleet_of
from opsrunner.cli.progress import HostProgress
from opsrunner.cli.vault import open_vault
from opsrunner.errors import Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.models import Subject
from opsrunner.plan.host_records import host_records
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.ways_in import SECOND_LOGIN
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.policy.backup import load_backup
from opsrunner.report.paper import Paper
from opsrunner.secrets.store import Secret

if TYPE_CHECKING:
    from opsrunner.cli.case import Case


@dataclass(frozen=True, slots=True)
class Installing:
    """What a plan of installing backups needs; the vault is opened when a secret is needed."""

    context: Context
    policy_sha256: str

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """Return the inventory's hosts."""
        return {host.id: host for host in self.context.inventory.hosts}

    def hands(self, case: Case, undo_after: int, progress: HostProgress) -> InstallActor:
        """Return what installs on the hosts of the case."""
        context, budget = self.context, limits(self.context.settings)
        second = {
            host.id: str(account) for host in case.planned
            if (account := host.attributes.get(SECOND_LOGIN))
        }
        vault: dict[str, Secret] = {}  # an undo needs none, so it is opened at the first question

        def secret(name: str) -> Secret:
            if not vault:
                store = open_vault(context)
                vault.update({one: store.get(one) for one in store.names()})
            return vault[name] if name in vault else open_vault(context).get(name)

        return InstallActor(
            case.plan, fleet_of(context, case.planned, case.plan.id, undo_after, progress),
            lambda commands: run_on_hosts(playbook(context, "check.yml"), commands, budget),
            secret, context.settings.root / "roles", second=second,
        )

    def records(self, case: Case, journal: Journal) -> list[SubjectRecord]:
        """Return each host's state."""
        return host_records(case.plan, journal)

    def outputs(self, _case: Case) -> Mapping[str, Any]:
        """Return nothing: the journal has all of it."""
        return {}


def prepare(_plan: Plan, context: Context) -> Installing:
    """Return what the plan needs. Raise PolicyError when policies/backup is no good."""
    return Installing(context, load_backup(context.settings.policies).sha256)


def undoable(plan: Plan, _subjects: Sequence[str], rules: Sequence[str]) -> list[Problem]:
    """Refuse the undo of a repository: there may be backups in it."""
    message = "a repository that was made is not removed: there may be backups in it"
    return [Problem("--rule", plan.id, message)] if {*REPOSITORIES.values()} & {*rules} else []


def plan_papers(
    plan: Plan, digest: str, people: Mapping[str, str], withdrawals: Sequence[Withdrawal],
) -> list[Paper]:
    """Return 备份安装方案."""
    return [plan_page.plan_paper(plan, digest, people, withdrawals, INSTALLING)]


def papers(story: Story, _folder: Path) -> list[Paper]:
    """Return 操作报告, 变更记录单."""
    return [operation_report(story), change_record(story)]
