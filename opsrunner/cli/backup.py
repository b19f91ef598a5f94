"""``opsrunner backup``: how far backups are proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from opsrunner.activities.backup.ledger import Ledger, build
from opsrunner.activities.backup.papers.ledger import ledger_paper
from opsrunner.cli import backup_papers, backup_planning
from opsrunner.cli.backup_papers import author
from opsrunner.cli.context import load_context, open_store
from opsrunner.cli.importing import import_results
from opsrunner.cli.outcome import require_folder
from opsrunner.cli.paperwork import Paperwork, Template, prepare
from opsrunner.cli.proving import proofs_on_record
from opsrunner.cli.verifying import verify
from opsrunner.errors import ExitCode, Problem, SettingsError
from opsrunner.evidence.store import Store
from opsrunner.policy.backup import BackupPolicy, load_backup
from opsrunner.report.backup import as_html, as_json, as_xlsx
from opsrunner.report.backup.terminal import print_ledger
from opsrunner.report.papers import write_papers
from opsrunner.settings import load_settings
from opsrunner.subjects.backup_sets import unknown_to

EXAMPLES = """
Examples:

  opsrunner backup verify -i inventories/prod --due

  opsrunner backup verify --set item_management/mysql/item-centos-03/sx_item --source offsite

  opsrunner backup ledger --format html,xlsx

  opsrunner backup import regulation_platform/oracle/reg-rhel-01/JG01 rman.log list.log

  opsrunner backup report                       备份恢复测试报告 of the newest verification

  opsrunner backup inspection --week 2026-W47   每周备份巡检记录
"""

WRITERS: Final[Mapping[str, tuple[str, Callable[[Ledger, Path], None]]]] = {
    "json": (as_json.NAME, as_json.write),
    "html": (as_html.NAME, as_html.write),
    "xlsx": (as_xlsx.NAME, as_xlsx.write),
}


PAPERS: Final = ("docx", "pdf")  # the ledger as a paper; its HTML and XLSX are made for reading


def register(app: typer.Typer) -> None:
    """Given the application, add the command group ``backup`` to it."""
    group = typer.Typer(help="How far backups are proven.", no_args_is_help=True, epilog=EXAMPLES)
    group.command("ledger")(ledger)
    group.command("import")(import_results)
    group.command("verify")(verify)
    group.command("report")(backup_papers.report)
    group.command("inspection")(backup_papers.inspection)
    group.command("install", epilog=backup_planning.EXAMPLES)(backup_planning.install)
    group.command("run", epilog=backup_planning.EXAMPLES)(backup_planning.run)
    app.add_typer(group, name="backup")


def ledger(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many ISO weeks to show.")] = 52,
    formats: Annotated[
        str, typer.Option("--format", help=f"Of: {','.join((*WRITERS, *PAPERS))}.")
    ] = "",
    output: Annotated[Path | None, typer.Option(help="Folder to write to.")] = None,
    template: Template = None,
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="Compare the policy's hosts and instances with it."),
    ] = None,
) -> int:
    """Show for each backup set and week the highest level proven, and what is overdue.

    Only what `opsrunner verify` accepts counts; a gap is not filled in later. Exit code 0; 2 when
    a backup or a verification is overdue; 4 when evidence is not accepted; 3 for bad input.
    """
    chosen = _chosen(formats)
    settings = load_settings()
    folder = output or settings.reports / "backup"
    if chosen:
        require_folder(folder)
    papers = [name for name in chosen if name in PAPERS]
    work = prepare(settings, ",".join(papers), folder, template) if papers else None
    policy = load_backup(settings.policies)
    _compare(policy, inventory, settings.policies)
    made = made_from(open_store(settings), policy, datetime.now(UTC), weeks)
    print_ledger(made, Console(soft_wrap=True, highlight=False))
    for path in _written(made, chosen, folder, work):
        typer.echo(path)
    if made.refused:
        return ExitCode.UNKNOWN
    return ExitCode.VIOLATIONS if made.overdue else ExitCode.COMPLIANT


def made_from(store: Store, policy: BackupPolicy, now: datetime, weeks: int) -> Ledger:
    """Given store, policy, time and weeks, return the ledger. Raise EvidenceError."""
    proven, refused = proofs_on_record(store, now)
    return build(policy, proven, now, weeks=weeks, head=store.head(), refused=refused)


def _written(
    made: Ledger, chosen: Sequence[str], folder: Path, work: Paperwork | None,
) -> Iterator[Path]:
    """Given the ledger, formats, a folder and what papers need, write; yield each file."""
    for file, write in (WRITERS[name] for name in chosen if name in WRITERS):
        folder.mkdir(parents=True, exist_ok=True)
        write(made, folder / file)
        yield folder / file
    if work:
        paper = ledger_paper(made, author(work))
        yield from write_papers([paper], folder, work.desk, work.language)


def _compare(policy: BackupPolicy, inventory: Path | None, policies: Path) -> None:
    """Refuse a policy that speaks of nothing, or of what the inventory does not know."""
    if not policy.sets:
        message = "says of nothing to back it up; docs/backup.md shows how"
        raise SettingsError([Problem(str(policies / "backup"), "", message)])
    if inventory is not None:
        hosts = load_context(inventory).inventory
        if problems := unknown_to(policy, hosts.hosts, str(hosts.path)):
            raise SettingsError(problems)


def _chosen(formats: str) -> list[str]:
    """Given the option's text, return the formats. Raise SettingsError naming the unknown ones."""
    names = [name.strip() for name in formats.split(",") if name.strip()]
    known = ", ".join((*WRITERS, *PAPERS))
    problems = [
        Problem("--format", name, f"unknown; known: {known}")
        for name in names if name not in (*WRITERS, *PAPERS)
    ]
    if problems:
        raise SettingsError(problems)
    return names
