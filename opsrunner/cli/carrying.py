"""One approved plan and all that carrying it out needs; what apply, resume and undo share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from opsrunner.changes.commands import run_on_hosts
from opsrunner.cli.activities import Hands
from opsrunner.cli.case import Case
from opsrunner.cli.context import limits, playbook
from opsrunner.cli.ending import exit_of, name_open, present
from opsrunner.cli.paperwork import Paperwork, write_story
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import InputError, Problem
from opsrunner.plan.asking import Asker, Unasked
from opsrunner.plan.batches import Pace, check_pace
from opsrunner.plan.business import settle_seconds
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.execute import Ending, Work
from opsrunner.plan.file import reread
from opsrunner.plan.journal import FILE as JOURNAL
from opsrunner.plan.journal import Journal, Note, read
from opsrunner.plan.reasons import Why, text
from opsrunner.plan.states import State
from opsrunner.plan.stop import Stop
from opsrunner.version import code_version

_FINAL = frozenset(
    {State.VERIFIED, State.UNDONE, State.REFUSED, State.FAILED, State.UNKNOWN},
)
_LONG = 200  # characters of a reason that the terminal shows; the journal has all of it


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is carried out: pace, undo's seconds, a new journal or the old one, what is barred.

    ``barred``: why no new host may begin, nothing when one may. ``named``: the hosts that the exit
    code is about; none: all. ``verb``: what the progress bar says is being done. ``undo_failed``:
    hosts whose re-check fails are taken back.
    """

    pace: Pace
    undo_after: int
    papers: Paperwork
    new: bool = False
    as_json: bool = False
    barred: tuple[Why, ...] = ()
    named: tuple[str, ...] | None = None
    verb: str = "apply"
    undo_failed: bool = False


def carry(case: Case, manner: Manner, way: Callable[[Work], Ending]) -> int:
    """Given a plan, how and which way to carry it out, do it, record it and say how it ended.

    Return the exit code. Raise InputError when the pace cannot be meant or somebody is at it,
    EvidenceError when nothing can be recorded.
    """
    names = [subject.id for subject in case.plan.subjects if subject.steps]
    place = case.path.parent / JOURNAL
    _refuse(case, manner, place)
    for why in case.business.unread:
        typer.echo(f"business checks are not asked, {why}", err=True)
    options = {"plan": case.plan.id, "digest": case.digest, "ticket": case.plan.ticket,
               "source_run": case.plan.source_run}
    with case.store.begin(
        case.plan.activity,
        inventory=case.plan.inventory,
        policy_sha256=case.prepared.policy_sha256,
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
        ending, back = _carried(case, manner, way, journal)
        for record in case.prepared.records(case, journal):
            run.subject(record)
        own = dict(case.prepared.outputs(case))
        if case.business.unread:
            own["business_unread"] = text(case.business.unread)
        blobs = {**own.pop("blobs", {}), "journal": case.store.put(place.read_bytes())}
        states = dict(ending.states)
        run.finish(outputs={"blobs": blobs, "states": states, "stopped": ending.stopped, **own})
    written = write_story(case.store, case.plan, case.digest, journal.entries, manner.papers)
    present(case.plan, run.run.id, journal, ending, written, as_json=manner.as_json)
    return exit_of(ending, written, manner.named, () if manner.verb == "undo" else back)


def _carried(
    case: Case, manner: Manner, way: Callable[[Work], Ending], journal: Journal,
) -> tuple[Ending, list[str]]:
    """Given an open journal, carry the plan out; return how it ended and which hosts went back.

    What breaks off says which hosts are open.
    """
    try:
        with journal, Stop() as stop, HostProgress(len(journal.states), manner.verb) as progress:
            forgotten = [name for name, state in journal.states.items() if state is State.UNDONE]
            work, hands = _work(case, journal, manner, stop, progress)
            ending = way(work)
            undone = [name for name in ending.named(State.UNDONE) if name not in forgotten]
            _forget(hands, undone, progress)
    except BaseException:  # once the bar is gone
        name_open(case.plan, journal)
        raise
    return ending, undone


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
            if run.activity == case.plan.activity and run.options.get("plan") == case.plan.id]
    if lost and not begun:
        message = f"was taken up by run {lost[-1]}, whose journal {place} is gone; plan again"
        raise InputError([Problem(case.plan.id, "", message)])


def _work(
    case: Case, journal: Journal, manner: Manner, stop: Stop, progress: HostProgress,
) -> tuple[Work, Hands]:
    context = case.context
    subjects = case.prepared.subjects
    budget = limits(context.settings)
    armed = manner.undo_after + settle_seconds(case.business, case.planned)
    hands = case.prepared.hands(case, armed, progress)
    ask = Unasked(text(case.business.unread)) if case.business.unread else Asker(
        case.business, subjects,
        lambda commands: run_on_hosts(playbook(context, "check.yml"), commands, budget),
        lambda name: str(subjects[name].attributes["address"]),
    )
    work = Work(
        plan=case.plan.model_copy(
            update={"subjects": tuple(s for s in case.plan.subjects if s.steps)},
        ),
        actor=hands,
        journal=journal,
        business=ask,
        pace=manner.pace,
        gate=lambda batch: manner.barred or case.permit.gate(journal.runs[-1], batch),
        stop=lambda: stop.asked,
        tell=lambda note: _tell(progress, note),
        undo_failed=manner.undo_failed,
    )
    return work, hands


def _forget(hands: Hands, undone: Sequence[str], progress: HostProgress) -> None:
    """Have what is as before forget what was kept for an undo; the journal has the record."""
    for host, done in hands.forget(undone) if undone else ():
        if not done:
            progress.say(f"{host}: the snapshot stays on the host, it could not be removed")


def _tell(progress: HostProgress, note: Note) -> None:
    reason = note.reason if len(note.reason) <= _LONG else f"{note.reason[:_LONG]}…"
    line = f"{note.subject}: {note.state}" + (f" ({reason})" if reason else "")
    (progress.done if note.state in _FINAL else progress.say)(line)
