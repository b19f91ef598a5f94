"""What changed between two runs: every kind of change is named for what it is."""

from __future__ import annotations

import pytest

from opsrunner.models import Finding, Severity, Verdict
from opsrunner.report.compare import KINDS, _kind


def finding(verdict: str, observed: object = None) -> Finding:
    return Finding(
        "host", "web01", "a_rule", Severity.HIGH, Verdict(verdict), None, observed, None, (), None,
        None,
    )


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("pass", "fail", "newly_failing"), ("unknown", "fail", "newly_failing"),
        ("fail", "pass", "fixed"), ("fail", "manual", "other_verdict"),
        ("fail", "not_applicable", "other_verdict"), ("fail", "unknown", "newly_unknown"),
        ("pass", "unknown", "newly_unknown"), ("unknown", "pass", "other_verdict"),
        ("pass", "pass", None),
    ],
)
def test_a_change_of_verdict(before: str, after: str, kind: str | None) -> None:
    assert _kind(finding(before), finding(after)) == kind
    assert kind is None or kind in KINDS


def test_drift_appearing_and_disappearing() -> None:
    assert _kind(finding("pass", 1), finding("pass", 2)) == "drift"
    assert _kind(None, finding("pass")) == "appeared"
    assert _kind(finding("pass"), None) == "disappeared"
