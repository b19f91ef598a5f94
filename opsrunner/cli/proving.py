"""What the evidence store proves of backup sets: for the ledger, and for what is due."""

from __future__ import annotations

from datetime import datetime

from opsrunner.activities.backup.proofs import Proven, proven_by_set
from opsrunner.activities.backup.record import ACTIVITY
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify.runs import accepted_runs


def proofs_on_record(store: Store, now: datetime) -> tuple[dict[str, list[Proven]], list[str]]:
    """Given the store and the time, return the proofs by backup set, and what was refused.

    Only runs that ``opsrunner verify`` accepts prove anything. Raise EvidenceError.
    """
    accepted = accepted_runs(store, [ACTIVITY], f"{now:%Y-%m-%dT%H:%M:%S.%f}Z")
    proven, refused = proven_by_set(
        (run.id, datetime.fromisoformat(run.recorded), run.subjects) for run in accepted.runs
    )
    return proven, [*accepted.refused, *refused]
