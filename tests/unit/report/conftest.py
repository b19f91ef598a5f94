"""Documents to write: one whose host says whatever a test wants, one that is all hostile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opsrunner.models import Verdict
from opsrunner.report.document import Document
from tests.reports.hostile import HOSTILE, document

Maker = Callable[..., Document]


@pytest.fixture
def make() -> Maker:
    """Return a function: observed values (and more) -> a document of one host."""
    return document


@pytest.fixture
def hostile() -> Document:
    """Return a document in which everything a host can say is hostile."""
    every = "".join(HOSTILE[:-1])
    return document(
        *HOSTILE,
        list(HOSTILE),
        {text: text for text in HOSTILE},
        subject=every,
        reason=f"denied: {every}",
        verdict=Verdict.UNKNOWN,
    )
