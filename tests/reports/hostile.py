"""What a hostile host may print, and a document of one host that says whatever a test wants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opsrunner.models import ClauseVerdict, Finding, Severity, Verdict
from opsrunner.report.document import Document, SubjectRow
from tests.reports import sample

# What a host may print to harm whoever reads the report; each acts in at least one format.
HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "\x1b[2J\x1b]0;owned\x07 \x9b31m",
    "=cmd|'/c calc'!A0",
    '+HYPERLINK("http://example.invalid","x")',
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "https://example.invalid/",
    "_x003D_1+1",
    "../../../../etc/cron.d/x\x00",
    "user\u202egpj.exe",
    "a\u200bb\u2028c\ufeff",
    "\ud800 half a pair \udfff",
    "\ufffe\uffff",
    "]]> --> &amp; {{ 7*7 }} {% raw %} [red]x[/red]",
    "x" * 40_000,
)


def document(
    *observed: Any,  # noqa: ANN401 - any JSON value
    subject: str = "host-1",
    reason: str | None = None,
    waived: dict[str, str] | None = None,
    verdict: Verdict = Verdict.FAIL,
) -> Document:
    """Given observed values, return a document with one finding for each."""
    findings = [
        Finding(
            kind="host",
            subject=subject,
            rule=f"rule_{number:02d}",
            severity=Severity.HIGH,
            verdict=verdict,
            reason=reason,
            observed=value,
            expected=value,
            clauses=("8.1.4.1.a",),
            waived=waived,
            evidence=None,
        )
        for number, value in enumerate(observed)
    ]
    tally = sample.tally(findings)
    row = SubjectRow(
        kind="host",
        id=subject,
        platform="centos7",
        profile="base",
        groups=(),
        attributes={"system": subject},
        rules=len(findings),
        reached=verdict is not Verdict.UNKNOWN,
        reason=reason,
        tally=tally,
        clauses={"8.1.4.1.a": ClauseVerdict.NON_COMPLIANT},
    )
    return replace(
        sample.document(),
        subjects=[row],
        rules={},
        tally=tally,
        reached=int(row.reached),
        findings=sample.Stream(findings),
    )
