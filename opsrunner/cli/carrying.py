"""One approved plan and all that carrying it out needs; what apply, resume and undo share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.actor import HardenActor
from opsrunner.changes.commands import run_on_hosts
from opsrunner.changes.fleet import Fleet
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits, load_context, open_store, playbook
from opsrunner.cli.ending import exit_of, name_open, present, rehearsed
from opsrunner.cli.paperwork import Paperwork, write_story
from opsrunner.cli.plan import findings_of, fleet_of
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.models import Subject
from opsrunner.plan.asking import Asker
from opsrunner.plan.batches import Pace, check_pace
from opsrunner.plan.business import Declared, declared, settle_seconds
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.execute import Ending, Work
from opsrunner.plan.file import find, load, moment, require_own, reread
from opsrunner.plan.host_records import host_records
from opsrunner.plan.journal import FILE as JOURNAL
from opsrunner.plan.journal import Journal, Note, read
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.permit import Permit
from opsrunner.plan.states import State
from opsrunner.plan.stop import Stop
from opsrunner.plan.ways_in import SECOND_LOGIN, moved
from opsrunner.settings import load_settings
from opsrunner.version import code_version

ACTIVITY = "harden"
_FINAL = frozenset(
    {State.VERIFIED, State.UNDONE, State.REFUSED, State.FAILED, State.UNKNOWN},
)
_READY = {State.PLANNED: "as planned, would be changed"}
_LONG = 200  # characters of a reason that the terminal shows; the journal has all of it


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


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is carried out: pace, undo's seconds, a new journal or the old one, what is barred.

    ``barred``: why no new host may begin, "" when one may. ``named``: the hosts that the exit code
    is about; none: all. ``verb``: what the progress bar says is being done.
    """

    pace: Pace
    undo_after: int
    papers: Paperwork
    new: bool = False
    as_json: bool = False
    barred: str = ""
    named: tuple[str, ...] | None = None
    verb: str = "apply"


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


def rehearse(case: Case, undo_after: int, *, as_json: bool) -> int:
    """Given an approved plan, read every host and compare, change nothing; return the exit code."""
    names = [subject.id for subject in case.plan.subjects if subject.steps]
    barred = case.permit.gate("", names)
    with HostProgress(len(names), "compare") as progress:
        actor, _ = _actor(case, undo_after, progress)
        outcomes = []
        for outcome in actor.read(names):
            outcomes.append(outcome)
            progress.done(f"{outcome.subject}: {_READY.get(outcome.state, outcome.state)}")
    return rehearsed(outcomes, barred, as_json=as_json)


def carry(case: Case, manner: Manner, way: Callable[[Work], Ending]) -> int:
    """Given a plan, how and which way to carry it out, do it, record it and say how it ended.

    Return the exit code. Raise InputError when the pace cannot be meant or somebody is at it,
    EvidenceError when nothing can be recorded.
    """
    names = [subject.id for subject in case.plan.subjects if subject.steps]
    place = case.path.parent / JOURNAL
    _refuse(case, manner, place)
    options = {"plan": case.plan.id, "digest": case.digest, "ticket": case.plan.ticket,
               "source_run": case.plan.source_run}
    with case.store.begin(
        ACTIVITY,
        inventory=case.plan.inventory,
        policy_sha256=case.context.policies.sha256,
        operator=case.operator,
        code_version=code_version(),
        options=options,
        subjects=names,
        inputs={"plan": case.store.put(reread(case.path, case.digest))},
    ) as run:
        journal = (
            Journal.begin(place, plan=case.plan.id, digest=case.digest, run=run.run.id,
                          subjects=names)
            if manner.new else Journal.resume(place, digest=case.digest, run=run.run.id)
        )
        ending = _carried(case, manner, way, journal)
        for record in host_records(case.plan, journal):
            run.subject(record)
        outputs = {"blobs": {"journal": case.store.put(place.read_bytes())},
                   "states": dict(ending.states), "stopped": ending.stopped,
                   "rechecks": case.rechecks}
        run.finish(outputs=outputs)
    written = write_story(case.store, case.plan, case.digest, journal.entries, manner.papers)
    present(case.plan, run.run.id, journal, ending, written, as_json=manner.as_json)
    return exit_of(ending, written, manner.named)


