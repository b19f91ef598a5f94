"""No report is written that has lost, doubled or mixed up a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.errors import RunError
from opsrunner.models import Finding
from opsrunner.report import find_writers, formats
from opsrunner.report.as_html import HtmlWriter
from opsrunner.report.stream import by_subject, of_subjects
from tests.reports import sample

Change = Callable[[list[Finding]], Sequence[Finding]]

BROKEN: dict[str, Change] = {
    "one lost": lambda found: found[:-1],
    "one lost in the middle": lambda found: [*found[:20], *found[21:]],
    "one too many": lambda found: [*found, found[-1]],
    "one twice, another lost": lambda found: [found[1], *found[1:]],
    "another subject's": lambda found: [replace(found[0], subject="db-01"), *found[1:]],
    "another kind": lambda found: [replace(found[0], kind="database"), *found[1:]],
    "all lost": lambda _: [],
}


def test_every_subject_comes_with_its_findings() -> None:
    document = sample.document()
    read = {row.id: findings for row, findings in by_subject(document)}
    assert sum(map(len, read.values())) == sum(row.rules for row in document.subjects)
    assert read == {row.id: own for row, own in of_subjects(document, document.subjects)}


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("name", formats())
def test_no_writer_writes_an_incomplete_report(name: str, fault: str, tmp_path: Path) -> None:
    stream = sample.Stream(BROKEN[fault](sample.findings()))
    broken = replace(sample.document(), findings=stream)
    writer = find_writers([name])[name]
    with pytest.raises(RunError, match="no report written"):
        writer.write(broken, tmp_path / f"report{writer.suffix}")
    writer.write(sample.document(), tmp_path / f"control{writer.suffix}")


@pytest.mark.parametrize("fault", [fault for fault in BROKEN if fault != "another subject's"])
def test_pages_of_a_large_fleet_are_complete_too(fault: str, tmp_path: Path) -> None:
    stream = sample.Stream(BROKEN[fault](sample.findings()))
    with pytest.raises(RunError, match="no report written"):
        HtmlWriter(single=1).write(replace(sample.document(), findings=stream), tmp_path / "r.html")
