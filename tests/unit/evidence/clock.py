"""Let the evidence store write at another time: the chain's wall clock, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from unittest.mock import patch


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Given a moment, have every record inside the block written then."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    with patch("opsrunner.evidence.chain.datetime", Clock):
        yield