def _carried(
    case: Case, manner: Manner, way: Callable[[Work], Ending], journal: Journal,
) -> Ending:
    """Given an open journal, carry the plan out; what breaks off says which hosts are open."""
    try:
        with journal, Stop() as stop, HostProgress(len(journal.states), manner.verb) as progress:
            forgotten = [name for name, state in journal.states.items() if state is State.UNDONE]
            work, fleet = _work(case, journal, manner, stop, progress)
            ending = way(work)
            undone = [name for name in ending.named(State.UNDONE) if name not in forgotten]
            _forget(fleet, undone, progress)
    except BaseException:  # once the bar is gone
        name_open(case.plan, journal)
        raise
    return ending


def _refuse(case: Case, manner: Manner, place: Path) -> None:
    """Refuse what would end the run with its journal begun and no host touched; or a second one.

    A run on record whose journal is gone may have touched anything.
    """
    if manner.new:  # what is open is settled with a calendar that is broken, too
        load_calendar(case.permit.policies)
    check_pace(manner.pace, [subject for subject in case.plan.subjects if subject.steps])
    begun = bool(read(place)) if place.exists() else False
    if not manner.new and not begun:
        message = f"was not begun: opsrunner apply {case.plan.id}"
        raise InputError([Problem(case.plan.id, "", message)])
    runs = [run for run in case.store.runs() if run.status == "finished" or not place.exists()]
    lost = [run.id for run in runs
            if run.activity == ACTIVITY and run.options.get("plan") == case.plan.id]
    if lost and not begun:
        message = f"was taken up by run {lost[-1]}, whose journal {place} is gone; plan again"
        raise InputError([Problem(case.plan.id, "", message)])


def _work(
    case: Case, journal: Journal, manner: Manner, stop: Stop, progress: HostProgress,
) -> tuple[Work, Fleet]:
    context = case.context
    subjects = {host.id: host for host in context.inventory.hosts}
    budget = limits(context.settings)
    planned = _planned(case)
    armed = manner.undo_after + settle_seconds(case.business, planned)
    actor, fleet = _actor(case, armed, progress)
    ask = Asker(
        case.business, subjects,
        lambda commands: run_on_hosts(playbook(context, "check.yml"), commands, budget),
        lambda name: str(subjects[name].attributes["address"]),
    )
    work = Work(
        plan=case.plan.model_copy(
            update={"subjects": tuple(s for s in case.plan.subjects if s.steps)},
        ),
        actor=actor,
        journal=journal,
        business=ask,
        pace=manner.pace,
        gate=lambda batch: manner.barred or case.permit.gate(journal.runs[-1], batch),
        stop=lambda: stop.asked,
        tell=lambda note: _tell(progress, note),
    )
    return work, fleet


def _actor(
    case: Case, undo_after: int, progress: HostProgress,
) -> tuple[HardenActor, Fleet]:
    planned = _planned(case)
    second = {
        host.id: str(account) for host in planned
        if (account := host.attributes.get(SECOND_LOGIN))
    }
    fleet = fleet_of(case.context, planned, case.plan.id, undo_after, progress)
    return HardenActor(case.plan, fleet, _recheck(case), second), fleet


def _planned(case: Case) -> list[Subject]:
    """Return the hosts of the plan that have a step and are in the inventory."""
    steps = {subject.id for subject in case.plan.subjects if subject.steps}
    return [host for host in case.context.inventory.hosts if host.id in steps]


def _forget(fleet: Fleet, undone: Sequence[str], progress: HostProgress) -> None:
    """Have the hosts that are as before forget the transaction; its record is in the journal."""
    for host, done in fleet.clean(undone) if undone else ():
        if not done:
            progress.say(f"{host}: the snapshot stays on the host, it could not be removed")


def _tell(progress: HostProgress, note: Note) -> None:
    reason = note.reason if len(note.reason) <= _LONG else f"{note.reason[:_LONG]}…"
    line = f"{note.subject}: {note.state}" + (f" ({reason})" if reason else "")
    (progress.done if note.state in _FINAL else progress.say)(line)


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
