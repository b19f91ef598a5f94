"""What is remembered of one host serves others: no fact may change another one's value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from opsrunner.facts.base import CannotTell, Host, registry
from opsrunner.facts.remembered import ByReads
from opsrunner.policy.cases import Case, CaseFile, load_cases

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "policies" / "cases").glob("*/*.yml"))


class Watched(ByReads[Any]):
    """Keeps what every value looked like, to compare with later."""

    def __init__(self) -> None:
        super().__init__(10_000)
        self.pairs: list[tuple[str, Any, str]] = []

    def keep(self, name: str, way: Any, said: Any, value: Any) -> None:  # noqa: ANN401
        """Remember, and note what it looks like."""
        if not isinstance(value, CannotTell):
            self.pairs.append((name, value, look(value)))
        super().keep(name, way, said, value)


def look(value: object) -> str:
    """Given a value, return what it looks like, without where it lies in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def everything(host: Host) -> dict[str, str]:
    """Given a host, return every fact of it, or why it cannot be known, as text."""
    found = {}
    for name in registry():
        try:
            found[name] = look(host.get(name))
        except CannotTell as cannot:
            found[name] = f"cannot tell: {cannot}"
        except Exception as error:  # noqa: BLE001 - a rule that crashes is another test's subject
            found[name] = type(error).__name__
    return found


def frames(file: CaseFile, case: Case) -> dict[str, Any]:
    merged = {**file.base, **case.frames}
    return {name: frame.frame(name) for name, frame in merged.items() if frame is not None}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_remembered_facts_are_the_fresh_ones_and_nobody_changes_them(path: Path) -> None:
    file = load_cases(path)
    remembered: dict[str, Watched] = {}
    for case in file.cases[:8]:
        kept = remembered.setdefault(case.platform, Watched())
        given = frames(file, case)
        assert everything(Host(case.platform, given, kept)) == everything(
            Host(case.platform, given),
        )
    for kept in remembered.values():
        assert [name for name, value, before in kept.pairs if look(value) != before] == []
