"""Formats are found by their file; a report appears whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.errors import RunError, SettingsError
from opsrunner.report import find_writers, formats, write_reports, writers
from opsrunner.report.as_html import HtmlWriter
from opsrunner.report.as_json import JsonWriter
from tests.reports import fleet, sample


def test_every_module_named_as_is_a_format_of_that_name() -> None:
    assert formats() == ("csv", "html", "json", "junit", "xlsx")
    assert {name: writer.name for name, writer in find_writers(formats()).items()} == {
        name: name for name in formats()
    }


def test_all_unknown_formats_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        write_reports(sample.document(), tmp_path / "new", ["json", "pdff", "../x", "os"])
    assert len(raised.value.problems) == 3
    assert "'pdff'" in str(raised.value)
    assert "choose from csv, html" in str(raised.value)
    assert not (tmp_path / "new").exists()


def test_reports_are_where_the_answer_says(tmp_path: Path) -> None:
    written = write_reports(sample.document(), tmp_path, ["json", "junit", "json"])
    assert written == {"json": tmp_path / "report.json", "junit": tmp_path / "report.junit.xml"}
    assert sorted(tmp_path.iterdir()) == sorted(written.values())


def test_a_report_that_fails_leaves_the_old_one_and_no_rest(tmp_path: Path) -> None:
    write_reports(sample.document(), tmp_path, ["json"])
    before = (tmp_path / "report.json").read_bytes()
    broken = replace(sample.document(), findings=sample.Stream(sample.findings()[:-1]))
    with pytest.raises(RunError):
        write_reports(broken, tmp_path, ["json"])
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_bytes() == before
    # Control: the writer itself does leave half a file, so it is the staging that protects.
    with pytest.raises(RunError):
        JsonWriter().write(broken, tmp_path / "direct.json")
    assert (tmp_path / "direct.json").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="report csv not written to"):
        write_reports(sample.document(), tmp_path / "file", ["csv"])


def test_pages_of_an_earlier_run_do_not_stay(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paged = HtmlWriter(single=2, page=2)
    monkeypatch.setattr(writers, "find_writers", lambda _: {"html": paged})
    write_reports(fleet.document(9, 3), tmp_path, ["html"])
    assert len(list((tmp_path / "report-html").iterdir())) == 5
    write_reports(fleet.document(3, 3), tmp_path, ["html"])
    assert len(list((tmp_path / "report-html").iterdir())) == 3
    monkeypatch.undo()
    write_reports(fleet.document(3, 3), tmp_path, ["html"])
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
