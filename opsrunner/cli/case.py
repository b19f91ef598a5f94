"""A plan and all that is needed to carry it out or take it back: loaded, refused or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from opsrunner.cli.activities import Activity, Prepared
from opsrunner.cli.activities.registry import activity_of
from opsrunner.cli.context import Context, load_context, open_store
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.models import Subject
from opsrunner.plan.business import Declared, declared, declared_or_not
from opsrunner.plan.file import find, load, moment, require_own
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.permit import Permit
from opsrunner.plan.ways_in import moved
from opsrunner.settings import load_settings


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
    activity: Activity
    prepared: Prepared

    @property
    def planned(self) -> list[Subject]:
        """Return the subjects of the plan that have a step and are still there."""
        steps = {subject.id for subject in self.plan.subjects if subject.steps}
        return [one for name, one in self.prepared.subjects.items() if name in steps]


def load_case(ref: str, *, begun: bool = False) -> Case:
    """Given what names the plan, load all of it. Raise InputError with what is wrong.

    ``begun``: hosts may be changed already, so a waiver that lapsed since the plan was made must
    not keep them from being taken back, and neither must business checks that cannot be read;
    ``require_hosts`` says which hosts must still be there.
    """
    settings = load_settings()
    store = open_store(settings)
    path = find(plan_of(ref, store), settings.store)
    plan, digest = load(path)
    activity = activity_of(plan)
    require_own(path, plan, store.root)
    operator = load_people(settings.policies).require(login := this_login(), "apply")
    since = moment(plan.created).astimezone().date() if begun else None
    context = load_context(Path(plan.inventory), as_of=since)
    read = declared_or_not if begun else declared
    business = read(settings.policies, context.inventory.hosts)
    prepared = activity.prepare(plan, context)
    permit = Permit(plan, digest, login, settings.policies, store, prepared.subjects)
    case = Case(
        plan, path, digest, context, store, operator, business, permit, activity, prepared,
    )
    planned = [subject.id for subject in plan.subjects if subject.steps]
    if not planned:
        raise InputError([Problem(plan.id, "", "has no step: there is nothing to apply")])
    if not begun:
        require_hosts(case, planned)
    return case


def require_hosts(case: Case, names: Sequence[str]) -> None:
    """Given a plan and subjects of it, raise InputError naming those that are gone."""
    known = case.prepared.subjects
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
    problems = list(moved(case.plan, case.prepared.subjects.values()))
    if case.plan.policy_sha256 != case.prepared.policy_sha256:
        message = "the policies were changed since it was made; plan and approve again"
        problems.append(
            Problem(case.plan.id, "policy_sha256", message, code="policies_changed"),
        )
    if problems:
        raise InputError(problems)
