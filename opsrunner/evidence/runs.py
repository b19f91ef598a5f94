"""Which runs a ledger holds, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from opsrunner.errors import InputError
from opsrunner.evidence.chain import Record
from opsrunner.evidence.ledger import Ledger
from opsrunner.evidence.live import is_alive
from opsrunner.evidence.records import ENDS, RunDetails, run_details, run_info
from opsrunner.evidence.schema import RecordType
from opsrunner.models import RunInfo

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one ledger; ``live`` is the folder with the locks of those being recorded."""

    ledger: Ledger
    live: Path

    def milestones(self) -> dict[str, tuple[Record, Record | None]]:
        """Return for each run, oldest first, its first and, if there is one, its last record."""
        found: dict[str, tuple[Record, Record | None]] = {}
        for record in self.ledger.milestones():
            if record.type == RecordType.RUN_BEGIN:
                found[record.run_id] = (record, None)
            elif record.type in ENDS and record.run_id in found:
                found[record.run_id] = (found[record.run_id][0], record)
        return found

    def all(self) -> list[RunInfo]:
        """Return all runs, newest last. Raise EvidenceError when a record was changed."""
        return [
            run_info(begin, end, alive=end is None and is_alive(self.live, run_id))
            for run_id, (begin, end) in self.milestones().items()
        ]

    def find(self, ref: str, activities: Collection[str] = ()) -> RunInfo:
        """Given a run's id, a unique prefix of it, or "latest", return the run.

        "latest" is the newest run whatever became of it. ``activities``: only runs of these.
        Raise InputError, with the candidates.
        """
        runs = [run for run in self.all() if not activities or run.activity in activities]
        found = runs[-1:] if ref == "latest" else [r for r in runs if ref and r.id.startswith(ref)]
        if len(found) == 1:
            return found[0]
        shown = ", ".join(f"{run.id} ({run.status})" for run in (found or runs)[-_SHOWN:])
        problem = f"{len(found)} runs begin with {ref!r}" if found else f"there is no run {ref!r}"
        raise InputError(f"{problem}; the store holds {shown or 'no run yet'}")

    def details(self, run_id: str) -> RunDetails:
        """Given a run's id, return its inputs, outputs and records. Raise InputError."""
        milestones = self.milestones()
        if run_id not in milestones:
            raise InputError(f"there is no run {run_id!r}")
        return run_details(*milestones[run_id])

    def dead(self) -> list[str]:
        """Return the runs that have no end and no process that records them."""
        return [
            run_id
            for run_id, (_, end) in self.milestones().items()
            if end is None and not is_alive(self.live, run_id)
        ]
