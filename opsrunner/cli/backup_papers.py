"""``opsrunner backup report`` and ``inspection``: papers of what the evidence store holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from opsrunner.activities.backup.inspection import Inspection, Said, State, inspect
from opsrunner.activities.backup.papers.inspection import conclusion, inspection_paper
from opsrunner.activities.backup.papers.restore import restore_paper
from opsrunner.activities.backup.papers.tested import RestoreTest, outcomes_of
from opsrunner.activities.backup.record import ACTIVITY, Verification
from opsrunner.cli.context import open_store
from opsrunner.cli.paperwork import (
    Formats,
    Output,
    Paperwork,
    Template,
    Written,
    attempted,
    prepare,
)
from opsrunner.errors import (
    EvidenceError,
    ExitCode,
    InputError,
    Problem,
    SettingsError,
)
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify.runs import Accepted, accepted_runs
from opsrunner.plan.people import People, this_login
from opsrunner.policy.backup import BackupPolicy, load_backup
from opsrunner.report.papers import write_papers
from opsrunner.report.text import visible
from opsrunner.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_ZONE = ZoneInfo("Asia/Shanghai")


def report(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A verification; default the newest on record.")
    ] = "",
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Write 备份恢复测试报告 of one verification: what was restored, compared and cleaned up.

    Only a run that `opsrunner verify` accepts is reported. Exit code 0: every set reached the
    level wanted; 2: one did not; 4: one could not be looked at; 3 for bad input; 5: the run is not
    accepted, or a paper could not be written.
    """
    settings = load_settings()
    work = prepare(settings, formats, output, template)
    store = open_store(settings)
    tested = tested_of(store, run or _newest(store), _policy(settings), work.trust.people)
    done = _write(tested, work)
    if as_json:
        files = [str(path) for path in done.files]
        typer.echo(json.dumps({"run": tested.run, "result": tested.result, "papers": files,
                               "missing": list(done.notes)}, ensure_ascii=False))
    else:
        for line in done.lines():
            typer.echo(line)
        typer.echo(f"run      {tested.run}\nresult   {tested.result}")
    if done.failed:
        return ExitCode.INTERNAL
    if any(not one.said.looked for one in tested.outcomes):
        return ExitCode.UNKNOWN
    return ExitCode.COMPLIANT if tested.result == "passed" else ExitCode.VIOLATIONS


