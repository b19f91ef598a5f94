"""Accepted runs -> what they prove of each backup set; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from opsrunner.activities.backup.record import Verification
from opsrunner.evidence.records import SubjectRecord
from opsrunner.policy.backup import BackupSet, Level
from opsrunner.schedule.settle import Proof

_STALE = 2  # periods: by then two newer copies should be there


@dataclass(frozen=True, slots=True)
class Proven:
    """One verification with the run it is of, and when the store recorded that run's end."""

    said: Verification
    level: Level
    run: str
    recorded: datetime

    def when(self) -> Proof:
        """Return the proof that it was verified, at the moment it went on record."""
        return Proof(self.recorded, self.recorded, self.recorded, self.run)

    def made(self) -> list[Proof]:
        """Return the proofs that copies were made when their tool says."""
        copies = [copy for copy in (self.said.copy, *self.said.others) if copy]
        return [Proof(copy.earliest, copy.latest, self.recorded, self.run) for copy in copies]


def proven_by_set(
    runs: Iterable[tuple[str, datetime, Iterable[SubjectRecord]]],
) -> tuple[dict[str, list[Proven]], list[str]]:
    """Given accepted runs (id, when recorded, records), return the proofs by backup set.

    And a sentence for each record that is no verification; it proves nothing.
    """
    found: dict[str, list[Proven]] = {}
    refused = []
    for run, recorded, records in runs:
        for record in records:
            try:
                said = Verification.from_record(record)
            except ValueError as error:
                refused.append(f"run {run}: {error}")
                continue
            if said.level is not None:
                proven = Proven(said, said.level, run, recorded)
                found.setdefault(record.id, []).append(proven)
    return found, refused


def fresh(one: BackupSet, proofs: Iterable[Proven]) -> list[Proven]:
    """Given a set and its proofs, return those of a copy that was not outdated by then.

    Restoring last year's copy every week proves last year's copy.
    """
    limit = _STALE * one.backup.cadence.longest + one.backup.report_within
    return [
        proof for proof in proofs
        if proof.said.copy
        and proof.said.copy.latest <= proof.recorded <= proof.said.copy.earliest + limit
    ]


def levels_by_week(
    proofs: Iterable[Proven], week_of: Mapping[datetime, str],
) -> dict[str, Proven]:
    """Given proofs and the week of each moment of recording, return the highest of each week."""
    best: dict[str, Proven] = {}
    for proof in proofs:
        week = week_of.get(proof.recorded)
        if week and (week not in best or proof.level > best[week].level):
            best[week] = proof
    return best
