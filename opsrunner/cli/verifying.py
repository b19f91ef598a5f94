"""``opsrunner backup verify``: prove backups by restoring them, and put that on record."""

from __future__ import annotations

import difflib
import getpass
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from opsrunner.activities.backup.answer import judge, texts, unreached
from opsrunner.activities.backup.due import Due, asked, due
from opsrunner.activities.backup.proofs import Proven
from opsrunner.activities.backup.record import ACTIVITY, Source, Verification
from opsrunner.activities.backup.verifying import PLAYBOOK, HostWork, host_works
from opsrunner.cli.context import Context, load_context, open_store, playbook
from opsrunner.cli.progress import HostProgress
from opsrunner.cli.proving import proofs_on_record
from opsrunner.errors import ExitCode, Problem, SettingsError
from opsrunner.evidence.store import Store
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level, load_backup
from opsrunner.report.text import visible
from opsrunner.sources.exchange import Reply, exchange
from opsrunner.sources.wire import frames
from opsrunner.version import code_version

LevelOption = Literal["L1", "L2", "L3", "L4"]


@dataclass(frozen=True, slots=True)
class Verifying:
    """What one call of the command works with."""

    context: Context
    policy: BackupPolicy
    store: Store
    level: Level | None
    quiet: bool  # standard output is for JSON alone


