"""What is to be verified today, and why: what the schedule wants and the record does not hold yet.

Pure. A copy elsewhere that is due goes first: its proof counts for the week, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsrunner.activities.backup.proofs import Proven, fresh
from opsrunner.activities.backup.record import Source
from opsrunner.activities.backup.rotation import Rotation
from opsrunner.policy.backup import BackupSet, Level
from opsrunner.schedule.cadence import Cadence, Occurrence, occurrences

_MOMENT = timedelta(microseconds=1)
PROVABLE = Level.L4  # beyond it there is only the timed drill


@dataclass(frozen=True, slots=True)
class Due:
    """A set to be verified: from which copy, how far, which parts of it are read, and why."""

    set: BackupSet
    source: Source
    level: Level
    parts: tuple[str, ...]
    why: str

    @property
    def on(self) -> str:
        """Return the host that does it."""
        if self.source == "offsite" and self.set.backup.verification.on:
            return self.set.backup.verification.on
        return self.set.host


def asked(
    one: BackupSet, source: Source, proofs: Sequence[Proven], now: datetime,
    level: Level | None = None, why: str = "asked for",
) -> Due:
    """Given a set, which copy, its proofs and the time, return what verifying it means today.

    ``level``: how far, what the policy wants when not given.
    """
    wanted = level or min(PROVABLE, Level[one.backup.verification.level])
    parts: tuple[str, ...] = ()
    if one.backup.paths:  # a dump is read whole each time
        rotation = Rotation.of(one, source)
        chosen = rotation.choose(rotation.last_read(proofs, source), now)
        parts = tuple(f"{part}/{rotation.parts}" for part in chosen)
    return Due(one, source, wanted, parts, why)


def due(
    one: BackupSet, proofs: Sequence[Proven], now: datetime, level: Level | None, source: Source,
) -> Due | None:
    """Given a set, its proofs, the time, how far and which copy, return what is due of that copy.

    None when nothing is: the copy elsewhere once it was restored in its period, the copy at hand
    once the level wanted was proven of either.
    """
    policy, counted = one.backup.verification, fresh(one, proofs)
    if source == "offsite":
        period = _now(policy.offsite, one, now)
        kept = (proof for proof in counted
                if proof.said.source == source and proof.level.recoverable)
        why = f"the copy elsewhere was not restored in {period.name} yet"
    else:
        wanted = level or min(PROVABLE, Level[policy.level])
        period = _now(policy.cadence, one, now)
        kept = (proof for proof in counted if proof.level >= wanted)
        why = f"{wanted.name} was not proven in {period.name} yet"
    if any(proof.recorded >= period.start for proof in kept):
        return None
    return asked(one, source, proofs, now, level, why)


def _now(cadence: Cadence, one: BackupSet, now: datetime) -> Occurrence:
    return occurrences(cadence, one.zone, now, now + _MOMENT)[0]
