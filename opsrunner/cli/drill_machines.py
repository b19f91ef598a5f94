"""``opsrunner drill switchover`` and ``restore``: planned, approved, then held on machines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.drill.answers import load_answers
from opsrunner.activities.drill.planning import (
    ACTIVITY,
    Cause,
    plan_machines,
    with_addresses,
)
from opsrunner.activities.drill.scenario import Scenario, load_scenarios, unfilled
from opsrunner.cli.activities.drill import Machinery, addresses, prepare, unattended
from opsrunner.cli.carrying import Manner, carry
from opsrunner.cli.case import Case, approved, load_case
from opsrunner.cli.context import Context, load_context, open_store
from opsrunner.cli.drilling import load_case as load_drill
from opsrunner.cli.drilling import tell_plan, write_plan
from opsrunner.cli.paperwork import Formats, Output, Paperwork, Template
from opsrunner.cli.paperwork import prepare as prepare_papers
from opsrunner.errors import InputError, Problem
from opsrunner.plan.batches import Pace
from opsrunner.plan.execute import execute
from opsrunner.plan.execute import resume as go_on
from opsrunner.plan.file import folder_of, save
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.reasons import Why, barred_by
from opsrunner.settings import load_settings
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner drill switchover 投资审批监管平台 --ticket CHG-1024     演练方案, to be approved

  opsrunner approve drill-20261121-3fa9c1                    by somebody else

  opsrunner drill switchover drill-20261121-3fa9c1           held; the same as opsrunner apply

  opsrunner undo drill-20261121-3fa9c1                       the old primary is the primary again
"""
Target = Annotated[
    str, typer.Argument(metavar="SYSTEM|DRILL", help="A system or scenario, or a planned drill."),
]
Answers = Annotated[
    Path | None, typer.Option(help="A file that answers for people's steps (YAML).")
]
Inventory = Annotated[
    Path | None, typer.Option("-i", "--inventory", help="The inventory that has the hosts."),
]
Ticket = Annotated[str, typer.Option(help="The work order, on every document.")]
Days = Annotated[int, typer.Option(min=1, max=90, help="When the plan expires.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(group: typer.Typer) -> None:
    """Given the group ``drill``, add the drills that are held on machines."""
    group.command("switchover", epilog=EXAMPLES)(switchover)
    group.command("restore", epilog=EXAMPLES)(restore)


def switchover(
    target: Target,
    inventory: Inventory = None,
    answers: Answers = None,
    ticket: Ticket = "",
    valid_days: Days = 30,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Switch a MariaDB primary over to its standby as a drill, watched by a client.

    A system: write the plan. A planned and approved drill: hold it. Exit 0: met; 2: not met, or
    refused with nothing touched; 4: how the pair stands is not known, resume asks again.
    """
    papers = prepare_papers(load_settings(), formats, output, template)
    if target.startswith(f"{ACTIVITY}-"):
        return hold(target, papers, answers, as_json=as_json)
    cause = ticket, valid_days
    return plan("database_switchover", target, inventory, cause, papers, as_json=as_json)


def restore(
    target: Target,
    inventory: Inventory = None,
    answers: Answers = None,
    ticket: Ticket = "",
    valid_days: Days = 30,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Restore a system's newest backup set into a scratch instance as a drill, by the clock.

    A system: write the plan. A planned and approved drill: hold it. Exit 0: met, and the set is
    proven to L5; 2: not met, or refused with nothing touched; 4: not known, resume asks again.
    """
    papers = prepare_papers(load_settings(), formats, output, template)
    if target.startswith(f"{ACTIVITY}-"):
        return hold(target, papers, answers, as_json=as_json)
    cause = ticket, valid_days
    return plan("database_restore", target, inventory, cause, papers, as_json=as_json)


def plan(
    subject: str, target: str, inventory: Path | None, cause: tuple[str, int], papers: Paperwork,
    *, as_json: bool,
) -> int:
    """Given a kind of drill, the system and why, write its plan; return the exit code."""
    context = load_context(inventory)
    settings = context.settings
    made = _planned(subject, target, context, *cause)
    prepare(made, context)  # what it would lack when it is held is said now
    save(made, folder_of(open_store(settings).root, made.id))
    case = load_drill(made.id)
    tell_plan(case, [write_plan(case, papers)], as_json=as_json)
    return 0


def hold(ref: str, papers: Paperwork, answers: Path | None, *, as_json: bool) -> int:
    """Given an approved drill, hold it; return the exit code."""
    case = load_case(ref)
    approved(case)
    _answered(case, answers)
    return carry(case, Manner(Pace(), 0, papers, new=True, as_json=as_json), execute)


def resume(ref: str, papers: Paperwork, answers: Path | None, *, as_json: bool) -> int:
    """Given a drill that was interrupted, ask the servers, and go on; return the exit code."""
    case = load_case(ref, begun=True)
    _answered(case, answers)
    barred: tuple[Why, ...] = ()
    try:
        approved(case)
    except InputError as error:  # what is open must be settled all the same
        barred = barred_by(error)
    barred += case.business.unread
    return carry(case, Manner(Pace(), 0, papers, as_json=as_json, barred=barred), go_on)


def _answered(case: Case, answers: Path | None) -> None:
    """Have a file answer for people where there is one; else there must be a terminal."""
    found = case.prepared
    if not isinstance(found, Machinery):
        raise InputError([Problem(case.plan.id, "activity", "is no drill with machines")])
    if answers is not None:
        people = load_people(case.context.settings.policies)
        found.moderator = load_answers(answers, found.drill, people)
    unattended(found)


def _planned(subject: str, target: str, context: Context, ticket: str, valid_days: int) -> Plan:
    settings, problems = context.settings, []
    people = load_people(settings.policies)
    name, scenario, planner, login = "", None, "", ""
    try:
        name, scenario = _chosen(load_scenarios(settings.policies), subject, target)
        problems += unfilled(name, scenario, people)
    except InputError as error:
        problems += error.problems
    try:
        planner = people.require(login := this_login(), "plan")
    except InputError as error:
        problems += error.problems
    if problems or scenario is None:
        raise InputError(problems)
    cause = Cause(planner, login, code_version(), ticket, valid_days,
                  str(context.inventory.path.absolute()))
    whole = with_addresses(scenario, addresses(context.inventory.hosts))
    return plan_machines(name, whole, people, cause, datetime.now(UTC))


def _chosen(
    scenarios: Mapping[str, Scenario], subject: str, target: str,
) -> tuple[str, Scenario]:
    """Given scenarios, the kind and a system or an id, return the one with machines."""
    able = {name: one for name, one in scenarios.items() if one.subject == subject and one.machines}
    found = {name: one for name, one in able.items() if target in (name, one.system)}
    if len(found) == 1:
        return next(iter(found.items()))
    known = ", ".join(f"{name} ({one.system})" for name, one in (found or able).items()) or "none"
    why = "has several; name one" if found else f"no scenario of {subject} with machines is for it"
    raise InputError([Problem("SYSTEM", target, f"{why}; there are: {known}")])
