"""``opsrunner papers``: the papers of a plan, written again from what is on record."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from opsrunner.activities.drill.planning import ACTIVITY as DRILL
from opsrunner.cli.backup_papers import is_verification, write_report
from opsrunner.cli.case import plan_of
from opsrunner.cli.context import open_store
from opsrunner.cli.drilling import drill_papers, load_case
from opsrunner.cli.paperwork import (
    Formats,
    Output,
    Template,
    Written,
    newest_run,
    prepare,
    write_plan,
    write_story,
)
from opsrunner.errors import ExitCode
from opsrunner.plan import approvals, journal
from opsrunner.plan.file import find, load
from opsrunner.settings import load_settings

EXAMPLES = """
Examples:

  opsrunner papers harden-20261121-3fa9c1                          all of them, in every format

  opsrunner papers harden-20261121-3fa9c1 --format docx --template 客户模板.docx --output out
"""


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``papers``."""
    app.command("papers", epilog=EXAMPLES)(papers)


def papers(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Plan id, or a run's id.")],
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Write a plan's papers again from the record: the plan and, once begun, what was done.

    加固方案, 安全加固报告, 操作报告, 变更记录单; of a drill 演练方案, 应急演练报告; of a
    backup's verification 备份恢复测试报告. No host is touched. Exit code 0; 3: bad input; 5: a
    paper could not be written.
    """
    settings = load_settings()
    work = prepare(settings, formats, output, template)
    store = open_store(settings)
    if is_verification(store, plan):
        return _end([write_report(store, plan, settings, work)], as_json=as_json)
    path = find(plan_of(plan, store), settings.store)
    found, digest = load(path)
    if found.activity == DRILL:
        return _end(drill_papers(load_case(found.id), work), as_json=as_json)
    place = path.parent / journal.FILE
    entries = journal.read(place) if place.exists() else ()
    folder = work.folder(newest_run(entries) if entries else found.id)
    done = [write_plan(found, digest, folder, work, approvals.withdrawals(store, found.id))]
    if entries:
        done.append(write_story(store, found, digest, entries, work))
    return _end(done, as_json=as_json)


def _end(done: list[Written], *, as_json: bool) -> int:
    _tell(done, as_json=as_json)
    return ExitCode.INTERNAL if any(one.failed for one in done) else ExitCode.COMPLIANT


def _tell(done: list[Written], *, as_json: bool) -> None:
    files = [path for one in done for path in one.files]
    notes = list(dict.fromkeys(note for one in done for note in one.notes))
    if as_json:
        told = {"papers": [str(path) for path in files], "missing": notes}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in Written(files, notes).lines():
        typer.echo(line)
