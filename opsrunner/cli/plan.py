"""``opsrunner plan``: what would be changed where, from which state to which, for approval."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.planning import Basis, Cause, make_plan, tasks_of
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits, load_context, open_store
from opsrunner.cli.fleet import findings_of, read_hosts
from opsrunner.cli.paperwork import Paperwork, Template, prepare, write_plan
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.plan.business import declared
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.file import DIGEST_FILE, folder_of, load, save
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner plan harden -i inventories/lab

  opsrunner plan harden -i inventories/prod --limit web --rule ssh_banner --ticket CHG-1024

  opsrunner plan harden -i inventories/prod --from latest --period spring-festival-2027

  opsrunner plan harden -i inventories/lab --acknowledge 'ssh_ciphers@web1=the clients are new'

  opsrunner plan harden -i inventories/prod --limit web1 --emergency 'CVE-2026-1 is exploited'

The plan is signed with `opsrunner approve PLAN` by somebody else, then carried out with
`opsrunner apply PLAN`.
"""

_LINE = 200  # characters of a work order or a reason; plan.models.Line
Inventory = Annotated[
    Path | None, typer.Option("-i", "--inventory", help="Inventory folder or file.")
]
Limit = Annotated[str | None, typer.Option(help="Only these hosts (an Ansible pattern).")]
Profile = Annotated[
    str | None, typer.Option(help="Measure every Linux host without ops_profile by this.")
]
Rules = Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; repeatable.")]
FromRun = Annotated[
    str | None,
    typer.Option("--from", help="Take the findings of this run instead of checking now."),
]
Ticket = Annotated[str, typer.Option(help="The work order, on every document.")]
Period = Annotated[
    str, typer.Option(help="The special period this is done for, as policies/calendar/ names it."),
]
Emergency = Annotated[str, typer.Option(help="Why it cannot wait for a window; on every document.")]
Acknowledge = Annotated[
    list[str] | None,
    typer.Option(help='RULE@HOST="reason": do this high-danger rule there; repeatable.'),
]
ValidDays = Annotated[int, typer.Option(min=1, max=90, help="When the plan expires.")]
AsJson = Annotated[bool, typer.Option("--json", help="The plan as JSON.")]


def register(app: typer.Typer) -> None:
    """Given the application, add the command group ``plan`` to it."""
    group = typer.Typer(help="Plan a change; no host is changed.", no_args_is_help=True)
    group.command("harden", epilog=EXAMPLES)(harden)
    app.add_typer(group, name="plan")


def harden(
    inventory: Inventory = None,
    limit: Limit = None,
    profile: Profile = None,
    rule: Rules = None,
    from_run: FromRun = None,
    ticket: Ticket = "",
    period: Period = "",
    emergency: Emergency = "",
    acknowledge: Acknowledge = None,
    valid_days: ValidDays = 7,
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Plan the hardening of what fails: host x rule, before and after, danger, restarts.

    Hosts are only read. Exit 0 with a plan, also when nothing is to be done; 4 when a host or a
    rule with a remedy could not be looked at.
    """
    context = load_context(inventory, limit, profile)
    rules = rule or []
    papers = prepare(context.settings, "html,docx", template=template)
    planner = load_people(context.settings.policies).require(login := this_login(), "plan")
    agreed = acknowledgements(acknowledge or [], context)
    _refuse(context, rules, period, {"--ticket": ticket, "--emergency": emergency})
    store = open_store(context.settings)
    run_id, basis = _basis(context, store, rules, from_run)
    cause = Cause(
        planner, login, str(context.inventory.path.absolute()), run_id, context.policies.sha256,
        code_version(), ticket, period, emergency, valid_days,
    )
    tasks = tasks_of(context.inventory.hosts, basis, agreed)
    reads = {task.subject.id: task.reads for task in tasks if task.wanted}
    planned = make_plan(tasks, read_hosts(context, reads), cause, datetime.now(UTC))
    path = save(planned.plan, folder_of(store.root, planned.plan.id))
    _present(path, papers, as_json=as_json)
    unknown = any(left.reason == "unknown" for s in planned.plan.subjects for left in s.left_out)
    return ExitCode.UNKNOWN if unknown else ExitCode.COMPLIANT


def _refuse(
    context: Context, rules: Sequence[str], period: str, texts: Mapping[str, str],
) -> None:
    """Refuse what does not exist, texts no paper can show, business checks that are none."""
    problems = [
        Problem("--rule", name, "no such rule; see `opsrunner rules`") for name in rules
        if name not in context.policies.rules
    ]
    problems += [
        Problem(option, "", f"must be one line of 1 to {_LINE} characters")
        for option, text in texts.items()
        if text and (not text.strip() or not text.isprintable() or len(text) > _LINE)
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
    if problems:
        raise InputError(problems)


def acknowledgements(given: Sequence[str], context: Context) -> dict[tuple[str, str], str]:
    """Given ``RULE@HOST=reason`` texts, return the reasons. Raise InputError with all faults."""
    hosts = {host.id for host in context.inventory.hosts}
    agreed: dict[tuple[str, str], str] = {}
    problems = []
    for text in given:
        where, _, reason = text.partition("=")
        name, _, host = where.partition("@")
        if not reason.strip():
            problems.append(Problem("--acknowledge", where, "say why: RULE@HOST=reason"))
        if name not in context.policies.rules:
            problems.append(Problem("--acknowledge", name, "no such rule; see `opsrunner rules`"))
        if host not in hosts:
            problems.append(Problem("--acknowledge", host or text, "is no host of the inventory"))
        agreed[name, host] = reason.strip().strip('"')
    if problems:
        raise InputError(problems)
    return agreed


def _basis(
    context: Context, store: Store, only: Sequence[str], from_run: str | None,
) -> tuple[str, Basis]:
    """Given the context and perhaps a run to rest on, return the run and what the plan rests on.

    Without a run the hosts are checked now.
    """
    check = plan_check(
        context.policies, context.inventory.hosts, only=only,
        root=context.settings.root, limits=limits(context.settings),
    )
    if from_run:
        run_id = store.judged(from_run).id
    else:
        run_id = observe_and_judge(check, context, store, only)
    expected = {host: kind.rules for host, kind in check.kinds.items()}
    return run_id, Basis(findings_of(store, run_id, only), expected, context.policies.rules)


def _present(path: Path, papers: Paperwork, *, as_json: bool) -> None:
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
    if any(subject.steps for subject in plan.subjects):
        typer.echo(f"next    opsrunner approve {plan.id}   (somebody else than {plan.planner})")
    else:
        typer.echo("next    nothing to apply")


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
