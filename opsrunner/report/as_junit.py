"""The findings as JUnit XML, for build servers: a suite per subject, a case per rule.

``fail`` is a failure; a waived one, ``manual`` and ``not_applicable`` are skipped; ``unknown`` is
an error, because a build must not turn green over what nobody could look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from opsrunner.models import Finding, Verdict
from opsrunner.report.document import Document, SubjectRow, Tally
from opsrunner.report.rows import observed_text, waiver_text
from opsrunner.report.stream import by_subject
from opsrunner.report.text import as_text, visible
from opsrunner.report.writers import Writer


class JunitWriter:
    """Writes XML that stays well-formed whatever a host printed."""

    name = "junit"
    suffix = ".junit.xml"

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and a path, write the file. Raise RunError if it is incomplete."""
        with path.open("w", encoding="utf-8", newline="\n") as out:
            out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
            fleet = _attributes(name=document.run.id, **_counts(document.tally))
            out.write(f"<testsuites{fleet}>\n")
            for row, findings in by_subject(document):
                out.writelines(_suite(document, row, findings))
            out.write("</testsuites>\n")
        return [path]


def _suite(document: Document, row: SubjectRow, findings: list[Finding]) -> Iterator[str]:
    started = document.run.started.removesuffix("Z")
    yield f"<testsuite{_attributes(name=row.id, timestamp=started, **_counts(row.tally))}>\n"
    for finding in findings:
        attributes = _attributes(classname=f"{row.platform}.{row.id}", name=finding.rule)
        outcome = _outcome(finding)
        yield f"<testcase{attributes}{f'>{outcome}</testcase>' if outcome else '/>'}\n"
    yield "</testsuite>\n"


def _counts(tally: Tally) -> dict[str, str]:
    def of(verdict: Verdict) -> int:
        return tally.verdicts.get(verdict, 0)

    return {
        "tests": str(tally.total),
        "failures": str(of(Verdict.FAIL) - tally.waived),
        "errors": str(of(Verdict.UNKNOWN)),
        "skipped": str(of(Verdict.MANUAL) + of(Verdict.NOT_APPLICABLE) + tally.waived),
    }


def _outcome(finding: Finding) -> str:
    told = f"observed: {observed_text(finding)}\nexpected: {as_text(finding.expected)}"
    if finding.verdict is Verdict.UNKNOWN:
        return _element("error", finding.reason or "unknown", "unknown", told)
    if finding.verdict is Verdict.FAIL and finding.waived:
        return _element("skipped", f"waived failure: {waiver_text(finding)}", "", told)
    if finding.verdict is Verdict.FAIL:
        first = told.replace("\n", ", ")
        clauses = f"\nclauses: {', '.join(finding.clauses)}"
        return _element("failure", first, finding.severity.value, told + clauses)
    if finding.verdict is Verdict.PASS:
        return ""
    return _element("skipped", finding.reason or finding.verdict.value, "", "")


def _element(tag: str, message: str, kind: str, text: str) -> str:
    attributes = _attributes(message=message, **({"type": kind} if kind else {}))
    return f"<{tag}{attributes}>{escape(visible(text))}</{tag}>"


def _attributes(**values: str) -> str:
    entities = {"\n": "&#10;", "\t": "&#9;"}
    return "".join(f" {key}={quoteattr(visible(text), entities)}" for key, text in values.items())


WRITER: Writer = JunitWriter()
