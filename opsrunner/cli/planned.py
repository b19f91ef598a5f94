"""What every command that plans a change takes, refuses and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.cli.agreeing import LINE
from opsrunner.cli.context import Context
from opsrunner.cli.paperwork import Paperwork, write_plan
from opsrunner.cli.table import echo_table
from opsrunner.errors import InputError, Problem
from opsrunner.plan.business import declared
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.file import DIGEST_FILE, load
from opsrunner.plan.models import Plan

Inventory = Annotated[
    Path | None, typer.Option("-i", "--inventory", help="Inventory folder or file.")
]
Limit = Annotated[str | None, typer.Option(help="Only these hosts (an Ansible pattern).")]
Ticket = Annotated[str, typer.Option(help="The work order, on every document.")]
Period = Annotated[
    str, typer.Option(help="The special period this is done for, as policies/calendar/ names it."),
]
Emergency = Annotated[str, typer.Option(help="Why it cannot wait for a window; on every document.")]
ValidDays = Annotated[int, typer.Option(min=1, max=90, help="When the plan expires.")]
AsJson = Annotated[bool, typer.Option("--json", help="The plan as JSON.")]


def refusals(context: Context, period: str, texts: Mapping[str, str]) -> list[Problem]:
    """Given a special period and texts by option, return what no plan can hold; and bad checks."""
    problems = [
        Problem(option, "", f"must be one line of 1 to {LINE} characters")
        for option, text in texts.items()
        if text and (not text.strip() or not text.isprintable() or len(text) > LINE)
    ]
    if period:
        try:
            load_calendar(context.settings.policies).require_period(period)
        except InputError as error:
            problems += error.problems
    try:
        declared(context.settings.policies, context.inventory.hosts)
    except InputError as error:
        problems += error.problems
    return problems


def present(path: Path, papers: Paperwork, *, as_json: bool) -> None:
    """Given a plan's file, write its papers and print it."""
    plan, signed = load(path)
    written = write_plan(plan, signed, path.parent, papers)
    if as_json:
        typer.echo(json.dumps({
            "plan": plan.model_dump(mode="json"), "digest": signed, "path": str(path),
            "papers": [str(file) for file in written.files], "missing": list(written.notes),
        }, ensure_ascii=False))
        return
    _table(plan)
    typer.echo(f"plan    {plan.id}")
    typer.echo(f"digest  {signed}")
    typer.echo(f"json    {path}")
    typer.echo(f"to sign {path.parent / DIGEST_FILE}")
    for file in written.files:
        typer.echo(f"{file.suffix[1:]:7} {file}")
    for note in written.notes:
        typer.echo(f"missing {note}")
    for line in _no_second_way(plan):
        typer.echo(line)
    if any(subject.steps for subject in plan.subjects):
        typer.echo(f"next    opsrunner approve {plan.id}   (somebody else than {plan.planner})")
    else:
        typer.echo("next    nothing to apply")


def _no_second_way(plan: Plan) -> Iterator[str]:
    """Yield what is said of hosts that have no second way in: what waits for one, what does not."""
    barred = [subject.id for subject in plan.subjects
              if any(left.reason == "no_second_way" for left in subject.left_out)]
    if barred:
        yield (f"no way  {len(barred)} host(s) have no second way in; what could cut them off is"
               " left out. Set ops_second_login, or plan with --without-second-way")
    taken_on = sum(bool(subject.without_second_way) for subject in plan.subjects)
    if taken_on:
        yield f"no way  {taken_on} host(s) are changed without a second way in, as was asked for"


def _table(plan: Plan) -> None:
    rows = []
    for subject in plan.subjects:
        danger = [step.danger.level for step in subject.steps]
        left = ", ".join(sorted({entry.reason for entry in subject.left_out}))
        rows.append([
            subject.id, subject.platform, str(len(subject.steps)),
            str(sum(len(step.changes) for step in subject.steps)), str(danger.count("high")),
            str(sum(bool(step.reboot) for step in subject.steps)), str(len(subject.left_out)),
            left,
        ])
    echo_table(
        ["host", "platform", "rules", "changes", "high", "reboot", "left out", "because"], rows,
    )
