"""``opsrunner plan``: what would be changed where, from which state to which, for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from opsrunner.activities.backup.planning import INSTALL, RUN
from opsrunner.activities.check.plan import plan_check
from opsrunner.activities.harden.planning import Basis, Cause, make_plan, tasks_of
from opsrunner.cli import backup_planning
from opsrunner.cli.agreeing import agreed
from opsrunner.cli.check import observe_and_judge
from opsrunner.cli.context import Context, limits, load_context, open_store
from opsrunner.cli.fleet import findings_of, read_hosts
from opsrunner.cli.paperwork import Template, prepare
from opsrunner.cli.planned import (
    AsJson,
    Emergency,
    Inventory,
    Limit,
    Period,
    Ticket,
    ValidDays,
    present,
    refusals,
)
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.plan.file import folder_of, save
from opsrunner.plan.people import load_people, this_login
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner plan harden -i inventories/lab

  opsrunner plan harden -i inventories/prod --limit web --rule ssh_banner --ticket CHG-1024

  opsrunner plan harden -i inventories/prod --from latest --period spring-festival-2027

  opsrunner plan harden -i inventories/lab --acknowledge 'ssh_ciphers@web1=the clients are new'

  opsrunner plan harden -i inventories/prod --without-second-way 'all=consoles are manned'

  opsrunner plan harden -i inventories/prod --limit web1 --emergency 'CVE-2026-1 is exploited'

The plan is signed with `opsrunner approve PLAN` by somebody else, then carried out with
`opsrunner apply PLAN`.
"""

Profile = Annotated[
    str | None, typer.Option(help="Measure every Linux host without ops_profile by this.")
]
Rules = Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; repeatable.")]
FromRun = Annotated[
    str | None,
    typer.Option("--from", help="Take the findings of this run instead of checking now."),
]
Acknowledge = Annotated[
    list[str] | None,
    typer.Option(help='RULE@HOST="reason": do this high-danger rule there; repeatable.'),
]
WithoutSecondWay = Annotated[
    list[str] | None,
    typer.Option(help='HOST|all="reason": do there what could cut access, although the inventory '
                      "names no ops_second_login; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Given the application, add the command group ``plan`` to it."""
    group = typer.Typer(help="Plan a change; no host is changed.", no_args_is_help=True)
    group.command("harden", epilog=EXAMPLES)(harden)
    group.command(INSTALL, epilog=backup_planning.EXAMPLES)(backup_planning.install)
    group.command(RUN, epilog=backup_planning.EXAMPLES)(backup_planning.run)
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
    without_second_way: WithoutSecondWay = None,
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
    hosts = context.inventory.hosts
    taken_on = agreed(acknowledge, without_second_way, hosts, context.policies.rules)
    _refuse(context, rules, period, {"--ticket": ticket, "--emergency": emergency})
    store = open_store(context.settings)
    run_id, basis = _basis(context, store, rules, from_run)
    cause = Cause(
        planner, login, str(context.inventory.path.absolute()), run_id, context.policies.sha256,
        code_version(), ticket, period, emergency, valid_days,
    )
    tasks = tasks_of(hosts, basis, taken_on.dangers, taken_on.without_second_way)
    reads = {task.subject.id: task.reads for task in tasks if task.wanted}
    planned = make_plan(tasks, read_hosts(context, reads), cause, datetime.now(UTC))
    path = save(planned.plan, folder_of(store.root, planned.plan.id))
    present(path, papers, as_json=as_json)
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
    problems += refusals(context, period, texts)
    if problems:
        raise InputError(problems)


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
