"""A small backup policy and verifications of its sets, for tests of the ledger and its formats."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.ledger import Ledger, build
from opsrunner.activities.backup.proofs import proven_by_set
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.evidence.records import SubjectRecord
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level, System

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)  # a Saturday, week 47
SINCE = date(2026, 1, 1)
DAY = timedelta(days=1)
DB, FILES = "shop/db/db1/orders", "shop/files/web1"


def system(**changes: Any) -> System:  # noqa: ANN401 - any YAML
    """Given what is different, return a system with a database and a host's files."""
    common = {
        "title": {"zh": "数据库", "en": "databases"}, "made_by": "opsrunner",
        "cadence": {"every": "daily"}, "retention": {"daily": 7},
        "targets": {"local": {"location": "/backup"},
                    "offsite": {"location": "sftp://b@h/x", "append_only": True}},
        "encryption": {"secret": "backup/shop"},
        "verification": {"level": "L4", "cadence": {"every": "weekly"}},
    } | changes
    return System.model_validate({
        "title": {"zh": "商城 <b>", "en": "Shop <b>"}, "importance": "core", "rto": "4h",
        "rpo": "7d", "owner": "=商城岗",
        "backups": {"db": common | {"databases": {"db1": ["orders"]}},
                    "files": common | {"paths": {"web1": ["/srv"]}}},
    })


def policy(since: date = SINCE, **changes: Any) -> BackupPolicy:  # noqa: ANN401 - any YAML
    """Given what is different, return the policy with two backup sets."""
    one = system(**changes)
    kept = ("shop", one)
    zone = ZoneInfo("Asia/Shanghai")
    sets = [
        BackupSet(DB, "db1", ("orders",), *kept, one.backups["db"], zone, since),
        BackupSet(FILES, "web1", ("/srv",), *kept, one.backups["files"], zone, since),
    ]
    return BackupPolicy({"shop": one}, {item.id: item for item in sets}, "ab" * 32, {})


def verification(
    recorded: datetime, level: Level | None = Level.L4, set_id: str = DB,
    **changes: Any,  # noqa: ANN401 - any field
) -> Verification:
    """Given when and how far, return the verification of that morning's copy."""
    made = recorded - timedelta(hours=4)
    fields = {
        "looked": True, "reason": None if level is not None else "the dump is cut off",
        "copy": Copy("s1", made, made, 1000),
        "started": f"{recorded:%Y-%m-%dT%H:%M:%SZ}", "ended": f"{recorded:%Y-%m-%dT%H:%M:%SZ}",
        "restored": ("orders",),
    } | changes
    return Verification(set_id=set_id, kind="opsrunner", wanted="L4", level=level, **fields)


def run(recorded: datetime, *said: Verification) -> tuple[str, datetime, list[SubjectRecord]]:
    """Given when a run was recorded and what it says, return it as an accepted run."""
    return f"run-{recorded:%m%d}", recorded, [one.as_record() for one in said]


def weekly(weeks: range, level: Level | None = Level.L4, **changes: Any) -> list[  # noqa: ANN401 - any field
    tuple[str, datetime, list[SubjectRecord]]
]:
    """Given how many weeks ago, return a run for each."""
    return [
        run(moment, verification(moment, level, **changes))
        for moment in (NOW - 7 * DAY * ago for ago in weeks)
    ]


def ledger(
    runs: list[tuple[str, datetime, list[SubjectRecord]]], weeks: int = 52,
    made_by: BackupPolicy | None = None, now: datetime = NOW,
) -> Ledger:
    """Given accepted runs, return the ledger."""
    proven, refused = proven_by_set(runs)
    return build(made_by or policy(), proven, now, weeks=weeks, head="cd" * 32, refused=refused)