def verify(
    inventory: Annotated[
        Path | None, typer.Option("-i", "--inventory", help="Inventory folder or file.")
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help="Only sets of these hosts (an Ansible pattern).")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--set", help="Only this backup set; repeatable.")
    ] = None,
    level: Annotated[
        LevelOption | None, typer.Option(help="How far; what the policy wants, at most L4.")
    ] = None,
    source: Annotated[Source, typer.Option(help="Which copy.")] = "local",
    by_schedule: Annotated[
        bool, typer.Option("--due", help="What is due by the policy, from the copy that is due.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be verified.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
) -> int:
    """Restore backups into a scratch place, compare them, record how far they are proven.

    Live data is never written to. Exit code 0: all proven as far as wanted; 2: damaged, or proven
    less far; 4: nobody could look at some (it wins over 2); 3 for bad input.
    """
    context = load_context(inventory, limit)
    policy = load_backup(context.settings.policies)
    wanted = Level[level] if level else None
    work = Verifying(context, policy, open_store(context.settings), wanted, as_json)
    chosen = _chosen(work, only or [], limit)
    said: list[tuple[str, Verification]] = []
    # A proof of the copy elsewhere does for the week, too: what is due at hand is seen after it.
    for one in (("offsite", "local") if by_schedule else (source,)):
        said += _one_copy(work, chosen, one, by_schedule=by_schedule, check=check)
    if as_json:
        typer.echo(json.dumps(_as_json(said), ensure_ascii=False, indent=2))
    return exit_code([one for _, one in said])


def _one_copy(
    work: Verifying, chosen: Sequence[BackupSet], source: Source, *, by_schedule: bool, check: bool,
) -> list[tuple[str, Verification]]:
    """Plan one copy of each set by what is on record, say it, and unless asked not to, do it."""
    now = datetime.now(UTC)
    proofs, _ = proofs_on_record(work.store, now)
    planned = _planned(work, chosen, proofs, now, source, by_schedule=by_schedule)
    for one in planned:
        _tell(work, _line_of(one))
    if not planned:
        _tell(work, f"{source} copy: nothing is due")
    return _run(work, planned) if planned and not check else []


def _planned(
    work: Verifying, chosen: Sequence[BackupSet], proofs: Mapping[str, Sequence[Proven]],
    now: datetime, source: Source, *, by_schedule: bool,
) -> list[Due]:
    """Return what is verified from one copy. By the schedule: only what is due from it."""
    if by_schedule:
        found = (due(one, proofs.get(one.id, ()), now, work.level, source) for one in chosen)
        return [one for one in found if one is not None]
    return [asked(one, source, proofs.get(one.id, ()), now, work.level) for one in chosen]


def _chosen(work: Verifying, only: Sequence[str], limit: str | None) -> list[BackupSet]:
    """Return the sets that can be meant. Raise SettingsError with everything that cannot."""
    hosts = {host.id for host in work.context.inventory.hosts}
    file = str(work.context.inventory.path)
    problems = [Problem("--set", name, why) for name in only if (why := _unfit(work.policy, name))]
    chosen = []
    for one in work.policy.sets.values():
        if one.backup.made_by != "opsrunner" or (only and one.id not in only):
            continue
        missing = sorted({one.host, one.backup.verification.on or one.host} - hosts)
        if not missing:
            chosen.append(one)
        elif only:
            problems.append(Problem(file, one.id, f"no host {', '.join(missing)} here"))
        elif not limit:
            _tell(work, f"left out: {one.id}: not in this inventory: {', '.join(missing)}")
    if not chosen and not problems:
        problems.append(Problem(file, "", "no host of it has a backup set made by opsrunner"))
    if problems:
        raise SettingsError(problems)
    return chosen


def _unfit(policy: BackupPolicy, name: str) -> str:
    """Return why a set that was named cannot be verified; "" when it can."""
    one = policy.sets.get(name)
    if one is None:
        near = ", ".join(difflib.get_close_matches(name, policy.sets, n=5, cutoff=0.3))
        return f"no such backup set; near it: {near or 'none'}"
    return "" if one.backup.made_by == "opsrunner" else "is made by others: backup import reads it"


def _run(work: Verifying, planned: Sequence[Due]) -> list[tuple[str, Verification]]:
    """Verify what is planned and record it; return the run with each verification."""
    works, limits = host_works(work.context.settings.root, planned)
    job = playbook(work.context, PLAYBOOK)
    texts_of_policy = enumerate(work.policy.files.values(), 1)
    done: list[tuple[str, Verification]] = []
    with work.store.begin(
        ACTIVITY, inventory=str(work.context.inventory.path), policy_sha256=work.policy.sha256,
        operator=getpass.getuser(), code_version=code_version(),
        options={"source": planned[0].source, "why": {one.set.id: one.why for one in planned}},
        subjects=[one.set.id for one in planned],
        inputs={f"policy-{n}": work.store.put(text) for n, text in texts_of_policy},
    ) as run, HostProgress(len(planned), "verify") as progress:
        scripts = {host: one.script for host, one in works.items()}
        for reply in exchange(job, scripts, limits, progress.event):
            for said in _judged(work.store, works[reply.host], reply):
                run.subject(said.as_record())
                progress.done(_result_of(said))
                done.append((run.run.id, said))
            run.flush()  # a verification takes hours: what is known is on disk
        run.finish(outputs={})
    _tell(work, f"run {run.run.id}")
    return done


def _judged(store: Store, work: HostWork, reply: Reply) -> Iterator[Verification]:
    """Given what a host sent back, yield what it says of each of its sets."""
    times = (reply.started, reply.ended)
    seen = frames(reply.stream or b"", reply.mark, work.caps)
    for name, one in work.sets.items():
        if reply.stream is None:
            yield unreached(one, str(reply.reason), *times)
            continue
        frame = seen.get(name)
        blobs = {label: store.put(data) for label, data in texts(frame).items()}
        yield judge(one, frame, times, blobs)


def _tell(work: Verifying, line: str) -> None:
    typer.echo(visible(line), err=work.quiet)


def _line_of(one: Due) -> str:
    parts = f", reads part {', '.join(one.parts)} of all data" if one.parts else ""
    return f"{one.set.id}: {one.source} copy to {one.level.name} on {one.on}{parts}: {one.why}"


def _result_of(said: Verification) -> str:
    if not said.looked:
        return f"{said.set_id}: UNKNOWN ({said.reason})"
    proven = f"proven to {said.level.name}" if said.level is not None else "NOTHING PROVEN"
    return f"{said.set_id}: {proven}" + (f"; {said.reason}" if said.reason else "")


def _as_json(said: Sequence[tuple[str, Verification]]) -> dict[str, object]:
    return {"format": 1, "sets": [
        {"id": one.set_id, "run": run, "wanted": one.wanted, "looked": one.looked,
         "reason": one.reason, "started": one.started, "ended": one.ended,
         "blobs": dict(one.blobs), **one.as_record().tally}
        for run, one in said
    ]}


def exit_code(said: Sequence[Verification]) -> ExitCode:
    """Given the last word on each set, return the exit code; unknown wins."""
    if any(not one.looked for one in said):
        return ExitCode.UNKNOWN
    short = any(one.level is None or one.level < Level[one.wanted] or one.reason for one in said)
    return ExitCode.VIOLATIONS if short else ExitCode.COMPLIANT
