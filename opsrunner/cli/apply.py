"""``opsrunner apply``, ``resume``, ``undo``: carry an approved plan out, go on, take it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.actor import HardenActor, targets_of
from opsrunner.changes.commands import run_on_hosts
from opsrunner.changes.fleet import Fleet
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits, load_context, open_store, playbook
from opsrunner.cli.plan import findings_of, fleet_of
from opsrunner.cli.progress import HostProgress
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.plan import approvals
from opsrunner.plan.approval import Trust, require_approval
from opsrunner.plan.asking import Asker
from opsrunner.plan.batches import Pace
from opsrunner.plan.business import load_business, settle_seconds
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.decide import gate
from opsrunner.plan.entries import last
from opsrunner.plan.execute import Ending, Work, execute
from opsrunner.plan.execute import resume as go_on
from opsrunner.plan.execute import undo as take_back
from opsrunner.plan.file import find, load
from opsrunner.plan.journal import FILE as JOURNAL
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signers import load_signers
from opsrunner.plan.states import State
from opsrunner.plan.stop import Stop
from opsrunner.settings import load_settings
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner apply harden-20261121-3fa9c1                     one host first, then 10 % at a time

  opsrunner apply harden-20261121-3fa9c1 --canary web1 --batch 5 --stop-after-failures 2

  opsrunner resume harden-20261121-3fa9c1                    after a crash: asks the hosts first

  opsrunner undo harden-20261121-3fa9c1 --limit web1         back to the bytes before
"""
ACTIVITY = "harden"
Ref = Annotated[str, typer.Argument(metavar="PLAN", help="Plan id, or the id of an apply run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Canary = Annotated[str, typer.Option(help="The host that goes first; default the plan's first.")]
Batch = Annotated[str, typer.Option(help="Hosts at a time after it: a number or a percentage.")]
Failures = Annotated[int, typer.Option("--stop-after-failures", help="Then nothing new begins.")]
UndoAfter = Annotated[
    int, typer.Option(min=30, max=3600, help="Seconds until a host takes itself back, unconfirmed.")
]


@dataclass(frozen=True, slots=True)
class _Case:
    """One approved plan and all that is needed to carry it out."""

    plan: Plan
    path: Path
    digest: str
    context: Context
    store: Store
    operator: str


def register(app: typer.Typer) -> None:
    """Given the application, add ``apply``, ``resume`` and ``undo``."""
    app.command("apply", epilog=EXAMPLES)(apply)
    app.command("resume", epilog=EXAMPLES)(resume)
    app.command("undo", epilog=EXAMPLES)(undo)


def apply(
    plan: Ref,
    canary: Canary = "",
    batch: Batch = "10%",
    failures: Failures = 1,
    undo_after: UndoAfter = 300,
    as_json: AsJson = False,
) -> int:
    """Carry an approved plan out: snapshot, timed undo, change, fresh login, re-check, per host.

    Refused before any host is touched: no approval that holds, expired, edited, other policies,
    a closed window, a freeze, another applier. Exit 2 when a host failed, 4 when one is unknown.
    """
    case = _case(plan)
    _approved(case)
    pace = Pace(canary, batch, failures)
    return _carry(case, pace, undo_after, execute, new=True, as_json=as_json)


def resume(
    plan: Ref,
    batch: Batch = "10%",
    failures: Failures = 1,
    undo_after: UndoAfter = 300,
    as_json: AsJson = False,
) -> int:
    """Go on after a crash: ask every host whose state is open, finish it, then the rest."""
    case = _case(plan)
    _approved(case)
    return _carry(case, Pace("", batch, failures), undo_after, go_on, new=False, as_json=as_json)


def undo(
    plan: Ref,
    limit: Annotated[str, typer.Option(help="Only these hosts, separated by commas.")] = "",
    rule: Annotated[
        list[str] | None, typer.Option(help="Only what this rule changed; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    undo_after: UndoAfter = 300,
    as_json: AsJson = False,
) -> int:
    """Take a carried-out plan back, to the bytes, modes and states before it.

    What somebody changed since is refused and shown: before, applied, now.
    """
    case = _case(plan)
    known = [
        subject.id for subject in case.plan.subjects
        if any(not rule or step.rule in rule for step in subject.steps)
    ]
    names = [name.strip() for name in limit.split(",") if name.strip()] or known
    _undoable(case.plan, names, rule or [])
    wrong = [Problem("--limit", name, "is no host of the plan with such a step") for name in names
             if name not in known]
    if wrong:
        raise InputError(wrong)
    why = reason or f"undo asked for by {case.operator}"

    def back(work: Work) -> Ending:
        return take_back(work, names, why)

    return _carry(
        case, Pace(), undo_after, back, new=False, as_json=as_json, only=tuple(rule or ()),
    )


def _undoable(plan: Plan, hosts: Sequence[str], rules: Sequence[str]) -> None:
    """Refuse rules the plan does not hold, and those that share a target with another rule."""
    problems = [
        Problem("--rule", name, "is no rule of the plan") for name in rules
        if not any(step.rule == name for subject in plan.subjects for step in subject.steps)
    ]
    for subject in plan.subjects if rules else ():
        if subject.id in hosts:
            try:
                targets_of(subject, rules)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)


def _case(ref: str) -> _Case:
    """Given what names the plan, load all of it. Raise InputError with what is wrong."""
    settings = load_settings()
    store = open_store(settings)
    path = find(_plan_of(ref, store), settings.store)
    plan, digest = load(path)
    operator = load_people(settings.policies).require(this_login(), "apply")
    context = load_context(Path(plan.inventory))
    return _Case(plan, path, digest, context, store, operator)


def _plan_of(ref: str, store: Store) -> str:
    """Given a plan's or a run's name, return the plan's."""
    for run in store.runs():
        if run.id == ref and "plan" in run.options:
            return str(run.options["plan"])
    return ref


def _approved(case: _Case) -> None:
    """Refuse a plan that is not approved, or that was made under other policies."""
    policies = case.context.settings.policies
    people = load_people(policies)
    trust = Trust(people, load_signers(policies, people))
    said = [one.approval for one in approvals.recorded(case.store, case.plan.id)]
    require_approval(case.plan, case.digest, said, trust, datetime.now(UTC))
    if case.plan.policy_sha256 != case.context.policies.sha256:
        message = "the policies were changed since it was made; plan and approve again"
        raise InputError([Problem(case.plan.id, "policy_sha256", message)])
    known = {host.id for host in case.context.inventory.hosts}
    gone = [s.id for s in case.plan.subjects if s.id not in known]
    if gone:
        raise InputError([Problem(case.plan.inventory, n, "is not there any more") for n in gone])


def _carry(
    case: _Case,
    pace: Pace,
    undo_after: int,
    carry: Callable[[Work], Ending],
    *,
    new: bool,
    as_json: bool,
    only: Sequence[str] = (),
) -> int:
    names = [subject.id for subject in case.plan.subjects if subject.steps]
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
        inputs={"plan": case.store.put(case.path.read_bytes())},
    ) as run:
        place = case.path.parent / JOURNAL
        journal = (
            Journal.begin(place, plan=case.plan.id, digest=case.digest, run=run.run.id,
                          subjects=names)
            if new else Journal.resume(place, digest=case.digest, run=run.run.id)
        )
        with journal, Stop() as stop, HostProgress(len(names), "apply") as progress:
            work, fleet = _work(case, journal, pace, undo_after, stop, progress, only)
            ending = carry(work)
            _forget(fleet, ending.named(State.UNDONE), progress)
        for record in _records(case, journal):
            run.subject(record)
        outputs = {"blobs": {"journal": case.store.put(place.read_bytes())},
                   "states": dict(ending.states), "stopped": ending.stopped}
        run.finish(outputs=outputs)
    _present(case, run.run.id, journal, ending, as_json=as_json)
    return _exit(ending)


def _work(
    case: _Case,
    journal: Journal,
    pace: Pace,
    undo_after: int,
    stop: Stop,
    progress: HostProgress,
    only: Sequence[str],
) -> tuple[Work, Fleet]:
    context = case.context
    policies = context.settings.policies
    subjects = {host.id: host for host in context.inventory.hosts}
    planned = [subjects[s.id] for s in case.plan.subjects if s.steps]
    checks = load_business(policies)
    budget = limits(context.settings)
    armed = undo_after + settle_seconds(checks, planned)
    fleet = fleet_of(context, planned, case.plan.id, armed, progress)
    actor = HardenActor(case.plan, fleet, _recheck(case), only)
    ask = Asker(
        checks, subjects,
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
        pace=pace,
        gate=gate(load_calendar(policies), case.plan, subjects),
        stop=lambda: stop.asked,
        tell=lambda note: _tell(progress, note),
    )
    return work, fleet


def _forget(fleet: Fleet, undone: Sequence[str], progress: HostProgress) -> None:
    """Have the hosts that are as before forget the transaction; its record is in the journal."""
    for host, done in fleet.clean(undone) if undone else ():
        if not done:
            progress.say(f"{host}: the snapshot stays on the host, it could not be removed")


def _tell(progress: HostProgress, note: Note) -> None:
    line = f"{note.subject}: {note.state}" + (f" ({note.reason})" if note.reason else "")
    final = note.state in {State.VERIFIED, State.UNDONE, State.REFUSED, State.FAILED, State.UNKNOWN}
    (progress.done if final else progress.say)(line)


def _recheck(case: _Case) -> Callable[[Sequence[str], Sequence[str]], dict[str, dict[str, str]]]:
    """Return what checks hosts again: a run of its own on record, verdicts by host and rule."""

    def again(hosts: Sequence[str], rules: Sequence[str]) -> dict[str, dict[str, str]]:
        context = case.context
        chosen = [host for host in context.inventory.hosts if host.id in hosts]
        plan = plan_check(
            context.policies, chosen, only=rules, root=context.settings.root,
            limits=limits(context.settings),
        )
        run_id = observe_and_judge(plan, context, case.store, rules)
        return {
            name: {row.rule: row.verdict.value for row in rows}
            for name, rows in findings_of(case.store, run_id).items()
        }

    return again


def _records(case: _Case, journal: Journal) -> list[SubjectRecord]:
    """Return one record for each host: its state, when it began and ended."""
    records = []
    for subject in case.plan.subjects:
        if not subject.steps:
            continue
        lines = [entry for entry in journal.entries if entry.subject == subject.id]
        state = journal.states[subject.id]
        reason = lines[-1].reason if lines else ""
        records.append(SubjectRecord(
            kind=subject.kind, id=subject.id, platform=subject.platform, profile=subject.profile,
            reached=bool(lines) and state is not State.REFUSED,
            reason=reason or None,
            started=lines[0].at if lines else journal.entries[0].at,
            ended=lines[-1].at if lines else journal.entries[-1].at,
            rules=0, blobs={}, tally={"state": state.value},
        ))
    return records


def _present(
    case: _Case, run_id: str, journal: Journal, ending: Ending, *, as_json: bool,
) -> None:
    reasons = {entry.subject: entry.reason for entry in journal.entries if entry.subject}
    if as_json:
        typer.echo(json.dumps({
            "run": run_id, "plan": case.plan.id, "stopped": ending.stopped,
            "states": {name: state.value for name, state in ending.states.items()},
            "reasons": {name: reason for name, reason in reasons.items() if reason},
        }, ensure_ascii=False))
        return
    echo_table(["host", "state", "because"], [
        [name, state.value, reasons.get(name, "")] for name, state in ending.states.items()
    ])
    for line in _differences(journal):
        typer.echo(line)
    if ending.stopped:
        typer.echo(f"stopped  {ending.stopped}")
    for name in ending.named(State.UNKNOWN):
        typer.echo(f"unknown  {name}: find out with  opsrunner resume {case.plan.id}")
    typer.echo(f"run      {run_id}")
    typer.echo(f"journal  {journal.path}")


def _differences(journal: Journal) -> Iterator[str]:
    """Yield what drifted since the plan, and what an undo left alone, of each host's last line."""
    for host, entry in last(journal.entries).items():
        for row in entry.data.get("drift", ()):
            yield f"drift    {host}: {row['target']}: planned {row['planned']}; now {row['now']}"
        for row in entry.data.get("differences", ()):
            yield (f"drift    {host}: {row['target']}: {row['what']} expected {row['expected']},"
                   f" found {row['found']}")
        for row in entry.data.get("conflicts", ()):
            yield (f"changed  {host}: {row['target']}: before {row['before']},"
                   f" applied {row['after']}, now {row['now']}")


def _exit(ending: Ending) -> ExitCode:
    states = set(ending.states.values())
    if State.UNKNOWN in states:
        return ExitCode.UNKNOWN
    if states & {State.FAILED, State.REFUSED} or ending.stopped:
        return ExitCode.VIOLATIONS
    return ExitCode.COMPLIANT
