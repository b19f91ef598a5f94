"""``opsrunner doctor``: is this control node fit, and does every host let us look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from opsrunner.cli.context import Context, load_context
from opsrunner.doctor.ansible_run import Call, run
from opsrunner.doctor.control_node import Check, Status, check_control_node
from opsrunner.doctor.hosts import HostHealth, judge_hosts
from opsrunner.errors import ExitCode
from opsrunner.models import Reason, Subject
from opsrunner.settings import load_settings

_COLOUR = {Status.OK: "green", Status.WARNING: "yellow", Status.PROBLEM: "red"}
_LAST_TASK = "Privilege"


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``doctor`` to it."""
    app.command("doctor")(doctor)


def doctor(
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="Ask every host of this inventory as well."),
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help="Only these hosts (an Ansible pattern).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check this control node and, with -i, reachability and privilege of every host.

    Exit code 0: in order; 3: bad input; 4: something is not in order or could not be looked at.
    """
    settings = load_settings()
    checks = check_control_node(settings)
    hosts = _ask(load_context(inventory, limit)) if inventory else None
    if as_json:
        typer.echo(json.dumps(_json(checks, hosts), ensure_ascii=False, indent=2))
    else:
        _show(checks, hosts)
    fit = all(check.status is not Status.PROBLEM for check in checks)
    if not (fit and all(host.fine for host in hosts or [])):
        raise typer.Exit(ExitCode.UNKNOWN)


def _ask(context: Context) -> list[HostHealth]:
    """Given the context, ask its hosts with progress on the terminal; return a row for each."""
    platforms, hosts = context.policies.platforms, context.inventory.hosts
    linux = [host for host in hosts if "linux" in platforms[host.platform].family]
    others = [host for host in hosts if host not in linux]
    results = _results(
        Call(
            playbook=context.settings.root / "playbooks" / "doctor.yml",
            inventory=context.inventory.path,
            hosts=[host.id for host in linux],
            forks=context.settings.forks,
            vault_password=context.vault_password,
        )
    )
    rows = judge_hosts(linux, results) + [_not_yet(host) for host in others]
    return sorted(rows, key=lambda row: row.host)


def _results(call: Call) -> dict[str, dict[str, dict[str, Any]]]:
    """Given a call, run it with a progress bar; return results by host and task."""
    found: dict[str, dict[str, dict[str, Any]]] = {host: {} for host in call.hosts}
    if not call.hosts:
        return found
    columns = TextColumn("asking hosts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(call.hosts))
        for host, task, result in run(call):
            found.setdefault(host, {})[task] = result
            ended = task == _LAST_TASK or result.get("failed") or result.get("unreachable")
            progress.advance(bar, 1 if ended else 0)
    return found


def _not_yet(host: Subject) -> HostHealth:
    """Given a host of a platform this command cannot ask, return its row: not looked at."""
    reason = f"{Reason.NOT_COLLECTED}: {host.platform} is not asked by this version"
    return HostHealth(host.id, None, reason=reason)


def _json(checks: list[Check], hosts: list[HostHealth] | None) -> dict[str, Any]:
    """Given what was found, return the JSON form."""
    rows = None if hosts is None else [host.as_json() for host in hosts]
    return {"format": 1, "control_node": [check.as_json() for check in checks], "hosts": rows}


def _show(checks: list[Check], hosts: list[HostHealth] | None) -> None:
    """Given what was found, print it as tables and one closing line."""
    console = Console()
    table = Table("Control node", "", "Found", "What to do", title_justify="left")
    for check in checks:
        colour = _COLOUR[check.status]
        status = f"[{colour}]{check.status}[/]"
        table.add_row(check.name, status, escape(check.detail), escape(check.advice))
    console.print(table)
    if hosts is None:
        return
    table = Table("Host", "Reachable", "User", "Login shell", "Privilege")
    for host in hosts:
        reachable = {True: "[green]yes[/]", False: "[red]no[/]", None: "[yellow]unknown[/]"}
        colour = "green" if host.fine else "red"
        table.add_row(
            escape(host.host),
            reachable[host.reachable],
            escape(host.user or "—"),
            escape(host.shell or "—"),
            f"[{colour}]{host.privilege}[/]",
        )
    console.print(table)
    for host in hosts:  # below the table: a reason is longer than a narrow terminal's column
        if host.reason:
            console.print(f"[red]{escape(host.host)}[/] {escape(host.reason)}")
    fine = sum(host.fine for host in hosts)
    console.print(f"{fine} of {len(hosts)} hosts can be looked at in full.")
