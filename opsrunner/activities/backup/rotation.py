"""Which parts of a repository's data are read today, so that all of it is read in time; pure.

restic puts every pack into one of T parts by its id, so part N of T is the same packs every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsrunner.activities.backup.proofs import Proven
from opsrunner.activities.backup.record import Source
from opsrunner.policy.backup import BackupSet

_MOST = 256  # restic's own limit on parts


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of all data was read: in how many parts, how many of them within the period.

    ``all_since``: since when no byte is unread; None: some were never read.
    """

    parts: int
    parts_read: int
    all_since: datetime | None
    within: timedelta


@dataclass(frozen=True, slots=True)
class Rotation:
    """How all data of one copy is read: in how many parts, one each time, within how long."""

    parts: int
    every: timedelta
    within: timedelta

    @classmethod
    def of(cls, one: BackupSet, source: Source) -> Rotation:
        """Given a set and which copy, return its rotation.

        A copy that is verified more rarely than all of it has to be read is read whole each time.
        """
        policy = one.backup.verification
        every = (policy.cadence if source == "local" else policy.offsite).longest
        within = max(policy.read_all_within, every)
        return cls(min(_MOST, within // every), every, within)

    def choose(self, read: Mapping[int, datetime], now: datetime) -> tuple[int, ...]:
        """Given when each part was last read, return the parts to read now, at least one.

        One each time is enough as long as nothing is missed; what was missed is made up for at
        once. A part that was never read comes before all that were.
        """
        began = min(read.values(), default=now)
        due = sorted((read.get(part, began) + self.within, part in read, part)
                     for part in range(1, self.parts + 1))
        count = 1
        while any(now + place * self.every > limit
                  for place, (limit, *_) in enumerate(due[count:], 1)):
            count += 1
        return tuple(sorted(part for *_, part in due[:count]))

    def progress(self, proofs: Sequence[Proven], source: Source, now: datetime) -> Reading:
        """Given a set's proofs, which copy and the time, return how far its data was read."""
        read = self.last_read(proofs, source)
        fresh = sum(now - moment <= self.within for moment in read.values())
        return Reading(self.parts, fresh, self.all_read(read), self.within)

    def all_read(self, read: Mapping[int, datetime]) -> datetime | None:
        """Given the same, return since when no byte is unread; None: some were never read."""
        return min(read.values()) if len(read) == self.parts else None

    def last_read(self, proofs: Iterable[Proven], source: Source) -> dict[int, datetime]:
        """Given a set's proofs, return when each part of that copy was last read."""
        found: dict[int, datetime] = {}
        for proof in proofs:
            said = proof.said.measured.get("read")
            if said and proof.said.source == source and said["of"] == self.parts:
                for part in said["parts"]:
                    found[part] = max(proof.recorded, found.get(part, proof.recorded))
        return found
