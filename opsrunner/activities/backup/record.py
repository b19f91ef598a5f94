"""What a verification of a backup set says, and how it lies in the evidence store.

A run of the activity ``backup-verify`` has one subject record for each targeted backup set:
``platform`` is what makes the backup, ``profile`` the level wanted, ``tally`` holds level, copy,
source and what was restored (below), and what was measured besides, where it was; the blobs are
what it rests on, under labels of the verifier's choice (``log``, ``manifest``, ``comparison``,
``probe``). Reading the result of somebody else's backup job is a verification too: it reaches L0.

Measured, each only where somebody looked: ``seconds`` (the verifying program, on its host),
``cleaned`` (its scratch place is gone again), ``on`` (that host, by its inventory name), ``tables``
and ``rows`` (compared with the manifest), ``sentinel`` (the newest numbered row that came back),
``range`` and ``gaps`` (what dump and saved logs can restore, and what is missing of the logs),
``compared`` and ``changed`` (files compared, and those that changed while they were backed up),
``read`` (``{"parts": [3], "of": 4}``: which parts of all data of the repository were read).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from opsrunner.evidence.records import SubjectRecord
from opsrunner.policy.backup import Level
from opsrunner.subjects.backup_sets import SET

ACTIVITY = "backup-verify"
Source = Literal["local", "offsite"]
SOURCES: Final[tuple[Source, ...]] = ("local", "offsite")
_SAID = frozenset(("level", "copy", "others", "source", "restored"))


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy that was looked at: its id in the repository or catalogue, and when it was made.

    ``earliest`` and ``latest`` carry a time zone; they differ when the tool only names a day.
    ``size`` in bytes, None when the tool does not say.
    """

    id: str
    earliest: datetime
    latest: datetime
    size: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when the moments have no zone or stand in the wrong order."""
        if self.earliest.tzinfo is None or self.latest.tzinfo is None:
            raise ValueError(f"copy {self.id}: its time has no time zone")
        if self.latest < self.earliest:
            raise ValueError(f"copy {self.id}: latest is before earliest")

    def as_json(self) -> dict[str, Any]:
        """Return the copy as JSON."""
        return {"id": self.id, "earliest": _text(self.earliest), "latest": _text(self.latest),
                "size": self.size}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Copy:
        """Given the JSON form, return the copy. Raise KeyError, TypeError or ValueError."""
        return cls(
            data["id"], datetime.fromisoformat(data["earliest"]),
            datetime.fromisoformat(data["latest"]), data["size"],
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification of one backup set.

    ``level`` is what was proven, None when nothing was; ``reason`` says why not more, and why
    nobody could look (``looked`` False: ``CODE: detail``, as a finding's). ``restored`` names
    what was restored: tables, paths. ``others`` are copies seen on the way, whose jobs ended:
    what a catalogue lists besides. Moments are ISO 8601 in UTC.
    """

    set_id: str
    kind: str
    wanted: str
    looked: bool
    level: Level | None
    reason: str | None
    copy: Copy | None
    started: str
    ended: str
    source: Source = "local"
    restored: tuple[str, ...] = ()
    others: tuple[Copy, ...] = ()
    blobs: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be: a level of no copy, or of what nobody looked at."""
        if self.level is not None and (self.copy is None or not self.looked):
            raise ValueError(f"{self.set_id}: a level is of a copy that somebody looked at")
        if self.level is None and not self.reason:
            raise ValueError(f"{self.set_id}: nothing was proven, and no reason is given")
        if self.level is not None and self.level.recoverable and not self.restored:
            raise ValueError(f"{self.set_id}: {self.level.name} without anything restored")

    def as_record(self) -> SubjectRecord:
        """Return the subject record of it."""
        tally: dict[str, Any] = {
            "level": None if self.level is None else self.level.name,
            "copy": self.copy and self.copy.as_json(),
            "others": [copy.as_json() for copy in self.others],
            "source": self.source, "restored": list(self.restored),
        }
        tally |= {key: value for key, value in self.measured.items() if key not in tally}
        return SubjectRecord(
            kind=SET, id=self.set_id, platform=self.kind, profile=self.wanted,
            reached=self.looked, reason=self.reason, started=self.started, ended=self.ended,
            rules=0, blobs=self.blobs, tally=tally,
        )

    @classmethod
    def from_record(cls, record: SubjectRecord) -> Verification:
        """Given a subject record, return what it says. Raise ValueError when it says no such."""
        if record.kind != SET:
            raise ValueError(f"record of {record.id}: is of a {record.kind}")
        try:
            tally, copy = record.tally, record.tally["copy"]
            level = tally["level"]
            return cls(
                record.id, record.platform, record.profile, record.reached,
                None if level is None else Level[level], record.reason,
                copy and Copy.from_json(copy), record.started, record.ended, tally["source"],
                tuple(tally["restored"]), tuple(map(Copy.from_json, tally["others"])),
                record.blobs, {key: tally[key] for key in tally if key not in _SAID},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"record of {record.id}: no verification: {error!r}") from error


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
