"""Planning and ledger of 1,000 systems over 52 weeks, as the command line runs them.

The store holds a verification of every system in every week, each with a blob of its own, and is
checked as the ledger checks it: every record of the chain, every blob a verification rests on.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import yaml

from opsrunner.activities.backup.record import ACTIVITY, Copy, Verification
from opsrunner.evidence.store import Store
from opsrunner.policy.backup import BackupPolicy, Level, load_backup
from tests.bench.figures import Figure, figure
from tests.bench.measure import run

ROOT = Path(__file__).parents[2]
SYSTEMS, WEEKS = 1000, 52
LIMIT = 5.0
_PROOF = "".join(f"table_{number}: {number * 7919} rows, checksum equal\n" for number in range(40))


def backup_figures(folder: Path) -> list[Figure]:
    """Given an empty folder, measure the ledger of a simulated fleet there; the best of three."""
    write_policies(folder / "policies")
    policy = load_backup(folder / "policies")
    record_year(folder / "store", policy)
    environ = {
        **os.environ, "OPSRUNNER_STORE": str(folder / "store"),
        "OPSRUNNER_POLICIES": str(folder / "policies"),
    }
    command = [sys.executable, "-m", "opsrunner", "backup", "ledger", "--format", "json",
               "--output", str(folder / "out")]
    costs = [run(command, environ, ROOT) for _ in range(3)]
    data = json.loads((folder / "out" / "backup-ledger.json").read_bytes())
    weeks = sum(one["recoverable_weeks"] for one in data["sets"])
    if weeks != SYSTEMS * WEEKS or data["refused"]:
        raise RuntimeError(f"{weeks} weeks are proven: {costs[0].output[-2000:]}")
    name = f"ledger of {SYSTEMS} systems x {WEEKS} weeks, evidence checked"
    return [figure(name, min(cost.wall for cost in costs), LIMIT, "s")]


def write_policies(policies: Path) -> None:
    """Given a folder, write the backup policy of the fleet there, ten systems a file."""
    (policies / "backup").mkdir(parents=True)
    for first in range(0, SYSTEMS, 10):
        systems = {f"system_{n:04}": _system(n) for n in range(first, first + 10)}
        text = yaml.safe_dump({"since": "2020-01-01", "systems": systems}, allow_unicode=True)
        (policies / "backup" / f"systems_{first:04}.yml").write_text(text, "utf-8")


def _system(number: int) -> Mapping[str, object]:
    title = {"zh": f"业务系统 {number}", "en": f"System {number}"}
    return {
        "title": title, "importance": "core", "rto": "4h", "rpo": "24h",
        "backups": {"db": {
            "title": title, "made_by": "opsrunner", "databases": {f"db{number:04}": ["main"]},
            "cadence": {"every": "daily", "at": "12:00"}, "retention": {"daily": 14},
            "targets": {"local": {"location": "/backup"},
                        "offsite": {"location": "rest:https://backup", "append_only": True}},
            "encryption": {"secret": f"backup/system_{number:04}"},
            "verification": {"level": "L4", "cadence": {"every": "weekly"}},
        }},
    }


def record_year(folder: Path, policy: BackupPolicy) -> None:
    """Given a folder and the policy, make a store there with a run in each of the last 52 weeks."""
    now = datetime.now(UTC)
    with _at(now - timedelta(weeks=WEEKS)):  # a store is older than what is recorded in it
        store = Store.open(folder)
    for ago in range(WEEKS - 1, -1, -1):
        moment = now - timedelta(weeks=ago)
        with _at(moment), store.begin(
            ACTIVITY, inventory="simulated", policy_sha256=policy.sha256, operator="bench",
            code_version="bench", options={}, subjects=list(policy.sets), inputs={},
        ) as recording:
            for name in policy.sets:
                recording.subject(_verification(store, name, moment).as_record())
            recording.finish(outputs={})


def _verification(store: Store, name: str, moment: datetime) -> Verification:
    made = moment - timedelta(hours=3)
    proof = store.put(f"{name} {moment}\n{_PROOF}".encode())
    said = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return Verification(
        name, "opsrunner", "L4", looked=True, level=Level.L4, reason=None,
        copy=Copy(f"{moment:%Y%m%d}", made, made, 10**9), started=said, ended=said,
        restored=("main",), blobs={"comparison": proof},
    )


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Have the chain's wall clock stand at a moment: a year cannot be waited for."""
    with patch("opsrunner.evidence.chain.datetime") as clock:
        clock.now.side_effect = moment.astimezone
        yield
