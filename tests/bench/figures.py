"""One figure of the bench: what was measured, what it must reach, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and whether it holds; one without a limit is there to be known."""

    name: str
    value: float
    limit: float | None
    unit: str
    holds: bool


def figure(name: str, value: float, limit: float | None, unit: str) -> Figure:
    """Given a measured value and perhaps its limit, return the figure; print it at once."""
    made = Figure(name, round(value, 3), limit, unit, limit is None or value <= limit)
    mark = "   " if limit is None else "ok " if made.holds else "BAD"
    reach = "" if limit is None else f"<= {limit:g} "
    print(f"{mark} {name:58} {value:10.2f} {reach}{unit}", flush=True)
    return made
