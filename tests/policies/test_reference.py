"""The rule reference under docs/rules/ says what the rules say."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from opsrunner.judge.operators import OPERATORS
from opsrunner.policy import words
from opsrunner.policy.load import Policies, load_policies
from opsrunner.policy.reference import COMMAND, FOLDER, pages, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def policies() -> Policies:
    """Return the real policies."""
    return load_policies(ROOT / "policies", date.min)


def stale(root: Path, wanted: dict[str, str]) -> list[str]:
    """Given a root and the pages there should be, return the names of those that differ."""
    there = {path.name: path.read_text(encoding="utf-8") for path in (root / FOLDER).glob("*.md")}
    return sorted(n for n in there.keys() | wanted.keys() if there.get(n) != wanted.get(n))


def test_the_reference_is_fresh(policies: Policies) -> None:
    assert stale(ROOT, pages(policies)) == [], f"run: {COMMAND}"


def test_a_changed_a_missing_and_a_spare_page_are_seen(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    write(tmp_path)
    wanted = pages(load_policies(tmp_path / "policies", date.min))
    assert stale(tmp_path, wanted) == []
    folder = tmp_path / FOLDER
    (folder / "ssh.md").write_text("older", encoding="utf-8")
    (folder / "README.md").unlink()
    (folder / "spare.md").write_text("no topic", encoding="utf-8")
    assert stale(tmp_path, wanted) == ["README.md", "spare.md", "ssh.md"]
    write(tmp_path)
    assert stale(tmp_path, wanted) == []


def test_every_rule_has_its_place_and_every_link_ends_at_one(policies: Policies) -> None:
    written = pages(policies)
    places = {
        f"{name}#{rule}" for name, text in written.items()
        for rule in re.findall(r"(?m)^## (\S+)$", text)
    }
    assert {f"{policies.topics[rule]}.md#{rule}" for rule in policies.rules} <= places
    links = set(re.findall(r"\]\((\w+\.md#\w+)\)", written["README.md"]))
    assert links <= places
    assert {link.partition("#")[2] for link in links} == {
        rule for control in policies.controls.values()
        for clause in control.clauses for rule in clause.rules
    }


def test_every_operator_has_words() -> None:
    assert words.OPERATORS.keys() == OPERATORS.keys()
