"""One verification run as a restore test: its outcomes by backup set, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opsrunner.activities.backup.record import Verification
from opsrunner.evidence.records import SubjectRecord
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level


@dataclass(frozen=True, slots=True)
class Besides:
    """What a record may say besides; None where it does not.

    ``seconds``: how long restoring and comparing took. ``tables`` and ``rows``: how many were
    compared. ``cleaned``: whether nothing of the test was left. ``rto_seconds``, ``rpo_seconds``:
    as a timed test measured them. ``on``: the host, ``scratch``: the place where it was restored.
    ``sentinel``: the newest numbered row that came back; ``range`` and ``gaps``: what dump and
    saved logs can restore, and what is missing of the logs; ``read``: parts of all data read.
    """

    seconds: float | None = None
    tables: int | None = None
    rows: int | None = None
    cleaned: bool | None = None
    rto_seconds: float | None = None
    rpo_seconds: float | None = None
    on: str = ""
    scratch: str = ""
    sentinel: str = ""
    range: str = ""
    gaps: tuple[str, ...] = ()
    read: str = ""

    @classmethod
    def of(cls, tally: Mapping[str, Any]) -> Besides:
        """Given a record's tally, return what it says; what is no such value is not said."""
        cleaned = tally.get("cleaned")
        return cls(
            seconds=_number(tally.get("seconds")),
            tables=_count(tally.get("tables")),
            rows=_count(tally.get("rows")),
            cleaned=cleaned if isinstance(cleaned, bool) else None,
            rto_seconds=_number(tally.get("rto_seconds")),
            rpo_seconds=_number(tally.get("rpo_seconds")),
            on=_text(tally.get("on")),
            scratch=_text(tally.get("scratch")),
            sentinel=_text(tally.get("sentinel")),
            range=_text(tally.get("range")),
            gaps=_texts(tally.get("gaps")),
            read=_parts(tally.get("read")),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one backup set; ``set`` None: today's policy has it no more."""

    said: Verification
    besides: Besides
    set: BackupSet | None

    @property
    def enough(self) -> bool:
        """Return whether the level that was wanted is proven."""
        return self.said.level is not None and self.said.level >= Level[self.said.wanted]

    @property
    def restored(self) -> bool:
        """Return whether anything was restored, proven or not."""
        return bool(self.said.restored)


@dataclass(frozen=True)
class RestoreTest:
    """A run of ``backup-verify`` that evidence holds, and what papers say of it.

    ``recorded`` is when its end went on record; ``operator`` who ran it, by name.
    """

    run: str
    recorded: datetime
    operator: str
    code_version: str
    policy_sha256: str
    policy: BackupPolicy
    outcomes: Sequence[Outcome]
    head: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """Return ``passed``, ``partly`` or ``failed``; what nobody could look at did not pass."""
        well = sum(one.enough for one in self.outcomes)
        if well == len(self.outcomes):
            return "passed"
        return "partly" if well else "failed"


def outcomes_of(records: Sequence[SubjectRecord], policy: BackupPolicy) -> list[Outcome]:
    """Given a run's records and today's policy, return the outcomes in the policy's order.

    Raise ValueError for a record that is no verification.
    """
    places = {name: place for place, name in enumerate(policy.sets)}
    found = [
        Outcome(Verification.from_record(one), Besides.of(one.tally), policy.sets.get(one.id))
        for one in records
    ]
    return sorted(found, key=lambda one: (places.get(one.said.set_id, len(places)),
                                          one.said.set_id))


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and value >= 0 else None  # type: ignore[arg-type,operator]  # a number


def _count(value: object) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if known else None  # type: ignore[return-value]  # a number


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _parts(value: object) -> str:
    """Given ``{"parts": [3], "of": 4}``, return ``3/4``."""
    if not isinstance(value, Mapping) or not isinstance(value.get("parts"), list | tuple):
        return ""
    return f"{', '.join(map(str, value['parts']))}/{value.get('of', '?')}"
