"""The report as HTML: one self-contained offline file, or an index and a page per host group.

The page may be opened on any desk: nothing is loaded, the content security policy allows only the
very style and script written here (by hash), and the script shows data with textContent only.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from opsrunner.report import labels
from opsrunner.report.document import Document, SubjectRow
from opsrunner.report.html_data import Columns, rules_json, subject_json
from opsrunner.report.html_parts import Page, Unknowns, shares, split_pages, widths
from opsrunner.report.html_shell import asset, environment, policy
from opsrunner.report.stream import by_subject, of_subjects
from opsrunner.report.text import json_bytes
from opsrunner.report.writers import Writer, companion

_SCRIPTS = ("1-base.js", "2-hosts.js", "3-findings.js", "4-page.js")  # one script, in this order


class HtmlWriter:
    """Writes one file up to ``single`` subjects, beyond that pages of ``page`` subjects each."""

    name = "html"
    suffix = ".html"

    def __init__(self, single: int = 300, page: int = 200) -> None:
        self.single, self.page = single, page

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and a path, write the page or pages; return them, the index first.

        Raise RunError if the findings are not complete. At most one page's findings are held.
        """
        view = _View(document)
        if len(document.subjects) <= self.single:
            unknowns, columns = Unknowns(), Columns()
            for row, findings in by_subject(document):
                unknowns.add(row, findings)
                columns.add(findings)
            data = view.data(document.subjects, columns)
            view.render(path, data, overview=True, unknowns=unknowns.lines())
            return [path]
        return [path, *self._write_pages(view, path)]

    def _write_pages(self, view: _View, path: Path) -> list[Path]:
        folder = companion(path)
        folder.mkdir()
        pages = list(split_pages(view.document.subjects, self.page))
        everywhere = Unknowns()
        for page in pages:
            unknowns, columns = Unknowns(), Columns()
            for row, findings in of_subjects(view.document, page.rows):
                unknowns.add(row, findings)
                columns.add(findings)
            everywhere.merge_codes(unknowns)
            view.render(
                folder / page.name,
                view.data(page.rows, columns),
                page=page,
                last=len(pages),
                index=path.name,
                unknowns=unknowns.lines(),
            )
        view.render(
            path,
            view.index_data(pages, folder.name),
            overview=True,
            pages=pages,
            folder=folder.name,
            unknowns=everywhere.lines(),
        )
        return [folder / page.name for page in pages]


class _View:
    """What every page of one report shares: template, assets, texts of rules and clauses."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._style, self._script = asset("report.css"), "".join(map(asset, _SCRIPTS))
        self._template = _template()
        self._labels = {
            "verdicts": [label.as_json() for label in labels.VERDICTS.values()],
            "severities": [label.as_json() for label in labels.SEVERITIES.values()],
            "reasons": {str(code): label.as_json() for code, label in labels.REASONS.items()},
            "dangers": {code: label.as_json() for code, label in labels.DANGERS.items()},
            "fields": {
                key: label.as_json()
                for key, label in (labels.HOST_FIELDS | labels.WAIVER_FIELDS).items()
            },
            "waived": labels.WAIVED.as_json(),
        }

    def data(self, rows: Sequence[SubjectRow], columns: Columns) -> dict[str, Any]:
        """Given the subjects and findings of a page, return the page's data."""
        return {
            "labels": self._labels,
            "rules": rules_json(self.document),
            "clauses": {row.id: dict(row.title) for row in self.document.clauses},
            "subjects": [subject_json(row) for row in rows],
            "findings": columns.as_json(),
        }

    def index_data(self, pages: Sequence[Page], folder: str) -> dict[str, Any]:
        """Given all pages and their folder, return the index's data: every subject, no findings."""
        return {
            "labels": self._labels,
            "subjects": [
                subject_json(row, f"{folder}/{page.name}") for page in pages for row in page.rows
            ],
        }

    def render(self, path: Path, data: Mapping[str, Any], **parts: Any) -> None:  # noqa: ANN401 - template variables
        """Given a path, the page's data and what parts to show, write the page."""
        document = self.document
        context: dict[str, Any] = {
            "overview": False,
            "page": None,
            "pages": [],
            "unknowns": [],
            "doc": document,
            "high_risk": sum(row.high_risk for row in document.subjects),
            "clause_counts": Counter(row.verdict for row in document.clauses),
            "policy": policy(self._style, self._script),
            "style": Markup(self._style),  # noqa: S704 - our own file
            "script": Markup(self._script),  # noqa: S704 - our own file
            "data": _embedded(data),
        }
        with path.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(self._template.generate(context | parts))
        gc.collect(1)  # macros and context hold each other, and with them the page's data


def _embedded(data: Mapping[str, Any]) -> Markup:
    """Given data, return it as JSON that cannot end its script element or open a comment."""
    return Markup(json_bytes(data).decode().replace("<", "\\u003c"))  # noqa: S704 - no < is left


def _template() -> Template:
    made = environment()
    made.globals.update(labels=labels, shares=shares, widths=widths)
    return made.get_template("report.html.j2")


WRITER: Writer = HtmlWriter()
