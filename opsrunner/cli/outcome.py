"""How a judged run ends: reports on disk, the final table, the exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from rich.console import Console

from opsrunner.errors import ExitCode, Problem, SettingsError
from opsrunner.models import Severity, Verdict
from opsrunner.report.document import Document
from opsrunner.report.terminal import print_summary
from opsrunner.report.writers import write_reports


def require_folder(folder: Path) -> None:
    """Given the folder that will be written to, made or not, see that it can be.

    Raise SettingsError: it is said before a host is touched, not after the work is done.
    """
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents)
                   if path.exists() or path.is_symlink())
    if not nearest.is_dir():
        raise SettingsError([Problem("--output", str(folder), f"{nearest} is no folder")])
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise SettingsError([Problem("--output", str(folder), f"{nearest} cannot be written to")])


def present(
    document: Document, folder: Path, formats: Sequence[str], language: Literal["zh", "en"],
) -> None:
    """Given a document, a folder and formats, write the reports and print how the run ended.

    ``language``: what the reports begin in.
    """
    document = replace(document, language=language)
    written = write_reports(document, folder, formats)
    console = Console(soft_wrap=True, highlight=False)
    print_summary(document, console)
    console.print(f"run   {document.run.id}", markup=False)
    console.print(f"head  {document.head}", markup=False)
    for name, path in written.items():
        console.print(f"{name:5} {path}", markup=False)


def exit_code(document: Document, fail_on: Severity) -> ExitCode:
    """Given a document and the least severity that counts, return the exit code.

    Something unknown wins over violations: nobody knows what it hides.
    """
    unknown = document.tally.verdicts.get(Verdict.UNKNOWN, 0)
    # A host that has a profile but no rule of this selection was not meant to be looked at.
    missed = any(not row.reached and (row.rules or not row.profile) for row in document.subjects)
    if unknown or missed:
        return ExitCode.UNKNOWN
    if violations(document, fail_on):
        return ExitCode.VIOLATIONS
    return ExitCode.COMPLIANT


def violations(document: Document, fail_on: Severity) -> bool:
    """Given a document, return whether an unwaived failure of that severity or more is in it."""
    failing = document.tally.failing
    if not any(count for severity, count in failing.items() if severity.rank >= fail_on.rank):
        return False
    if not document.tally.waived:
        return True
    return any(
        finding.verdict is Verdict.FAIL
        and finding.waived is None
        and finding.severity.rank >= fail_on.rank
        for finding in document.findings()
    )
