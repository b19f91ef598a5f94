"""Results of somebody else's backup jobs -> what they say of one backup set; pure.

It never says more than that a job ended (L0): nothing was read, validated or restored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.models import Reason
from opsrunner.policy.backup import BackupSet, Level
from opsrunner.sources.imports.result import JobResult, JobState

_COPIES = ("full", "incremental")  # a log or a control file is no copy of the data


def concerns(one: BackupSet, result: JobResult) -> bool:
    """Given a set and a result, return whether it is of the set, by what the tool names.

    What names nothing (a catalogue's list) or schemas is of the set that it was given for. Names of
    databases are compared without case, as their servers do; the paths must all be there.
    """
    if result.tool == "cloud_snapshot" and result.covers:
        return set(result.covers) <= set(one.volumes)
    if result.tool == "restic" and result.covers:
        wanted = {f"{one.host}:{path}" for path in one.content}
        return bool(one.backup.databases) or wanted <= set(result.covers)
    if result.tool in ("rman", "mssql", "mysqldump") and result.covers:
        named = {name.casefold() for name in result.covers}
        return all(name.casefold() in named for name in one.content)
    return True


def judge(
    one: BackupSet, results: Sequence[JobResult], moment: str, blobs: Mapping[str, str],
) -> Verification:
    """Given a set, results, the time (ISO 8601, UTC) and the blobs they are in, return what holds.

    The newest copy is the one that counts; a job that failed after it is the reason given. Of a
    set of several volumes each must have its snapshot.
    """
    mine = [result for result in results if concerns(one, result)]
    made = [result for result in mine
            if result.state is JobState.ENDED and result.what in _COPIES]
    copies = _of_all_volumes(one, made) if one.volumes else _copies(made)
    looked, reason = _why(mine, copies[-1] if copies else None)
    well = all(result.state is JobState.ENDED for result in mine)
    if well and (lacking := _lacking(one, made)):
        looked, reason = False, lacking
    return Verification(
        one.id, one.kind, one.backup.verification.level, looked or bool(copies),
        Level.L0 if copies else None, reason, copies[-1] if copies else None, moment, moment,
        others=tuple(copies[:-1]), blobs=blobs,
    )


def _copies(made: Iterable[JobResult]) -> list[Copy]:
    """Given results that are copies, return those whose moment is certain, the newest last."""
    return sorted(
        (
            Copy(one.id or one.tool, one.when.earliest, one.when.latest, one.size)
            for one in made if one.when
        ),
        key=lambda copy: copy.latest,
    )


def _of_all_volumes(one: BackupSet, made: Sequence[JobResult]) -> list[Copy]:
    """Given a set of volumes and their copies, return a copy for each time that all have one.

    It is as old as its oldest part. Nothing while a volume has no copy at all.
    """
    newest_first = [
        _copies(result for result in made if volume in result.covers)[::-1]
        for volume in one.volumes
    ]
    rounds = zip(*newest_first, strict=False)
    return [min(parts, key=lambda copy: copy.latest) for parts in rounds][::-1]


def _lacking(one: BackupSet, made: Sequence[JobResult]) -> str:
    """Given a set and the copies there are, return which of its volumes has none; "" if all have.

    A list of snapshots whose volumes the policy does not name is of nobody knows what.
    """
    if one.backup.job != "cloud_snapshot":
        return ""
    if not one.volumes:
        return f"{Reason.NOT_COLLECTED}: the policy does not name the volumes of {one.host}"
    covered = {volume for result in made for volume in result.covers}
    without = [volume for volume in one.volumes if volume not in covered]
    if not without:
        return ""
    return f"{Reason.NOT_COLLECTED}: no snapshot of volume {', '.join(without)}"


def _why(mine: Sequence[JobResult], newest: Copy | None) -> tuple[bool, str | None]:
    """Given a set's results and newest copy, return whether it can be told, and what is wrong."""
    failed = [one for one in mine if one.state is JobState.FAILED]
    if newest is not None:  # only what came after it, or when is not known, takes from it
        failed = [one for one in failed if one.when is None or one.when.latest >= newest.latest]
    if failed:
        return True, failed[-1].reason
    unknown = [one for one in mine if one.state is JobState.UNKNOWN]
    if unknown:
        return False, unknown[-1].reason
    if newest is not None:
        return True, None
    if not mine:
        return False, f"{Reason.NOT_COLLECTED}: the file is of other backups"
    return False, f"{Reason.NOT_COLLECTED}: no copy of the data whose moment is certain"
