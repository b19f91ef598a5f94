"""What a verification found; rendering it is the command line's business."""

from __future__ import annotations

from dataclasses import dataclass, field

_KEPT = 100


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that does not hold: ``place`` (a file or a record of a run) and what is wrong."""

    place: str
    message: str

    def __str__(self) -> str:
        """Given itself, return ``place: message``."""
        return f"{self.place}: {self.message}"


@dataclass(slots=True)
class VerifyReport:
    """Counts of what was looked at, and every break, the first one first.

    ``breaks`` keeps the first hundred, ``broken`` counts all. ``unreferenced`` are blobs that no
    record names: left by interrupted runs, or not yet named by a running one; no break.
    ``notes`` say what could not be looked at and why that is no break.
    """

    records: int = 0
    runs: int = 0
    blobs: int = 0
    blob_bytes: int = 0
    heads: int = 0
    head: str | None = None  # hash of the last record, to be kept elsewhere
    broken: int = 0
    breaks: list[Break] = field(default_factory=list)
    unreferenced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Return whether nothing is broken."""
        return self.broken == 0

    @property
    def first(self) -> Break | None:
        """Return the first break, None when there is none."""
        return self.breaks[0] if self.breaks else None

    def add(self, place: str, message: str) -> None:
        """Given a break, count it and keep it."""
        self.broken += 1
        if len(self.breaks) < _KEPT:
            self.breaks.append(Break(place, message))
