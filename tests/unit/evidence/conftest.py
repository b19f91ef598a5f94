"""A store of its own for each test of the evidence store."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.evidence.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a new, empty store."""
    return Store.open(tmp_path / "store")
