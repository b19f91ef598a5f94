"""How carrying a plan out ended: the table, what differs, which command finds out, exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import typer

from opsrunner.changes.outcomes import BACK
from opsrunner.cli.activities.registry import activity_of
from opsrunner.cli.paperwork import Written
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode
from opsrunner.plan.actor import Outcome
from opsrunner.plan.entries import last
from opsrunner.plan.execute import STOPPED, Ending
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.states import FAILURES, State, unsettled

_STANDING = frozenset({State.BEGUN, State.CONFIRMED, State.FAILED})  # there is something to undo
_LONG = 160  # characters of a reason in the table; the journal has all of it


def present(
    plan: Plan, run_id: str, journal: Journal, ending: Ending, written: Written, *, as_json: bool,
) -> None:
    """Given a plan, the run, its journal, how it ended and its papers, print it."""
    reasons = {entry.subject: entry.reason for entry in journal.entries if entry.subject}
    if as_json:
        typer.echo(json.dumps({
            "run": run_id, "plan": plan.id, "stopped": ending.stopped,
            "states": {name: state.value for name, state in ending.states.items()},
            "reasons": {name: reason for name, reason in reasons.items() if reason},
            "papers": [str(path) for path in written.files], "missing": list(written.notes),
        }, ensure_ascii=False))
        return
    echo_table(["host", "state", "because"], [
        [name, state.value, _short(reasons.get(name, ""))] for name, state in ending.states.items()
    ])
    for line in _differences(journal):
        typer.echo(line)
    if ending.stopped:
        typer.echo(f"stopped  {ending.stopped}")
    for line in _next(plan, ending):
        typer.echo(line)
    typer.echo(f"run      {run_id}")
    typer.echo(f"journal  {journal.path}")
    for line in written.lines():
        typer.echo(line)


def name_open(plan: Plan, journal: Journal) -> None:
    """Given a plan whose carrying out breaks off now, say which hosts nobody knows about."""
    for name in unsettled(journal.states):
        what = f"{name} ({journal.states[name]})"
        typer.echo(f"unknown  {what}: find out with  opsrunner resume {plan.id}", err=True)


def _next(plan: Plan, ending: Ending) -> Iterator[str]:
    """Yield what the operator does next, for each state that something is to be done about."""
    states = ending.states
    for name in unsettled(states):
        yield f"unknown  {name}: find out with  opsrunner resume {plan.id}"
    undoable = activity_of(plan).undoable
    for name in _in(states, State.FAILED):
        if not undoable(plan, [name], ()):
            yield f"failed   {name}: take it back with  opsrunner undo {plan.id} --limit {name}"
    if refused := _in(states, State.REFUSED):
        yield (f"refused  {len(refused)} host(s), untouched: mend what it says, then  opsrunner"
               f" resume {plan.id} --retry-refused  ; what drifted is planned again")
    if (waiting := _in(states, State.PLANNED)) and ending.stopped:
        yield f"waiting  {len(waiting)} host(s), untouched: go on with  opsrunner resume {plan.id}"


def _in(states: Mapping[str, State], state: State) -> list[str]:
    return [name for name, found in states.items() if found is state]


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


def _short(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= _LONG else f"{first[:_LONG]}…"


def exit_of(
    ending: Ending, written: Written, named: Sequence[str] | None = None, back: Sequence[str] = (),
) -> ExitCode:
    """Given how it ended, return the exit code: something unknown wins over failures.

    Stopped by the operator without a failure is 130, as for every command. A paper that could
    not be written is heard of only when the hosts are well. ``named``: only these hosts were asked
    for, so how the others ended before is not this command's failure; what is open is all the same.
    ``back``: hosts that went back although they were to be changed.
    """
    states = {state for name, state in ending.states.items() if named is None or name in named}
    if unsettled(ending.states):
        return ExitCode.UNKNOWN
    if ending.stopped == STOPPED and not states & FAILURES:
        return ExitCode.STOPPED
    if states & {State.FAILED, State.REFUSED} or ending.stopped or back:
        return ExitCode.VIOLATIONS
    return ExitCode.INTERNAL if written.failed else ExitCode.COMPLIANT


def rehearsed(outcomes: Sequence[Outcome], barred: str, *, as_json: bool = False) -> ExitCode:
    """Given how the hosts compare with the plan, and what bars it now, print it."""
    ready = all(one.state is State.PLANNED for one in outcomes) and not barred
    code = ExitCode.COMPLIANT if ready else ExitCode.VIOLATIONS
    would = {one.subject: "changed" if one.state is State.PLANNED else one.state.value
             for one in outcomes}
    if as_json:
        typer.echo(json.dumps({
            "would_be": would, "barred": barred,
            "reasons": {one.subject: one.reason for one in outcomes if one.reason},
            "drift": {one.subject: one.data["drift"] for one in outcomes if one.data.get("drift")},
        }, ensure_ascii=False))
        return code
    echo_table(["host", "would be", "because"], [
        [one.subject, would[one.subject], _short(one.reason)] for one in outcomes
    ])
    for one in outcomes:
        for row in one.data.get("drift", ()):
            typer.echo(f"drift    {one.subject}: {row['target']}: planned {row['planned']};"
                       f" now {row['now']}")
    if barred:
        typer.echo(f"barred   {barred}")
    return code


def foreseen(
    plan: Plan, outcomes: Sequence[Outcome], only: Sequence[str], *, as_json: bool = False,
) -> ExitCode:
    """Given how changed hosts stand, print what an undo of all, or of these steps, would do."""
    changes = {
        subject.id: [change for step in subject.steps if not only or step.id in only
                     for change in step.changes]
        for subject in plan.subjects
    }
    # What nobody confirmed goes back whole, whatever is there; what is back has nothing to give.
    said = [(one, row) for one in outcomes if one.state is State.FAILED
            for row in one.data.get("differences", ())]
    stays = {(one.subject, row["target"]) for one, row in said}
    is_back = [(one.subject, target) for one in outcomes for target in one.data.get(BACK, ())
               if (one.subject, target) not in stays]
    rows = [
        {"host": one.subject, "target": change.target, "now": change.after,
         "back_to": change.before}
        for one in outcomes if one.state in _STANDING for change in changes[one.subject]
        if (one.subject, change.target) not in (*stays, *is_back)
    ]
    if as_json:
        typer.echo(json.dumps({
            "states": {one.subject: one.state.value for one in outcomes},
            "reasons": {one.subject: one.reason for one in outcomes if one.reason},
            "would_go_back": rows,
            "would_stay": [{"host": one.subject, **row} for one, row in said],
            "is_back": [{"host": host, "target": target} for host, target in is_back],
        }, ensure_ascii=False))
    else:
        echo_table(["host", "stands", "because"], [
            [one.subject, one.state.value, _short(one.reason)] for one in outcomes
        ])
        for line in _foreseen(rows, is_back, said):
            typer.echo(line)
    states = {one.state for one in outcomes}
    if State.UNKNOWN in states:
        return ExitCode.UNKNOWN
    return ExitCode.VIOLATIONS if State.FAILED in states else ExitCode.COMPLIANT


def _foreseen(
    rows: Sequence[Mapping[str, str]], is_back: Sequence[tuple[str, str]],
    said: Sequence[tuple[Outcome, Mapping[str, str]]],
) -> Iterator[str]:
    """Yield what would go back, what is back already and what would stay, a line for each."""
    for row in rows:
        yield f"back     {row['host']}: {row['target']}: {row['now']} -> {row['back_to']}"
    for host, target in is_back:
        yield f"is back  {host}: {target}: as before the change"
    for one, row in said:
        yield (f"stays    {one.subject}: {row['target']}: {row['what']} was left as"
               f" {row['expected']}, is {row['found']}")
