"""A restore drill whose restore was whole puts level 5 on record for its backup set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from opsrunner.activities.backup.record import ACTIVITY as BACKUP
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.activities.drill.machines import Restore
from opsrunner.activities.drill.restore.actor import FILE as RESTORE
from opsrunner.activities.drill.restore.answer import Answer
from opsrunner.cli.context import Context
from opsrunner.errors import InputError, Problem
from opsrunner.policy.backup import BackupSet, Level, load_backup
from opsrunner.timeline.events import Event
from opsrunner.timeline.measures import Measured, rpo, rto
from opsrunner.version import code_version

if TYPE_CHECKING:
    from opsrunner.cli.case import Case


def known_set(context: Context, part: Restore) -> BackupSet:
    """Given what is restored, return its backup set. Raise InputError when the policy has none."""
    sets = load_backup(context.settings.policies).sets
    if part.backup_set not in sets:
        message = f"no such backup set; there are: {', '.join(sets) or 'none'}"
        raise InputError([Problem("machines.database_restore", part.backup_set, message)])
    return sets[part.backup_set]


def record_level(case: Case, part: Restore, found: Answer, events: Sequence[Event]) -> None:
    """Given a drill whose restore was whole, put level 5 on record for its backup set, once."""
    if found.made is None or any(
        run.activity == BACKUP and run.options.get("plan") == case.plan.id
        for run in case.store.runs()
    ):
        return
    one = known_set(case.context, part)
    log = case.store.put((case.path.parent / RESTORE).read_bytes())
    said = Verification(
        one.id, one.kind, one.backup.verification.level, looked=True, level=Level.L5, reason=None,
        copy=Copy(found.set, found.made, found.made), started=events[0].at, ended=events[-1].at,
        restored=one.content, blobs={"log": log}, measured=_measured(part, events),
    )
    policy = load_backup(case.context.settings.policies)
    with case.store.begin(
        BACKUP, inventory=case.plan.inventory, policy_sha256=policy.sha256, operator=case.operator,
        code_version=code_version(), options={"plan": case.plan.id}, subjects=[one.id],
        inputs={"plan": case.store.put(case.path.read_bytes())},
    ) as run:
        run.subject(said.as_record())
        run.finish(outputs={})


def _measured(part: Restore, events: Sequence[Event]) -> dict[str, Any]:
    """Return where it was restored, and RTO and RPO where the time line knows them."""
    found = {"rto_seconds": rto(events), "rpo_seconds": rpo(events)}
    known = {key: round(one.seconds, 3) for key, one in found.items() if isinstance(one, Measured)}
    return {"on": part.host, **known}
