"""The papers of a plan on disk: what they need is looked at first, they are written last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.harden.papers.story import Story
from opsrunner.cli.activities.registry import activity_of
from opsrunner.cli.outcome import require_folder
from opsrunner.errors import OpsrunnerError
from opsrunner.evidence.store import Store
from opsrunner.plan import approvals
from opsrunner.plan.approval import Trust, faults
from opsrunner.plan.entries import OPENED, Entry, fold
from opsrunner.plan.file import folder_of, moment
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people
from opsrunner.plan.signers import load_signers
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.paper import Language
from opsrunner.report.papers import FORMATS, Desk, ready, write_papers
from opsrunner.settings import Settings

Output = Annotated[
    Path | None, typer.Option(help="Folder for the papers; default reports/RUN.")
]
Formats = Annotated[
    str, typer.Option("--format", help=f"Of: {','.join(FORMATS)}. Default all this machine can.")
]
Template = Annotated[
    Path | None, typer.Option(help="Your DOCX template; default the setting paper_template.")
]


@dataclass(frozen=True, slots=True)
class Paperwork:
    """All that writing papers needs, seen to be there before a host is touched."""

    desk: Desk
    trust: Trust
    language: Language
    reports: Path
    output: Path | None = None

    def folder(self, run_id: str) -> Path:
        """Given a run, return where its papers go."""
        return self.output or self.reports / run_id


@dataclass(frozen=True, slots=True)
class Written:
    """The papers that were written, and what is to be said of those that were not."""

    files: Sequence[Path]
    notes: Sequence[str] = ()
    failed: bool = False

    def lines(self) -> Iterator[str]:
        """Yield a line for each file and each note, for the terminal."""
        yield from (f"paper    {path}" for path in self.files)
        yield from (f"missing  {note}" for note in self.notes)


def prepare(
    settings: Settings, formats: str = "", output: Path | None = None, template: Path | None = None,
) -> Paperwork:
    """Given settings and options, return what papers are written with.

    Raise InputError when a format, the template, the folder or the list of people is no good.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()] or None
    desk = ready(names, template or settings.paper_template)
    require_folder(output or settings.reports)
    people = load_people(settings.policies)
    trust = Trust(people, load_signers(settings.policies, people))
    return Paperwork(desk, trust, settings.language, settings.reports, output)


def write_plan(
    plan: Plan, digest: str, folder: Path, work: Paperwork, withdrawals: Sequence[Withdrawal] = (),
) -> Written:
    """Given a plan, its digest and withdrawals, write the paper to be signed into a folder."""
    papers = activity_of(plan).plan_papers(plan, digest, _names(work), withdrawals)
    return written(work, lambda: write_papers(papers, folder, work.desk, work.language), plan)


def write_story(
    store: Store, plan: Plan, digest: str, entries: Sequence[Entry], work: Paperwork,
) -> Written:
    """Given a plan and its journal, write the papers of it; say what could not be written."""

    def write() -> list[Path]:
        story = story_of(store, plan, digest, entries, work)
        papers = activity_of(plan).papers(story, folder_of(store.root, plan.id))
        folder = work.folder(newest_run(entries))
        return write_papers(papers, folder, work.desk, work.language)

    return written(work, write, plan)


def newest_run(entries: Sequence[Entry]) -> str:
    """Given a journal's entries, return the run that took up the work last."""
    return next(str(entry.data["run"]) for entry in reversed(entries) if entry.kind == OPENED)


def written(work: Paperwork, write: Callable[[], list[Path]], plan: Plan) -> Written:
    """Given what writes a plan's papers, do it; say what could not be written."""
    return attempted(work, write, f"opsrunner papers {plan.id}")


def attempted(work: Paperwork, write: Callable[[], list[Path]], again: str) -> Written:
    """Given what writes, do it: a paper that fails hides nothing of what was done to hosts.

    ``again`` is the command that writes the papers once more.
    """
    notes = [f"{name}: {why}" for name, why in work.desk.missing.items()]
    try:
        return Written(write(), notes)
    except OpsrunnerError as error:
        told = f"{error}; write them again with  {again}"
        return Written((), [*notes, told], failed=True)


def story_of(
    store: Store, plan: Plan, digest: str, entries: Sequence[Entry], work: Paperwork,
) -> Story:
    """Given a plan and its journal, return all that is on record of it.

    Only approvals that hold are told, by the people and keys of today.
    """
    begun = moment(f"{entries[0].at[:19]}Z")
    holding = [
        one for one in approvals.recorded(store, plan.id)
        if not faults(one.approval, plan, digest, work.trust, begun)
    ]
    every = store.runs()
    known = {run.id for run in every}
    opened = {entry.data["run"] for entry in entries if entry.kind == OPENED}
    runs = [run for run in every if run.id in opened]  # whoever was refused had no hands in it
    names = _names(work)
    heads = {plan.source_run: "check"} | {one.run: "approve" for one in holding}
    for run in runs:
        heads |= dict.fromkeys(store.details(run.id).outputs.get("rechecks", ()), "re-check")
        heads[run.id] = run.activity
    return Story(
        plan=plan,
        digest=digest,
        approvals=[one.approval for one in holding],
        entries=entries,
        states=fold(entries),
        people=names,
        operators={run.id: names.get(run.operator, run.operator) for run in runs},
        withdrawals=approvals.withdrawals(store, plan.id),
        heads={
            f"{run} {what}": store.details(run).head or ""
            for run, what in heads.items() if run in known
        },
    )


def _names(work: Paperwork) -> dict[str, str]:
    return {key: person.name for key, person in work.trust.people.people.items()}
