"""JUnit XML is well-formed whatever a host printed, and unknown is never green."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from opsrunner.models import Verdict
from opsrunner.report.as_junit import JunitWriter
from opsrunner.report.document import Document
from tests.reports import sample
from tests.reports.hostile import HOSTILE
from tests.unit.report.conftest import Maker


def _tree(document: Document, folder: Path) -> ET.Element:
    (path,) = JunitWriter().write(document, folder / "report.junit.xml")
    return ET.parse(path).getroot()  # noqa: S314 - our own file


def test_verdicts_become_outcomes(tmp_path: Path) -> None:
    cases = _tree(sample.document(), tmp_path).iter("testcase")
    outcomes = ["".join(child.tag for child in case) for case in cases]
    expected = []
    for finding in sample.findings():
        waived = "skipped" if finding.waived else "failure"
        expected.append(
            {Verdict.PASS: "", Verdict.FAIL: waived, Verdict.UNKNOWN: "error"}.get(
                finding.verdict,
                "skipped",
            ),
        )
    assert outcomes == expected
    assert {"", "failure", "error", "skipped"} == set(expected)  # control: every kind occurs


def test_counts_are_those_of_the_cases(tmp_path: Path) -> None:
    root = _tree(sample.document(), tmp_path)
    tags = {"failures": "failure", "errors": "error", "skipped": "skipped", "tests": "testcase"}
    for element in (root, *root.iter("testsuite")):
        for attribute, tag in tags.items():
            assert int(element.get(attribute, "-1")) == len(list(element.iter(tag)))


def test_a_waived_failure_says_by_whom_and_until_when(make: Maker, tmp_path: Path) -> None:
    waived = {"owner": "数据库管理岗", "reason": "接口未改造", "expires": "2026-06-30"}
    (skipped,) = _tree(make(1, waived=waived), tmp_path).iter("skipped")
    assert "数据库管理岗" in skipped.get("message", "")
    assert "2026-06-30" in skipped.get("message", "")


def test_hostile_output_stays_text(hostile: Document, tmp_path: Path) -> None:
    root = _tree(hostile, tmp_path)
    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "testcase", "error",
    }  # fmt: skip
    assert len(list(root.iter("error"))) == len(list(hostile.findings()))


@pytest.mark.parametrize("text", [HOSTILE[3], HOSTILE[0], HOSTILE[18]])
def test_control_the_same_text_written_plainly_breaks_xml(text: str) -> None:
    with pytest.raises(ET.ParseError):
        ET.fromstring(f"<error>{text}</error>")  # noqa: S314 - a constant
