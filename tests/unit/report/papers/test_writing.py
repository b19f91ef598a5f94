"""Formats by name, what they lack, and files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.errors import RunError, SettingsError
from opsrunner.report import formats
from opsrunner.report.paper import Language, Paper
from opsrunner.report.papers import FORMATS, Desk, ready, write_papers
from tests.unit.report.papers.sheets import paper


class Breaking:
    """A writer that fails half way."""

    suffix = ".txt"

    def write(self, _paper: Paper, path: Path, _language: Language) -> None:
        """Write half and fail."""
        path.write_text("half")
        raise OSError(28, "No space left on device")


def test_formats_of_papers_are_no_formats_of_a_check() -> None:
    assert FORMATS == ("docx", "html", "pdf", "xlsx")
    assert formats() == ("csv", "html", "json", "junit", "xlsx")


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    bad = tmp_path / "bad.docx"
    bad.write_text("no zip")
    with pytest.raises(SettingsError) as caught:
        ready(["docx", "odt", "rtf"], bad)
    assert len(caught.value.problems) == 3
    assert set(ready(["docx", "html"]).writers) == {"docx", "html"}


def test_papers_are_written_in_order_and_over_old_ones(tmp_path: Path) -> None:
    desk = ready(["xlsx", "html"])
    (tmp_path / "paper.html").write_text("old")
    written = write_papers([paper("x")], tmp_path, desk, "zh")
    assert [path.name for path in written] == ["paper.xlsx", "paper.html"]
    assert "old" not in (tmp_path / "paper.html").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["paper.html", "paper.xlsx"]


def test_a_paper_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "paper.txt").write_text("old")
    with pytest.raises(RunError, match="No space left"):
        write_papers([paper("x")], tmp_path, Desk({"txt": Breaking()}), "zh")
    assert (tmp_path / "paper.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["paper.txt"]
