"""``opsrunner drill findings`` and ``close``: what drills found, open until proven mended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.drill.findings import Closing, Found, recorded
from opsrunner.activities.drill.planning import ACTIVITY
from opsrunner.cli.context import open_store, today
from opsrunner.cli.table import echo_table
from opsrunner.errors import EvidenceError, ExitCode, InputError, Problem
from opsrunner.evidence.blobs import MAX_OUTPUT
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.models import RunInfo
from opsrunner.plan.people import load_people, this_login
from opsrunner.settings import load_settings
from opsrunner.version import code_version

CLOSE = "drill_close"


def add_to(group: typer.Typer) -> None:
    """Given the group ``drill``, add its commands about findings."""
    group.command("findings")(findings)
    group.command("close")(close)


def found_in(store: Store) -> list[Found]:
    """Given a store, return every finding of every finished drill, oldest first, closed ones too.

    Raise EvidenceError when a record has not the form of one.
    """
    found: dict[str, Found] = {}
    for run in store.runs():
        if run.status != "finished" or run.activity not in (ACTIVITY, CLOSE):
            continue
        try:
            if run.activity == ACTIVITY:
                found |= {one.id: one for one in recorded(run.id, store.details(run.id).outputs)}
            else:
                name = run.options["finding"]
                found[name] = replace(found[name], closing=_closing(store, run))
        except (KeyError, TypeError) as error:
            raise EvidenceError(f"run {run.id} has not the form of its type: {error!r}") from error
    return list(found.values())


def _closing(store: Store, run: RunInfo) -> Closing:
    evidence = store.details(run.id).inputs["evidence"]
    return Closing(run.started, run.operator, run.id, evidence, str(run.options["note"]))


def findings(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List what drills found and nobody has closed. Exit 2 when one is past its due date."""
    day = today()
    found = [
        one for one in found_in(open_store(load_settings())) if every or one.closing is None
    ]
    if as_json:
        rows = [one.as_json() | {"overdue": one.overdue(day)} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        echo_table(("finding", "state", "due", "owner", "system", "title"), (
            (one.id, _state(one, overdue=one.overdue(day)), one.due, one.owner, one.system,
             one.title)
            for one in found
        ))
    overdue = any(one.overdue(day) for one in found)
    return ExitCode.VIOLATIONS if overdue else ExitCode.COMPLIANT


def _state(one: Found, *, overdue: bool) -> str:
    if one.closing:
        return "closed"
    return "OVERDUE" if overdue else "open"


def close(
    finding: Annotated[str, typer.Argument(metavar="ID", help="As `drill findings` lists it.")],
    evidence: Annotated[Path, typer.Option(help="The file that proves it is mended.")],
    note: Annotated[str, typer.Option(help="What was done.")] = "",
) -> None:
    """Close a finding with evidence; the file is kept in the evidence store."""
    settings = load_settings()
    operator = load_people(settings.policies).require(this_login(), "apply")
    store = open_store(settings)
    one, data = _refuse(found_in(store), finding, evidence)
    blob = store.put(data)
    with store.begin(
        CLOSE, inventory="", policy_sha256="", operator=operator, code_version=code_version(),
        options={"finding": finding, "note": note, "file": evidence.name},
        subjects=[one.system], inputs={"evidence": blob},
    ) as run:
        run.subject(SubjectRecord(
            kind="system", id=one.system, platform="-", profile="-", reached=True, reason=None,
            started=run.run.started, ended=run.run.started, rules=0, blobs={"evidence": blob},
            tally={"state": "closed"},
        ))
        head = run.finish(outputs={"finding": finding})
    echo_table(("closed", finding), [("run", run.run.id), ("head", head), ("evidence", blob)])


def _refuse(found: Sequence[Found], name: str, evidence: Path) -> tuple[Found, bytes]:
    """Return the finding and its evidence. Raise InputError with all that is wrong."""
    problems, data = [], b""
    one = next((one for one in found if one.id == name), None)
    if one is None:
        known = ", ".join(one.id for one in found if not one.closing) or "none"
        problems.append(Problem("ID", name, f"no such finding; open are: {known}"))
    elif one.closing:
        message = f"was closed by {one.closing.by} at {one.closing.at}"
        problems.append(Problem("ID", name, message))
    try:
        data = evidence.read_bytes()
        if not data or len(data) > MAX_OUTPUT:
            message = f"must hold 1 byte to {MAX_OUTPUT >> 20} MiB; it has {len(data)} bytes"
            problems.append(Problem("--evidence", str(evidence), message))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        problems.append(Problem("--evidence", str(evidence), message))
    if problems or one is None:
        raise InputError(problems)
    return one, data
