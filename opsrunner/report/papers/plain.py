"""A paper in one language as plain JSON, for writers in another language than Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsrunner.report.paper import (
    Block,
    Facts,
    Language,
    Listing,
    Paper,
    Paragraph,
    Picture,
    Say,
    Section,
    Signatures,
    Table,
    sides,
)
from opsrunner.report.papers.words import evidence, versions, words

Text = Callable[[str], str]


def plain(paper: Paper, language: Language, text: Text) -> dict[str, Any]:
    """Given a paper, a language and what makes a text fit to show, return the paper as JSON.

    Sections are in runs that lie sideways or do not; a cell is a text, or [text, mark].
    """
    made = _Plain(language, text)
    return {
        "language": language,
        "title": made.say(paper.title),
        "subtitle": made.say(paper.subtitle),
        "number": text(paper.number),
        "date": text(paper.date),
        "digest": text(paper.digest or "—"),
        "facts": [[made.say(name), made.say(value)] for name, value in paper.facts],
        "signatures": made.lines(Signatures(paper.signatures)),
        "versions": made.block(versions(paper)),
        "evidence": made.block(evidence(paper)),
        "words": words(language),
        "runs": [
            {"wide": wide, "sections": [made.section(*pair) for pair in run]}
            for wide, run in sides(paper)
        ],
    }


class _Plain:
    def __init__(self, language: Language, text: Text) -> None:
        self._language, self._text = language, text

    def say(self, text: Say) -> str:
        return self._text(text.in_(self._language))

    def section(self, number: str, section: Section) -> dict[str, Any]:
        return {
            "number": number,
            "level": number.count(".") + 1,
            "title": self.say(section.title),
            "blocks": [self.block(block) for block in section.shown],
        }

    def block(self, block: Block) -> dict[str, Any]:
        match block:
            case Paragraph():
                return {"kind": "text", "text": self.say(block.text)}
            case Facts():
                pairs = [[self.say(name), self.say(value)] for name, value in block.pairs]
                return {"kind": "facts", "pairs": pairs}
            case Listing():
                text = self._text(block.text)
                return {"kind": "listing", "caption": self.say(block.caption), "text": text}
            case Picture():
                svg = block.svg.in_(self._language)
                return {"kind": "picture", "svg": svg, "caption": self.say(block.caption)}
            case Signatures():
                return {"kind": "signatures", "lines": self.lines(block)}
            case Table():
                return self._table(block)

    def lines(self, block: Signatures) -> list[list[str]]:
        return [[self.say(role), self._text(name), day] for role, name, day in block.lines]

    def _table(self, block: Table) -> dict[str, Any]:
        return {
            "kind": "table",
            "caption": self.say(block.caption),
            "heads": [self.say(head) for head in block.heads],
            "widths": list(block.widths) or [1] * len(block.heads),
            "empty": self.say(block.empty),
            "rows": [
                [[self.say(c.text), c.mark] if c.mark else self.say(c.text) for c in row]
                for row in block.rows
            ],
        }
