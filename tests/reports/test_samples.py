"""The committed samples are what the writers write today, byte for byte, on any machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from opsrunner.models import Severity, Verdict
from opsrunner.report import formats
from tests.reports import pdf, sample
from tests.reports.regenerate import PAPERS, SAMPLES

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "opsrunner" / "report" / "schema" / "report-1.json"


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return samples written by another process, zone, umask, hash seed and language."""
    folder = tmp_path_factory.mktemp("samples")
    odd = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-m", "tests.reports.regenerate", str(folder)],
        check=True,
        cwd=ROOT,
        env={**os.environ, **odd},
        umask=0o077,
    )
    return folder


def test_samples_are_up_to_date(regenerated: Path) -> None:
    new = {path.name: path.read_bytes() for path in regenerated.iterdir() if path.is_file()}
    old = {path.name: path.read_bytes() for path in SAMPLES.iterdir() if path.name in new}
    stale = sorted(name for name in new if old.get(name) != new[name])
    assert not stale, f"{stale} differ: run python -m tests.reports.regenerate and look at them"


def test_every_format_has_a_sample(regenerated: Path) -> None:
    assert len(list(regenerated.glob("report.*"))) == len(formats())


@pytest.mark.parametrize("folder", sorted(PAPERS))
def test_papers_are_up_to_date(regenerated: Path, folder: str) -> None:
    """Byte for byte; but a PDF holds the fonts of the machine, so there its words and pages."""
    new, old = _papers(regenerated / folder), _papers(SAMPLES / folder)
    assert len([name for name in old if not name.endswith(".pdf")]) == len(PAPERS[folder]()) * 3
    stale = sorted(name for name in new if old.get(name) != new[name])
    assert not stale, f"{stale} differ: run python -m tests.reports.regenerate and look at them"


def _papers(folder: Path) -> dict[str, object]:
    files = sorted(folder.iterdir())
    found: dict[str, object] = {p.name: p.read_bytes() for p in files if p.suffix != ".pdf"}
    if shutil.which("pdftotext"):
        found |= {p.name: pdf.words(p) for p in files if p.suffix == ".pdf"}
    return found


def test_json_sample_meets_the_schema_and_counts() -> None:
    report = json.loads((SAMPLES / "report.json").read_bytes())
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))
    assert len(report["findings"]) == sum(subject["rules"] for subject in report["subjects"])
    assert report["summary"]["findings"] == len(report["findings"])


def test_sample_shows_every_case_a_reader_can_meet() -> None:
    findings = sample.findings()
    assert {f.verdict for f in findings} == set(Verdict)
    assert {f.severity for f in findings} == set(Severity)
    assert any(f.waived for f in findings)
    codes = {(f.reason or "").partition(":")[0] for f in findings}
    assert {"unreachable", "denied", "timeout", "truncated", "rule_crashed"} <= codes
