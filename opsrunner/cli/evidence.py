"""``opsrunner verify``, ``export`` and ``evidence``: what stands behind the reports."""

from __future__ import annotations

import difflib
import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.cli.context import load_context, open_store, today
from opsrunner.cli.outcome import require_folder
from opsrunner.cli.table import echo_table
from opsrunner.errors import ExitCode, InputError, Problem
from opsrunner.evidence.export import export as export_run
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify as verify_store
from opsrunner.policy.load import load_policies
from opsrunner.settings import load_settings

EXAMPLES = """
Examples:

  opsrunner evidence add 演练报告.pdf --clause 8.1.4.9.b --verdict 符合 --by 张三

  opsrunner evidence add quota.png --rule antivirus_schedule --host web01 --verdict pass --by li

  opsrunner evidence list
"""


def register(app: typer.Typer) -> None:
    """Given the application, add the commands about evidence."""
    app.command("verify")(verify)
    app.command("export")(export)
    group = typer.Typer(help="Attach documents that answer for a clause or a manual rule.",
                        epilog=EXAMPLES, no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_documents)
    app.add_typer(group, name="evidence")


def verify(
    expect: Annotated[
        str | None, typer.Option(help="A chain head kept elsewhere; finds removed records.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Re-hash every byte of the evidence store and name the first break.

    Exit code 0: all holds; 2: something was changed, removed or is missing.
    """
    report = verify_store(load_settings().store, expect=expect)
    if as_json:
        typer.echo(json.dumps({"ok": report.ok, **asdict(report)}, ensure_ascii=False, indent=1))
        return ExitCode.COMPLIANT if report.ok else ExitCode.VIOLATIONS
    typer.echo(
        f"{report.records} records of {report.runs} runs, {report.blobs} blobs "
        f"({report.blob_bytes} bytes), {report.heads} signed heads; head {report.head}",
    )
    for note in report.notes:
        typer.echo(f"note: {note}")
    for place in report.breaks:
        typer.echo(f"BROKEN  {place}")
    typer.echo("everything holds" if report.ok else f"{report.broken} broken; the first one is "
               f"{report.first}")
    return ExitCode.COMPLIANT if report.ok else ExitCode.VIOLATIONS


def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id, unique prefix, or 'latest'.")],
    output: Annotated[Path | None, typer.Option(help="The zip file; default RUN.zip.")] = None,
) -> None:
    """Write a zip that an assessor can check with sha256sum and ssh-keygen alone."""
    store = open_store(load_settings())
    found = store.run(run)
    path = output or Path(f"{found.id}.zip")
    require_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    typer.echo(export_run(store, found.id, path))


def add(
    file: Annotated[Path, typer.Argument(help="The document.")],
    verdict: Annotated[str, typer.Option(help="pass, fail, not_applicable, or 符合 etc.")],
    clause: Annotated[str | None, typer.Option(help="The clause it answers for.")] = None,
    rule: Annotated[str | None, typer.Option(help="The manual rule it answers for.")] = None,
    host: Annotated[str | None, typer.Option(help="Only for this host; default all.")] = None,
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="Where a host that was never checked is looked up."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who answers for it; default you.")] = None,
    note: Annotated[str, typer.Option(help="A remark.")] = "",
    valid_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day it answers.")
    ] = None,
) -> None:
    """Attach a document; checks and judgements from now on take it into account."""
    store = open_store(load_settings())
    problems = [*_unknown_names(clause, rule), *_unknown_host(host, inventory, store)]
    if problems:
        raise InputError(problems)
    document = store.attach(
        file=file,
        subject=host,
        rule=rule,
        clause=clause,
        verdict=verdict,
        by=by or getpass.getuser(),
        note=note,
        valid_until=valid_until.replace(tzinfo=UTC).date() if valid_until else None,
    )
    typer.echo(f"{document.sha256}  {document.file}")


def _unknown_names(clause: str | None, rule: str | None) -> list[Problem]:
    """Return what is wrong with them: they do not exist, or a machine judges the rule."""
    policies = load_policies(load_settings().policies, today())
    clauses = {c.id for control in policies.controls.values() for c in control.clauses}
    problems = []
    if clause and clause not in clauses:
        problems.append(Problem("--clause", clause, f"no such clause; one of {sorted(clauses)}"))
    if rule and rule not in policies.rules:
        problems.append(Problem("--rule", rule, "no such rule; see `opsrunner rules`"))
    elif rule and policies.rules[rule].check.manual is None:
        problems.append(Problem("--rule", rule, "is judged by machine; a document cannot answer"))
    return problems


def _unknown_host(host: str | None, inventory: Path | None, store: Store) -> list[Problem]:
    """Return why a host is none: a document for it would answer for nobody, and nobody notice."""
    if host is None:
        return []
    known: set[str] = set()
    for run in reversed(store.runs()):
        known |= {record.id for record in store.subject_records(run.id, allow_unfinished=True)}
        if host in known:
            return []
    try:
        hosts = load_context(inventory).inventory
    except InputError as error:
        looked, problems = "", list(error.problems)
    else:
        known |= {one.id for one in hosts.hosts}
        looked, problems = f" and not in {hosts.path}", []
    if host in known:
        return []
    near = difflib.get_close_matches(host, sorted(known), n=5)
    hint = f"near it: {', '.join(near)}" if near else "name its inventory with -i"
    return [Problem("--host", host, f"is in no run{looked}; {hint}"), *problems]


def list_documents() -> None:
    """List attached documents, newest last."""
    rows = [
        (d.attached, d.rule or d.clause or "", d.subject or "all", d.verdict, d.by,
         str(d.valid_until or ""), d.file)
        for d in open_store(load_settings()).documents()
    ]
    echo_table(("attached", "answers for", "host", "verdict", "by", "valid until", "file"), rows)