def inspection(
    week: Annotated[
        str, typer.Option(help="The ISO week, such as 2026-W47; default the current one.")
    ] = "",
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Write 每周备份巡检记录 of a week: each set, its newest copy, what was proven, what is wrong.

    A week without a run on record is missed and stays it. Exit code 0: all is well; 2: an anomaly,
    or a set that was missed or is still to be looked at; 4: nobody could look, or evidence is not
    accepted; 3 for bad input.
    """
    settings = load_settings()
    work = prepare(settings, formats, output, template)
    policy, store, now = _policy(settings), open_store(settings), datetime.now(UTC)
    made = inspection_of(store, policy, week or "{}-W{:02}".format(
        *now.astimezone(_ZONE).isocalendar()), now, work.trust.people)
    heads = {
        said.run: store.details(said.run).head or "" for row in made.rows for said in row.said
    }
    paper = inspection_paper(made, author(work), heads)
    folder = output or settings.reports / "backup"
    done = attempted(
        work, lambda: write_papers([paper], folder, work.desk, work.language),
        f"opsrunner backup inspection --week {made.week}",
    )
    _tell(made, done, as_json=as_json)
    if done.failed:
        return ExitCode.INTERNAL
    if made.refused or made.of(State.UNKNOWN):
        return ExitCode.UNKNOWN
    wrong = made.of(State.ANOMALY, State.MISSED, State.OPEN)
    return ExitCode.VIOLATIONS if wrong else ExitCode.COMPLIANT


def is_verification(store: Store, name: str) -> bool:
    """Given what names a plan or a run, return whether it is a verification of backups."""
    return any(run.id == name and run.activity == ACTIVITY for run in store.runs())


def write_report(store: Store, run: str, settings: Settings, work: Paperwork) -> Written:
    """Given a verification, write 备份恢复测试报告. Raise InputError or EvidenceError."""
    return _write(tested_of(store, run, _policy(settings), work.trust.people), work)


def _write(tested: RestoreTest, work: Paperwork) -> Written:
    return attempted(
        work,
        lambda: write_papers([restore_paper(tested)], work.folder(tested.run), work.desk,
                             work.language),
        f"opsrunner backup report {tested.run}",
    )


def author(work: Paperwork) -> str:
    """Return the name of who is at the keyboard; their login when people.yml does not know it."""
    return _name(work.trust.people, this_login())


def tested_of(store: Store, run: str, policy: BackupPolicy, people: People) -> RestoreTest:
    """Given a verification's run, return what came of it.

    Raise InputError when there is none of that name, EvidenceError when it is not accepted.
    """
    info = next((one for one in store.runs() if one.id == run), None)
    if info is None or info.activity != ACTIVITY:
        raise InputError([Problem("RUN", run, "is no verification of backups on record")])
    accepted = _accepted(store, datetime.now(UTC))
    found = next((one for one in accepted.runs if one.id == run), None)
    if found is None:
        why = next((said for said in accepted.refused if run in said), "it did not end")
        others = "; ".join(accepted.refused[:2])
        raise EvidenceError(f"run {run} is not accepted as evidence: {why} {others}".rstrip())
    details = store.details(run)
    try:
        outcomes = outcomes_of(found.subjects, policy)
    except ValueError as error:
        raise EvidenceError(f"run {run}: {error}") from error
    return RestoreTest(
        run, datetime.fromisoformat(found.recorded), _name(people, info.operator),
        info.code_version, info.policy_sha256, policy, outcomes, details.head or "",
        details.inputs,
    )


def inspection_of(
    store: Store, policy: BackupPolicy, week: str, now: datetime, people: People,
) -> Inspection:
    """Given a store, the policy, a week and the time, return the week's inspection."""
    accepted = _accepted(store, now)
    operators = {run.id: _name(people, run.operator) for run in store.runs()}
    said, refused = [], list(accepted.refused)
    for run in accepted.runs:
        recorded = datetime.fromisoformat(run.recorded)
        for record in run.subjects:
            try:
                what = Verification.from_record(record)
            except ValueError as error:
                refused.append(f"run {run.id}: {error}")
                continue
            said.append(Said(what, run.id, operators[run.id], recorded))
    return inspect(policy, said, week, now, head=store.head(), refused=refused)


def _accepted(store: Store, now: datetime) -> Accepted:
    return accepted_runs(store, [ACTIVITY], f"{now:%Y-%m-%dT%H:%M:%S.%f}Z")


def _newest(store: Store) -> str:
    """Return the newest run that restored or read a backup. Raise InputError: there is none."""
    runs = [run.id for run in store.runs()
            if run.activity == ACTIVITY and run.status == "finished"]
    if not runs:
        raise InputError([Problem("RUN", "", "no verification of backups is on record")])
    return runs[-1]


def _policy(settings: Settings) -> BackupPolicy:
    """Return the backup policy. Raise SettingsError when it says of nothing to back it up."""
    policy = load_backup(settings.policies)
    if not policy.sets:
        message = "says of nothing to back it up; docs/backup.md shows how"
        raise SettingsError([Problem(str(settings.policies / "backup"), "", message)])
    return policy


def _name(people: People, login: str) -> str:
    known = login if login in people.people else people.by_login(login)
    return people.people[known].name if known else login


def _tell(made: Inspection, done: Written, *, as_json: bool) -> None:
    counts = {state.value: len(made.of(state)) for state in State}
    if as_json:
        typer.echo(json.dumps({
            "week": made.week, "over": made.over, "sets": counts, "refused": list(made.refused),
            "anomalies": [
                {"set": row.set.id, "code": one.code.value, "detail": one.detail}
                for row in made.rows for one in row.anomalies
            ],
            "missed": [row.set.id for row in made.of(State.MISSED)],
            "papers": [str(path) for path in done.files], "missing": list(done.notes),
        }, ensure_ascii=False))
        return
    for line in _lines(made):
        typer.echo(line)
    for line in done.lines():
        typer.echo(line)
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    typer.echo(f"week     {made.week}: {told}; {conclusion(made)[0].en}")


def _lines(made: Inspection) -> Sequence[str]:
    found = [
        f"{row.state:<8} {row.set.id}: {one.code} {visible(one.detail)}".rstrip()
        for row in made.rows for one in row.anomalies
    ]
    found += [f"missed   {row.set.id}" for row in made.of(State.MISSED)]
    return [*found, *(f"refused  {visible(line)}" for line in made.refused)]
