"""``opsrunner backup install`` and ``backup run``: plans, approved and carried out as every change.

``opsrunner plan backup_install`` and ``plan backup_run`` are the same commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.backup.install.steps import reads_of
from opsrunner.activities.backup.jobs import jobs_of
from opsrunner.activities.backup.planning import Cause, HostTask, plan_install, plan_run
from opsrunner.cli.context import Context, load_context, open_store
from opsrunner.cli.fleet import read_hosts
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
from opsrunner.cli.vault import open_vault
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.plan.file import folder_of, save
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.policy.backup import BackupPolicy, BackupSet, load_backup
from opsrunner.subjects.backup_sets import unknown_to
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner backup install -i inventories/prod --system portal --initialize

  opsrunner backup run -i inventories/prod portal/files/web1

Each makes a plan. It is signed with `opsrunner approve PLAN` by somebody else, then carried out
with `opsrunner apply PLAN`.
"""
Sets = Annotated[
    list[str] | None, typer.Argument(metavar="[SET]...", help="Only these backup sets.")
]
Systems = Annotated[
    list[str] | None, typer.Option("--system", help="Only this system; repeatable.")
]
Initialize = Annotated[
    bool, typer.Option("--initialize", help="Make repositories where there are none: a step.")
]


def install(
    inventory: Inventory = None,
    limit: Limit = None,
    system: Systems = None,
    initialize: Initialize = False,
    ticket: Ticket = "",
    period: Period = "",
    emergency: Emergency = "",
    valid_days: ValidDays = 7,
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Plan installing what policies/backup says: programs, settings, timers, as a diff by host.

    Hosts are only read. Backups that others make are left out. Exit 0 with a plan; 4 when a host
    could not be looked at; 3: bad input.
    """
    context = load_context(inventory, limit)
    papers = prepare(context.settings, "html,docx", template=template)
    cause, tasks = _begin(context, system or (), (), limit, (ticket, period, emergency), valid_days)
    roles = context.settings.root / "roles"
    reads = {
        task.subject.id: reads_of(task.wanted(initialize=initialize), roles)
        for task in tasks if task.jobs
    }
    states = read_hosts(context, reads) if reads else {}
    plan = plan_install(tasks, states, cause, datetime.now(UTC), roles, initialize=initialize)
    present(_saved(context, plan), papers, as_json=as_json)
    unknown = any(left.reason == "unknown" for s in plan.subjects for left in s.left_out)
    return ExitCode.UNKNOWN if unknown else ExitCode.COMPLIANT


def run(
    sets: Sets = None,
    inventory: Inventory = None,
    limit: Limit = None,
    system: Systems = None,
    ticket: Ticket = "",
    period: Period = "",
    emergency: Emergency = "",
    valid_days: ValidDays = 7,
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Plan one backup now, of all sets or of those that are named. No host is asked yet.

    A backup is kept: there is no undo of it. Exit 0 with a plan; 3: bad input.
    """
    context = load_context(inventory, limit)
    papers = prepare(context.settings, "html,docx", template=template)
    cause, tasks = _begin(
        context, system or (), sets or (), limit, (ticket, period, emergency), valid_days,
    )
    present(_saved(context, plan_run(tasks, cause, datetime.now(UTC))), papers, as_json=as_json)
    return ExitCode.COMPLIANT


def _saved(context: Context, plan: Plan) -> Path:
    return save(plan, folder_of(open_store(context.settings).root, plan.id))


def _begin(
    context: Context, systems: Sequence[str], sets: Sequence[str], limit: str | None,
    texts: tuple[str, str, str], valid_days: int,
) -> tuple[Cause, list[HostTask]]:
    """Load the policy, refuse all that is wrong at once, return who plans and the hosts' jobs."""
    settings = context.settings
    planner = load_people(settings.policies).require(login := this_login(), "plan")
    policy = load_backup(settings.policies)
    ticket, period, emergency = texts
    problems = refusals(context, period, {"--ticket": ticket, "--emergency": emergency})
    problems += [Problem("--system", name, f"no such system; known: {', '.join(policy.systems)}")
                 for name in systems if name not in policy.systems]
    problems += [Problem("SET", name, "no such backup set; see `opsrunner backup ledger`")
                 for name in sets if name not in policy.sets]
    if limit is None:
        path = str(context.inventory.path)
        problems += unknown_to(_only(policy, systems, sets), context.inventory.hosts, path)
    tasks = _tasks(context, _only(policy, systems, sets))
    if not tasks and not problems:
        message = "names no backup set of the hosts that are chosen"
        problems.append(Problem(str(settings.policies / "backup"), "", message))
    problems += _missing_secrets(context, tasks)
    if problems:
        raise InputError(problems)
    cause = Cause(planner, login, str(context.inventory.path.absolute()), policy.sha256,
                  code_version(), ticket, period, emergency, valid_days)
    return cause, tasks


def _only(policy: BackupPolicy, systems: Sequence[str], sets: Sequence[str]) -> BackupPolicy:
    chosen = {
        name: one for name, one in policy.sets.items()
        if (not systems or one.system_id in systems) and (not sets or name in sets)
    }
    return BackupPolicy(policy.systems, chosen, policy.sha256, policy.files)


def _tasks(context: Context, policy: BackupPolicy) -> list[HostTask]:
    by_host: dict[str, list[BackupSet]] = {}
    for one in policy.sets.values():
        by_host.setdefault(one.host, []).append(one)
    return [
        HostTask(host, *jobs_of(host, by_host[host.id]))
        for host in context.inventory.hosts if host.id in by_host
    ]


def _missing_secrets(context: Context, tasks: Iterable[HostTask]) -> list[Problem]:
    """Return the secrets the policy names and the vault has not; a planner may have no vault."""
    if context.vault_password is None or context.settings.secrets_file is None:
        return []
    try:
        known = set(open_vault(context).names())
    except InputError as error:
        return list(error.problems)
    named = {
        match.group(1) for task in tasks for job in task.jobs for value in job.variables.values()
        if isinstance(value, str) and (match := re.fullmatch(r"<secret (.+)>", value))
    }
    file, message = str(context.settings.secrets_file), "no such secret; policies/backup names it"
    return [Problem(file, name, message) for name in sorted(named - known)]
