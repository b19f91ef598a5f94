"""``opsrunner runs``, ``show``, ``diff``, ``judge``: look at recorded runs again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from opsrunner.cli.context import limits, open_store, today
from opsrunner.cli.outcome import exit_code, present, require_folder
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode
from opsrunner.evidence.store import JUDGED, Store
from opsrunner.models import RunInfo, Severity, Subject
from opsrunner.policy.bundle import unpack
from opsrunner.policy.load import load_policies
from opsrunner.rejudge import rejudge
from opsrunner.report.compare import compare
from opsrunner.report.document import Document
from opsrunner.report.summary import summarise
from opsrunner.report.terminal import print_summary
from opsrunner.report.writers import find_writers
from opsrunner.settings import load_settings

Run = Annotated[str, typer.Argument(metavar="RUN", help="Id, unique prefix, or 'latest'.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Given the application, add the commands that read runs."""
    app.command("runs")(runs)
    app.command("show")(show)
    app.command("diff")(diff)
    app.command("judge")(judge)


def runs(as_json: Json = False) -> None:
    """List recorded runs, newest last, interrupted ones marked."""
    found = open_store(load_settings()).runs()
    if as_json:
        rows = [{"id": r.id, "activity": r.activity, "status": r.status, "started": r.started,
                 "ended": r.ended, "inventory": r.inventory, "operator": r.operator}
                for r in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    echo_table(
        ("run", "activity", "status", "operator", "inventory"),
        ((run.id, run.activity, run.status, run.operator, run.inventory) for run in found),
    )


def document_of(store: Store, ref: str, subjects: Mapping[str, Subject] | None = None) -> Document:
    """Given a store and a run, return its document, with the policies that were recorded then."""
    run = store.judged(ref)
    policies = unpack(store.get(store.details(run.id).inputs["policies"]))
    return summarise(store, run, policies, subjects or {})


def show(
    run: Run = "latest",
    formats: Annotated[str, typer.Option("--format", help="Write these reports again.")] = "",
    output: Annotated[Path | None, typer.Option(help="Folder for the reports.")] = None,
) -> int:
    """Show a recorded run as it was judged then; with --format, write its reports again."""
    settings = load_settings()
    store = open_store(settings)
    names = [name.strip() for name in formats.split(",") if name.strip()]
    find_writers(names)
    if names:
        require_folder(output or settings.reports)
    found = store.run(run, () if run != "latest" else JUDGED)
    if found.activity not in JUDGED:
        _show_other(store, found)
        return ExitCode.COMPLIANT
    document = document_of(store, run)
    if names:
        present(document, output or settings.reports / document.run.id, names, settings.language)
    else:
        print_summary(document, Console(soft_wrap=True, highlight=False))
        typer.echo(f"run   {document.run.id}\nhead  {document.head}")
    return exit_code(document, Severity.LOW)


def _show_other(store: Store, run: RunInfo) -> None:
    """Given a run that has no findings (an approval, a change), print what its record says."""
    typer.echo(f"run       {run.id}  {run.activity}  {run.status}  by {run.operator}")
    for name, value in sorted(run.options.items()):
        typer.echo(f"{name:9} {value}")
    rows = [
        (record.id, str(record.tally.get("state", "")), record.reason or "")
        for record in store.subject_records(run.id, allow_unfinished=True)
    ]
    echo_table(("subject", "state", "because"), rows)


def diff(before: Run, after: Run = "latest", as_json: Json = False) -> None:
    """Compare two runs: newly failing, fixed, newly unknown, and drift of raw values."""
    store = open_store(load_settings())
    changes = compare(document_of(store, before), document_of(store, after))
    if as_json:
        typer.echo(json.dumps(changes, ensure_ascii=False, indent=1))
        return
    console = Console(soft_wrap=True, highlight=False)
    for kind, rows in changes.items():
        console.print(f"{kind.replace('_', ' ')}: {len(rows)}", markup=False)
        for row in rows:
            line = f"  {row['subject']}  {row['rule']}: {row['before']!r} -> {row['after']!r}"
            console.print(line, markup=False)


def judge(
    run: Run = "latest",
    formats: Annotated[str, typer.Option("--format", help="Report formats.")] = "html",
    output: Annotated[Path | None, typer.Option(help="Folder for the reports.")] = None,
    fail_on: Annotated[Severity, typer.Option(help="Least severity of a violation.")] = (
        Severity.LOW
    ),
) -> int:
    """Judge a run's stored observations again with today's rules; no host is touched."""
    settings = load_settings()
    store = open_store(settings)
    names = [name.strip() for name in formats.split(",") if name.strip()]
    find_writers(names)
    require_folder(output or settings.reports)
    policies = load_policies(settings.policies, today())
    run_id = rejudge(store, run, policies, settings.root, limits(settings), today())
    document = summarise(store, store.run(run_id), policies, {})
    present(document, output or settings.reports / run_id, names, settings.language)
    return exit_code(document, fail_on)


