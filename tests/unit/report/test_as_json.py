"""The JSON form is the promised one and its schema says the same as the code."""

from __future__ import annotations

import json
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opsrunner.models import ClauseVerdict, Finding, Reason, Severity, Verdict
from opsrunner.report.as_json import JsonWriter
from opsrunner.report.document import Document
from tests.reports import fleet, sample
from tests.reports.hostile import HOSTILE

SCHEMA = json.loads(files("opsrunner.report").joinpath("schema/report-1.json").read_text())


@pytest.fixture
def report(tmp_path: Path) -> dict[str, Any]:
    """Return the sample as JSON."""
    return _written(sample.document(), tmp_path)


def _written(document: Document, folder: Path) -> dict[str, Any]:
    (path,) = JsonWriter().write(document, folder / "report.json")
    return dict(json.loads(path.read_bytes()))


def test_keys_are_the_promised_ones(report: dict[str, Any]) -> None:
    assert list(report) == ["format", "run", "subjects", "findings", "summary"]
    assert report["format"] == 1
    assert list(report["run"]) == ["id", "started", "ended", "inventory", "policy_sha256"]
    assert list(report["findings"][0]) == [
        "subject", "rule", "severity", "verdict", "reason",
        "observed", "expected", "clauses", "waived", "evidence",
    ]  # fmt: skip


def test_findings_come_back_as_they_were(report: dict[str, Any]) -> None:
    assert [Finding.from_json(found) for found in report["findings"]] == sample.findings()


def test_hostile_text_is_kept_exactly_where_json_can(hostile: Document, tmp_path: Path) -> None:
    observed = [found["observed"] for found in _written(hostile, tmp_path)["findings"]]
    for raw, kept in zip(HOSTILE, observed, strict=False):
        assert kept == raw or "\ud800" in raw


def test_schema_knows_the_same_words_as_the_code() -> None:
    defs = SCHEMA["$defs"]
    assert set(defs["verdict"]["enum"]) == {verdict.value for verdict in Verdict}
    assert set(defs["severity"]["enum"]) == {severity.value for severity in Severity}
    for reason in Reason:
        jsonschema.validate(reason.value, defs["reason"])
        jsonschema.validate(f"{reason.value}: why", defs["reason"])
    verdicts = defs["summary"]["properties"]["clauses"]["additionalProperties"]["properties"]
    assert set(verdicts["verdict"]["enum"]) == {verdict.value for verdict in ClauseVerdict}


LIES: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "unknown without reason": (("findings", 0, "verdict"), "unknown"),
    "a waived pass": (("findings", 1, "waived"), {"owner": "x"}),
    "not reached without reason": (("subjects", 0, "reached"), False),
    "a verdict nobody knows": (("findings", 0, "verdict"), "ok"),
    "another format": (("format",), 2),
    "an extra key": (("extra",), 1),
    "a score above one": (("summary", "score"), 1.2),
    "no evidence hash": (("findings", 0, "evidence"), "abc"),
}


@pytest.mark.parametrize("lie", LIES)
def test_schema_refuses(lie: str, report: dict[str, Any]) -> None:
    jsonschema.validate(report, SCHEMA)  # control: the report itself is fine
    path, value = LIES[lie]
    twisted: Any = deepcopy(report)
    target = twisted
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(twisted, SCHEMA)


def test_findings_are_counted_by_rules_whatever_the_size(tmp_path: Path) -> None:
    report = _written(fleet.document(30, 7), tmp_path)
    assert len(report["findings"]) == sum(row["rules"] for row in report["subjects"]) == 210
