"""``opsrunner drill``: scenarios, drills at the table, and what they found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.drill.answers import load_answers
from opsrunner.activities.drill.planning import (
    MACHINES,
    Cause,
    Drill,
    drill_of,
    plan_tabletop,
)
from opsrunner.activities.drill.scenario import chosen, load_scenarios, unfilled
from opsrunner.activities.drill.walk import Moderator
from opsrunner.cli import drill_findings, drill_machines
from opsrunner.cli.context import open_store
from opsrunner.cli.drilling import (
    Case,
    Held,
    begin,
    go_on,
    load_case,
    tell_json,
    tell_plan,
    write_plan,
    write_report,
)
from opsrunner.cli.moderating import Terminal
from opsrunner.cli.paperwork import Formats, Output, Paperwork, Template, Written, prepare
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.plan.file import folder_of, save
from opsrunner.plan.models import Plan
from opsrunner.plan.people import People, load_people, this_login
from opsrunner.settings import Settings, load_settings
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner drill tabletop database_restore --plan-only      演练方案, to be approved

  opsrunner drill tabletop drill-20261121-3fa9c1             walk through that plan

  opsrunner drill tabletop host_failure --answers answers.yml

  opsrunner drill resume drill-20261121-3fa9c1               after a crash or Ctrl-C
"""
Answers = Annotated[
    Path | None, typer.Option(help="A file that answers instead of the terminal (YAML).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ref = Annotated[str, typer.Argument(metavar="DRILL", help="The drill's plan, or a run of it.")]


def register(app: typer.Typer) -> None:
    """Given the application, add the command group ``drill`` to it."""
    group = typer.Typer(help="Drills: rehearse an emergency by the clock.", no_args_is_help=True)
    group.command("scenarios")(scenarios)
    group.command("tabletop", epilog=EXAMPLES)(tabletop)
    group.command("resume", epilog=EXAMPLES)(resume)
    drill_machines.add_to(group)
    drill_findings.add_to(group)
    app.add_typer(group, name="drill")


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios of policies/drills."""
    found = load_scenarios(load_settings().policies)
    if as_json:
        rows = {name: one.model_dump(mode="json") for name, one in found.items()}
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    echo_table(("scenario", "steps", "minutes", "system", "title"), (
        (name, str(len(one.steps)), str(sum(step.minutes for step in one.steps)), one.system,
         one.title.zh)
        for name, one in found.items()
    ))


def tabletop(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario, or a drill planned before.")
    ],
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Write the plan to be approved, and stop.")
    ] = False,
    answers: Answers = None,
    ticket: Annotated[str, typer.Option(help="The work order, on every document.")] = "",
    valid_days: Annotated[int, typer.Option(min=1, max=90, help="When the plan expires.")] = 30,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Hold a drill without machines: plan, walk through it step by step, report.

    Each step is on disk as it happens. Exit 0: held; 2: held, and a criterion or step was not met;
    3: bad input.
    """
    settings = load_settings()
    work = prepare(settings, formats, output, template)
    case, moderator = _case(settings, scenario, answers, ticket, valid_days)
    written = [write_plan(case, work)]
    if not as_json:
        tell_plan(case, written)
    if plan_only:
        if as_json:
            tell_plan(case, written, as_json=True)
        return ExitCode.COMPLIANT
    return _end(case, begin(case, moderator), work, written, as_json=as_json)


def resume(
    drill: Ref,
    answers: Answers = None,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Go on with a drill that was interrupted, where its time line stops.

    One with machines asks them first how they stand.
    """
    work = prepare(load_settings(), formats, output, template)
    case = load_case(drill)
    if case.drill.form == MACHINES:
        return drill_machines.resume(case.drill.plan.id, work, answers, as_json=as_json)
    held = go_on(case, _moderator(case.drill, case.people, answers))
    return _end(case, held, work, [], as_json=as_json)


def _case(
    settings: Settings, name: str, answers: Path | None, ticket: str, valid_days: int,
) -> tuple[Case, Moderator]:
    """Given a scenario or a drill planned before, return the drill and who leads it.

    A new plan is saved only once the answers hold: bad input leaves nothing behind.
    """
    if name not in load_scenarios(settings.policies) and "-" in name:
        case = load_case(name)
        return case, _moderator(case.drill, case.people, answers)
    people = load_people(settings.policies)
    plan = _plan(settings, people, name, ticket, valid_days)
    moderator = _moderator(drill_of(plan), people, answers)
    save(plan, folder_of(open_store(settings).root, plan.id))
    return load_case(plan.id), moderator


def _plan(settings: Settings, people: People, name: str, ticket: str, valid_days: int) -> Plan:
    """Plan a drill of a scenario; return the plan. Raise InputError with all faults."""
    problems: list[Problem] = []
    try:
        scenario = chosen(load_scenarios(settings.policies), name)
        problems += unfilled(name, scenario, people)
    except InputError as error:
        problems += error.problems
    try:
        planner = people.require(login := this_login(), "plan")
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    cause = Cause(planner, login, code_version(), ticket, valid_days)
    return plan_tabletop(name, scenario, people, cause, datetime.now(UTC))


def _moderator(drill: Drill, people: People, answers: Path | None) -> Moderator:
    return Terminal(drill, people) if answers is None else load_answers(answers, drill, people)


def _end(
    case: Case, held: Held, work: Paperwork, written: list[Written], *, as_json: bool,
) -> int:
    written = [*written, write_report(case, work)]
    if as_json:
        tell_json(case, written, held)
    else:
        for line in written[-1].lines():
            typer.echo(line)
        typer.echo(f"run      {held.run}\nhead     {held.head}\nresult   {held.result}")
        typer.echo(f"findings {held.findings}   (opsrunner drill findings)")
    if any(one.failed for one in written):
        return ExitCode.INTERNAL
    return ExitCode.VIOLATIONS if held.result == "unmet" else ExitCode.COMPLIANT
