"""``opsrunner backup import``: put on record what somebody else's backup job says."""

from __future__ import annotations

import difflib
import getpass
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.backup.imported import judge
from opsrunner.activities.backup.record import ACTIVITY, Verification
from opsrunner.cli.context import open_store
from opsrunner.errors import ExitCode, Problem, SettingsError
from opsrunner.evidence.store import Store
from opsrunner.models import Reason
from opsrunner.policy.backup import BackupPolicy, BackupSet, load_backup
from opsrunner.report.text import visible
from opsrunner.settings import load_settings
from opsrunner.sources.imports.jobs import on_record, read_job
from opsrunner.version import code_version

MAX_FILE = 64 * 2**20  # a log; of a dump its head and tail will do
_TOO_LARGE = "is over 64 MiB; of a dump give the first and the last lines in one file"


def import_results(
    set_id: Annotated[str, typer.Argument(metavar="SET", help="The backup set; see the ledger.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Logs, lists, exports.")],
) -> int:
    """Put on record what somebody else's backup job says of a backup set.

    What the result rests on stays in the evidence store, passwords masked. Exit code 0: a copy
    was made (L0: nothing more is proven); 2: a job failed; 4: nobody can tell; 3 for bad input.
    """
    settings = load_settings()
    policy = load_backup(settings.policies)
    one = _known(policy, set_id)
    data = _contents(files)
    store = open_store(settings)
    results = [result for content in data for result in read_job(one.kind, content, one.zone)]
    blobs = {
        f"file-{number}": store.put(on_record(one.kind, content))
        for number, content in enumerate(data, 1)
    }
    said = judge(one, results, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", blobs)
    digests = {
        file.name: hashlib.sha256(content).hexdigest()
        for file, content in zip(files, data, strict=True)
    }
    run = _record(store, policy, said, digests)
    return _told(one, said, run)


def _record(
    store: Store, policy: BackupPolicy, said: Verification, files: Mapping[str, str],
) -> str:
    """Given what was found, and the files by name with their hashes, record it; return the run."""
    texts = enumerate(policy.files.values(), 1)
    with store.begin(
        ACTIVITY, inventory="", policy_sha256=policy.sha256, operator=getpass.getuser(),
        code_version=code_version(), options={"files": files}, subjects=[said.set_id],
        inputs={f"policy-{number}": store.put(text) for number, text in texts},
    ) as run:
        run.subject(said.as_record())
        run.finish(outputs={})
    return run.run.id


def _told(one: BackupSet, said: Verification, run: str) -> ExitCode:
    """Say what was found; return the exit code."""
    if said.copy is not None:
        made = said.copy.latest.astimezone(one.zone)
        typer.echo(
            f"{one.id}: newest copy {visible(said.copy.id)} of {made:%Y-%m-%d %H:%M}, "
            f"{len(said.others)} older; L0: its job ended, nothing more is proven"
        )
    if said.reason:
        typer.echo(f"{one.id}: {visible(said.reason)}")
    typer.echo(f"run {run}")
    if said.reason and said.reason.partition(":")[0] in set(Reason):
        return ExitCode.UNKNOWN
    return ExitCode.VIOLATIONS if said.reason else ExitCode.COMPLIANT


def _known(policy: BackupPolicy, set_id: str) -> BackupSet:
    """Given what names a backup set, return it. Raise SettingsError with the names near it."""
    if set_id not in policy.sets:
        near = difflib.get_close_matches(set_id, policy.sets, n=5, cutoff=0.3)
        message = f"no such backup set; near it: {', '.join(near) or 'none'}"
        raise SettingsError([Problem("SET", set_id, message)])
    one = policy.sets[set_id]
    if one.backup.job is None:
        message = "is made by opsrunner: there is nothing to import"
        raise SettingsError([Problem("SET", set_id, message)])
    return one


def _contents(files: Sequence[Path]) -> list[bytes]:
    """Given files, return what is in them. Raise SettingsError with every one that is unfit."""
    found, problems = [], []
    for file in files:
        try:
            if file.stat().st_size > MAX_FILE:
                problems.append(Problem(str(file), "", _TOO_LARGE))
                continue
            found.append(file.read_bytes())
        except OSError as error:
            problems.append(Problem(str(file), "", f"cannot be read: {error.strerror}"))
    if problems:
        raise SettingsError(problems)
    return found
