"""A plan and all that is needed to carry it out or take it back: loaded, and its hosts' actor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.actor import HardenActor
from opsrunner.changes.fleet import Fleet
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits, load_context, open_store
from opsrunner.cli.plan import findings_of, fleet_of
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.models import Subject
from opsrunner.plan.business import Declared, declared
from opsrunner.plan.file import find, load, moment, require_own
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.permit import Permit
from opsrunner.plan.ways_in import SECOND_LOGIN, moved
from opsrunner.settings import load_settings

ACTIVITY = "harden"


@dataclass(frozen=True, slots=True)
class Case:
    """One approved plan and all that is needed to carry it out."""

    plan: Plan
    path: Path
    digest: str
    context: Context
    store: Store
    operator: str
    business: Declared
    permit: Permit
    rechecks: list[str] = field(default_factory=list)  # runs that looked again


def load_case(ref: str, *, begun: bool = False) -> Case:
    """Given what names the plan, load all of it. Raise InputError with what is wrong.

    ``begun``: hosts may be changed already, so a waiver that lapsed since the plan was made must
    not keep them from being taken back; ``require_hosts`` says which hosts must still be there.
    """
    settings = load_settings()
    store = open_store(settings)
    path = find(plan_of(ref, store), settings.store)
    plan, digest = load(path)
    if plan.activity != ACTIVITY:
        raise InputError([Problem(plan.id, "activity", f"is a plan of {plan.activity}; "
                                  f"see opsrunner {plan.activity} --help")])
    require_own(path, plan, store.root)
    operator = load_people(settings.policies).require(login := this_login(), "apply")
    since = moment(plan.created).astimezone().date() if begun else None
    context = load_context(Path(plan.inventory), as_of=since)
    business = declared(settings.policies, context.inventory.hosts)
    hosts = {host.id: host for host in context.inventory.hosts}
    permit = Permit(plan, digest, login, settings.policies, store, hosts)
    case = Case(plan, path, digest, context, store, operator, business, permit)
    planned = [subject.id for subject in plan.subjects if subject.steps]
    if not planned:
        raise InputError([Problem(plan.id, "", "has no step: there is nothing to apply")])
    if not begun:
        require_hosts(case, planned)
    return case


def require_hosts(case: Case, names: Sequence[str]) -> None:
    """Given a plan and hosts of it, raise InputError naming those the inventory has no more."""
    known = {host.id for host in case.context.inventory.hosts}
    gone = [name for name in names if name not in known]
    if gone:
        message = "is not there any more"
        raise InputError([Problem(case.plan.inventory, name, message) for name in gone])


def plan_of(ref: str, store: Store) -> str:
    """Given a plan's or a run's name, return the plan's."""
    for run in store.runs():
        if run.id == ref and "plan" in run.options:
            return str(run.options["plan"])
    return ref


def approved(case: Case) -> None:
    """Refuse a plan that is not approved, or that was made under other policies or addresses."""
    case.permit.require()
    problems = list(moved(case.plan, case.context.inventory.hosts))
    if case.plan.policy_sha256 != case.context.policies.sha256:
        message = "the policies were changed since it was made; plan and approve again"
        problems.append(Problem(case.plan.id, "policy_sha256", message))
    if problems:
        raise InputError(problems)


def actor_of(
    case: Case, undo_after: int, progress: HostProgress,
) -> tuple[HardenActor, Fleet]:
    """Given a case, the seconds of the timed undo and a bar, return what acts on its hosts."""
    planned = planned_hosts(case)
    second = {
        host.id: str(account) for host in planned
        if (account := host.attributes.get(SECOND_LOGIN))
    }
    fleet = fleet_of(case.context, planned, case.plan.id, undo_after, progress)
    return HardenActor(case.plan, fleet, _recheck(case), second), fleet


def planned_hosts(case: Case) -> list[Subject]:
    """Return the hosts of the plan that have a step and are in the inventory."""
    steps = {subject.id for subject in case.plan.subjects if subject.steps}
    return [host for host in case.context.inventory.hosts if host.id in steps]


def _recheck(case: Case) -> Callable[[Sequence[str], Sequence[str]], dict[str, dict[str, str]]]:
    """Return what checks hosts again: a run of its own on record, verdicts by host and rule."""

    def again(hosts: Sequence[str], rules: Sequence[str]) -> dict[str, dict[str, str]]:
        context = case.context
        chosen = [host for host in context.inventory.hosts if host.id in hosts]
        plan = plan_check(
            context.policies, chosen, only=rules, root=context.settings.root,
            limits=limits(context.settings),
        )
        run_id = observe_and_judge(plan, context, case.store, rules)
        case.rechecks.append(run_id)
        return {
            name: {row.rule: row.verdict.value for row in rows}
            for name, rows in findings_of(case.store, run_id).items()
        }

    return again
