"""A paper as one self-contained page: both languages and a switch, and a style for printing.

The page may be opened on any desk: nothing is loaded, and only our own style and script may act.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from opsrunner.report.html_shell import asset, environment, policy
from opsrunner.report.paper import (
    Facts,
    Language,
    Listing,
    Paper,
    Paragraph,
    Picture,
    Signatures,
    Table,
    numbered,
)
from opsrunner.report.papers.words import WORDS, evidence, versions

_KINDS = {
    Paragraph: "text", Facts: "facts", Listing: "listing", Signatures: "signatures", Table: "table",
    Picture: "picture",
}


class HtmlWriter:
    """Writes pages."""

    suffix = ".html"

    def __init__(self, _template: Path | None = None) -> None:
        pass

    def write(self, paper: Paper, path: Path, language: Language) -> None:
        """Given a paper, a file and the language it opens in, write it. Raise OSError."""
        style, script = asset("paper.css"), asset("paper.js")
        pieces = _template().generate(
            paper=paper,
            language={"zh": "zh-CN", "en": "en"}[language],
            sections=list(numbered(paper.sections)),
            versions=versions(paper),
            evidence=evidence(paper),
            words=WORDS,
            policy=policy(style, script),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
        )
        with path.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(pieces)


@cache
def _template() -> Template:
    made = environment()
    made.filters["kind"] = lambda block: _KINDS[type(block)]
    made.filters["svg"] = Markup  # our own picture, its texts escaped where it was drawn
    return made.get_template("paper.html.j2")


WRITER = HtmlWriter
