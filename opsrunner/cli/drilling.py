"""One drill and all that holding it needs: the record, the time line, the papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from opsrunner.activities.drill.findings import raised
from opsrunner.activities.drill.papers.plan import plan_paper
from opsrunner.activities.drill.papers.report import Story, report_paper
from opsrunner.activities.drill.planning import ACTIVITY, TABLETOP, Drill, drill_of
from opsrunner.activities.drill.switchover.watching import seen
from opsrunner.activities.drill.walk import Moderator, result, walk
from opsrunner.cli.case import plan_of
from opsrunner.cli.context import open_store
from opsrunner.cli.paperwork import Paperwork, Written, written
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.run import RunWriter
from opsrunner.evidence.store import Store
from opsrunner.models import RunInfo
from opsrunner.plan import approvals
from opsrunner.plan.approval import faults
from opsrunner.plan.file import expired, find, load
from opsrunner.plan.people import People, load_people, this_login
from opsrunner.report.papers import write_papers
from opsrunner.settings import load_settings
from opsrunner.timeline.events import Event, Kind
from opsrunner.timeline.journal import FILE, TimeLine, read
from opsrunner.version import code_version


@dataclass(frozen=True, slots=True)
class Case:
    """A planned drill and where it is kept."""

    drill: Drill
    path: Path
    digest: str
    store: Store
    people: People

    def leader(self) -> str:
        """Return the id of who leads it: who is at the keyboard. Raise InputError: may not."""
        return self.people.require(this_login(), "apply")

    @property
    def line(self) -> Path:
        """Return the file of its time line."""
        return self.path.parent / FILE

    @property
    def names(self) -> dict[str, str]:
        """Return people's names by id."""
        return {key: person.name for key, person in self.people.people.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """What became of a drill: its run and head, its result, and how many findings it has."""

    run: str
    head: str
    result: str
    findings: int


def load_case(ref: str) -> Case:
    """Given what names a drill's plan, load all of it. Raise InputError with what is wrong."""
    settings = load_settings()
    store = open_store(settings)
    path = find(plan_of(ref, store), settings.store)
    plan, digest = load(path)
    drill = drill_of(plan)
    return Case(drill, path, digest, store, load_people(settings.policies))


def begin(case: Case, moderator: Moderator) -> Held:
    """Given a drill and who leads it, hold it. Raise InputError when it was held or has expired."""
    plan = case.drill.plan
    if case.drill.form != TABLETOP:
        message = f"is held on machines: opsrunner apply {plan.id}"
        raise InputError([Problem(plan.id, "", message)])
    if late := expired(plan, datetime.now(UTC)):
        raise InputError([Problem(plan.id, "expires", late)])
    if case.line.exists() and read(case.line):
        message = f"was begun before: opsrunner drill resume {plan.id}, or plan again"
        raise InputError([Problem(plan.id, "", message)])
    with _run(case) as run:
        with TimeLine.begin(
            case.line, plan=plan.id, digest=case.digest, run=run.run.id,
        ) as line:
            walk(case.drill, line, moderator, case.names[case.leader()])
        return _finish(case, run)


def go_on(case: Case, moderator: Moderator) -> Held:
    """Given a drill that was interrupted, hold the rest of it.

    One that came to its end without being recorded is recorded now. Raise InputError when there
    is nothing to go on with.
    """
    plan = case.drill.plan
    if not case.line.exists():
        message = f"was not begun: opsrunner drill tabletop {plan.id}"
        raise InputError([Problem(plan.id, "", message)])
    events = read(case.line)
    ended = bool(events) and events[-1].kind is Kind.ENDED
    if ended and any(run.status == "finished" for run in runs_of(case.store, plan.id)):
        raise InputError([Problem(plan.id, "", "was held to its end; see opsrunner papers")])
    with _run(case) as run:
        if not ended:
            with TimeLine.resume(case.line, digest=case.digest, run=run.run.id) as line:
                walk(case.drill, line, moderator, case.names[case.leader()])
        return _finish(case, run)


def runs_of(store: Store, plan: str) -> list[RunInfo]:
    """Given a store and a drill's plan, return its runs, newest last."""
    return [
        run for run in store.runs()
        if run.activity == ACTIVITY and run.options.get("plan") == plan
    ]


def _run(case: Case) -> RunWriter:
    plan, drill = case.drill.plan, case.drill
    return case.store.begin(
        ACTIVITY, inventory="", policy_sha256=plan.policy_sha256, operator=case.leader(),
        code_version=code_version(),
        options={"plan": plan.id, "form": drill.form, "scenario": drill.name},
        subjects=[drill.scenario.system],
        inputs={"plan": case.store.put(case.path.read_bytes())},
    )


def _finish(case: Case, run: RunWriter) -> Held:
    """Record what the time line says, the time line itself as evidence."""
    events, system = read(case.line), case.drill.scenario.system
    blob = case.store.put(case.line.read_bytes())
    said = result(events)
    run.subject(SubjectRecord(
        kind="system", id=system, platform="-", profile="-", reached=True, reason=None,
        started=events[0].at, ended=events[-1].at, rules=0, blobs={"timeline": blob},
        tally={"state": said},
    ))
    found = raised(case.drill.plan.id, system, events)
    head = run.finish(outputs={
        "plan": case.drill.plan.id, "result": said, "blobs": {"timeline": blob},
        "findings": [one.as_json() for one in found],
    })
    return Held(run.run.id, head, said, len(found))


def write_plan(case: Case, work: Paperwork) -> Written:
    """Given a drill, write 演练方案 beside its plan, or where papers were asked for."""
    paper = plan_paper(case.drill, case.digest, case.names)
    folder = work.output or case.path.parent
    return written(
        work, lambda: write_papers([paper], folder, work.desk, work.language), case.drill.plan,
    )


def write_report(case: Case, work: Paperwork) -> Written:
    """Given a drill that was held, write 应急演练报告 from its record."""

    def write() -> list[Path]:
        events = read(case.line)
        opened = [str(e.data["run"]) for e in events if e.kind is Kind.OPENED]
        watch, rows = seen(case.path.parent)
        story = Story(
            case.drill, case.digest, events, case.names,
            heads={run.id: case.store.details(run.id).head or ""
                   for run in runs_of(case.store, case.drill.plan.id)
                   if run.id in opened or run.status == "finished"},
            approvers=_approvers(case, work, events),
            watch=watch, rows=rows,
        )
        folder = work.folder(opened[-1])
        return write_papers([report_paper(story)], folder, work.desk, work.language)

    return written(work, write, case.drill.plan)


def drill_papers(case: Case, work: Paperwork) -> list[Written]:
    """Given a drill, write its papers again from the record: the plan; once held, the report."""
    events = read(case.line) if case.line.exists() else ()
    held = bool(events) and events[-1].kind is Kind.ENDED
    return [write_plan(case, work), *([write_report(case, work)] if held else [])]


def _approvers(case: Case, work: Paperwork, events: Sequence[Event]) -> str:
    """Return who approved the plan by names, of approvals that held when the drill began."""
    begun = datetime.fromisoformat(events[0].at)
    return "、".join(dict.fromkeys(
        one.approval.name for one in approvals.recorded(case.store, case.drill.plan.id)
        if not faults(one.approval, case.drill.plan, case.digest, work.trust, begun)
    ))


def tell_plan(case: Case, written: list[Written], *, as_json: bool = False) -> None:
    """Given a planned drill and its papers, print what is to be approved."""
    if as_json:
        tell_json(case, written)
        return
    typer.echo(f"plan     {case.drill.plan.id}\ndigest   {case.digest}")
    for paper in written:
        for line in paper.lines():
            typer.echo(line)
    typer.echo(f"approve  opsrunner approve {case.drill.plan.id}   (somebody else)")


def tell_json(case: Case, written: list[Written], held: Held | None = None) -> None:
    """Given a drill, its papers and how it was held, if it was, print it as JSON."""
    told: dict[str, object] = {
        "plan": case.drill.plan.id, "digest": case.digest,
        "papers": [str(path) for one in written for path in one.files],
        "missing": sorted({note for one in written for note in one.notes}),
    }
    if held:
        told |= {"run": held.run, "head": held.head, "result": held.result,
                 "findings": held.findings}
    typer.echo(json.dumps(told, ensure_ascii=False))
