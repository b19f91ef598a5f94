"""Hardening, as the commands carry it out: see ``opsrunner.cli.activities`` for each function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.actor import HardenActor
from opsrunner.activities.harden.papers import plan as plan_page
from opsrunner.activities.harden.papers.operations import change_record, operation_report
from opsrunner.activities.harden.papers.report import hardening_report
from opsrunner.activities.harden.papers.story import Story
from opsrunner.changes.actor import targets_of
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits
from opsrunner.cli.fleet import findings_of, fleet_of
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.models import Subject
from opsrunner.plan.host_records import host_records
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.ways_in import second_login
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.paper import Paper

if TYPE_CHECKING:
    from opsrunner.cli.case import Case


@dataclass(frozen=True, slots=True)
class Hardening:
    """What a hardening plan needs: the context, and the runs that looked again."""

    context: Context
    rechecks: list[str] = field(default_factory=list)

    @property
    def policy_sha256(self) -> str:
        """Return the digest of the rules and all that chooses among them."""
        return self.context.policies.sha256

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """Return the inventory's hosts."""
        return {host.id: host for host in self.context.inventory.hosts}

    def hands(self, case: Case, undo_after: int, progress: HostProgress) -> HardenActor:
        """Return what hardens the hosts of the case."""
        second = {host.id: account for host in case.planned if (account := second_login(host))}
        fleet = fleet_of(self.context, case.planned, case.plan.id, undo_after, progress)
        return HardenActor(case.plan, fleet, self._recheck(case), second=second)

    def records(self, case: Case, journal: Journal) -> list[SubjectRecord]:
        """Return each host's state."""
        return host_records(case.plan, journal)

    def outputs(self, _case: Case) -> Mapping[str, Any]:
        """Return the runs that looked again."""
        return {"rechecks": self.rechecks}

    def _recheck(
        self, case: Case,
    ) -> Callable[[Sequence[str], Sequence[str]], dict[str, dict[str, str]]]:
        """Return what checks hosts again: a run of its own on record, verdicts by host and rule."""

        def again(hosts: Sequence[str], rules: Sequence[str]) -> dict[str, dict[str, str]]:
            context = self.context
            chosen = [host for host in context.inventory.hosts if host.id in hosts]
            plan = plan_check(
                context.policies, chosen, only=rules, root=context.settings.root,
                limits=limits(context.settings),
            )
            run_id = observe_and_judge(plan, context, case.store, rules)
            self.rechecks.append(run_id)
            return {
                name: {row.rule: row.verdict.value for row in rows}
                for name, rows in findings_of(case.store, run_id).items()
            }

        return again


def prepare(_plan: Plan, context: Context) -> Hardening:
    """Return what a hardening plan needs; the context has all of it."""
    return Hardening(context)


def undoable(plan: Plan, subjects: Sequence[str], rules: Sequence[str]) -> list[Problem]:
    """Return which rules share a target with another one: they cannot be taken back alone."""
    shared: dict[tuple[str, str], list[str]] = {}  # a rule and what is wrong -> its hosts
    for subject in plan.subjects if rules else ():
        if subject.id in subjects:
            try:
                targets_of(subject, [step.id for step in subject.steps if step.rule in rules])
            except InputError as error:
                for one in error.problems:
                    rule, _, host = one.key.partition("@")
                    shared.setdefault((rule, one.message), []).append(host)
    problems = []
    for (rule, message), where in shared.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        problems.append(Problem("--rule", f"{rule}@{where[0]}{more}", message))
    return problems


def plan_papers(
    plan: Plan, digest: str, people: Mapping[str, str], withdrawals: Sequence[Withdrawal],
) -> list[Paper]:
    """Return 安全加固方案."""
    return [plan_page.plan_paper(plan, digest, people, withdrawals)]


def papers(story: Story, _folder: Path) -> list[Paper]:
    """Return 安全加固报告, 操作报告, 变更记录单."""
    return [hardening_report(story), operation_report(story), change_record(story)]
