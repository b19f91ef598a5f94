"""What the activities share is written once: an activity brings its plan, its rules, its outline.

It holds no SQL, writes no evidence and no document, and starts no process of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ACTIVITIES = Path(__file__).parents[2] / "opsrunner" / "activities"

REFUSED = {
    "sqlalchemy": "SQL",
    "sqlite3": "SQL",
    "psycopg": "SQL",
    "docx": "a document writer",
    "docxtpl": "a document writer",
    "jinja2": "a document writer",
    "openpyxl": "a document writer",
    "typst": "a document writer",
    "xlsxwriter": "a document writer",
    "opsrunner.report.as_": "a document writer",
    "opsrunner.report.html": "a document writer",
    "opsrunner.report.xlsx": "a document writer",
    "opsrunner.evidence.store": "a writer of evidence",
    "opsrunner.evidence.run": "a writer of evidence",
    "opsrunner.evidence.blobs": "a writer of evidence",
    "opsrunner.evidence.books": "a writer of evidence",
    "opsrunner.evidence.chain": "a writer of evidence",
    "opsrunner.evidence.ledger": "a writer of evidence",
    "subprocess": "a process",
    "multiprocessing": "a process",
    "ansible_runner": "a process",
    "opsrunner.sources.ansible": "a process",
}
CALLS = {"system": "a process", "popen": "a process", "write_text": "a file",
         "write_bytes": "a file", "open": "a file"}
SQL = re.compile(r"\b(SELECT\b.+\bFROM|INSERT INTO|UPDATE\b.+\bSET|DELETE FROM)\b", re.DOTALL)


def refused(folder: Path) -> list[str]:
    """Given a folder of activities, return ``file:line: what`` for all that does not belong."""
    return [
        f"{path.relative_to(folder)}:{line}: {what}"
        for path in sorted(folder.rglob("*.py"))
        for line, what in _in_tree(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _in_tree(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from _imports(node, [name.name for name in names])
            case ast.ImportFrom(module=str(module), names=names):
                yield from _imports(node, [f"{module}.{name.name}" for name in names])
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in CALLS:
                yield node.lineno, CALLS[name]
            case ast.Constant(value=str(text)) if SQL.search(text):
                yield node.lineno, "SQL"


def _imports(node: ast.stmt, names: list[str]) -> Iterator[tuple[int, str]]:
    for name in names:
        for start, what in REFUSED.items():
            if name == start or name.startswith(start if start[-1] == "_" else (f"{start}.")):
                yield node.lineno, what


def test_an_activity_brings_only_what_is_its_own() -> None:
    assert refused(ACTIVITIES) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import sqlite3", "SQL"),
        ("from sqlalchemy import select", "SQL"),
        ("QUERY = 'SELECT id\\n FROM runs'", "SQL"),
        ("from opsrunner.evidence.store import Store", "a writer of evidence"),
        ("from opsrunner.evidence import store", "a writer of evidence"),
        ("import xlsxwriter.worksheet", "a document writer"),
        ("from opsrunner.report.as_html import HtmlWriter", "a document writer"),
        ("from opsrunner.report import as_json", "a document writer"),
        ("def later():\n    import subprocess", "a process"),
        ("import os; os.system('true')", "a process"),
        ("from pathlib import Path; Path('x').write_text('y')", "a file"),
        ("with open('x') as file: pass", "a file"),
    ],
)
def test_what_does_not_belong_is_seen(line: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "drill").mkdir()
    (tmp_path / "drill" / "plan.py").write_text(f"{line}\n", encoding="utf-8")
    (found,) = refused(tmp_path)
    assert found.startswith("drill/plan.py:")
    assert found.endswith(f": {what}")


def test_reading_evidence_and_policies_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "plan.py").write_text(
        "from opsrunner.evidence.records import SubjectRecord\n"
        "from opsrunner.policy.resolve import select\n"
        "TEXT = 'select what applies from the rules'\n",
        encoding="utf-8",
    )
    assert refused(tmp_path) == []
