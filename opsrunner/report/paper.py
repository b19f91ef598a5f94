"""A paper: a report for people who sign, as sections of text, tables and signature blocks.

An activity says what its papers hold (pure data); the writers of ``papers/`` say how it looks,
the same for every activity. Chinese first, English by option: every text is both, and a writer
takes one (HTML has both and a switch).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

Language = Literal["zh", "en"]
Verdict = Literal["", "good", "bad", "warn", "muted"]


@dataclass(frozen=True, slots=True)
class Say:
    """One text in both languages; a name or a number is the same in both."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Given a language, return the text in it."""
        return self.zh if language == "zh" else self.en


def same(text: object) -> Say:
    """Given a value that no language changes, return it as a text."""
    return Say(str(text), str(text))


PLAN_DIGEST = Say("方案摘要值 SHA-256", "Digest of the plan, SHA-256")
CHAIN_HEAD = Say("证据链头 SHA-256", "Head of the evidence chain, SHA-256")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text."""

    text: Say


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and a value, in two columns."""

    pairs: Sequence[tuple[Say, Say]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; ``mark`` colours it."""

    text: Say
    mark: Verdict = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``widths`` are relative, ``sheet`` names it in a workbook ("" leaves it out).

    ``wide``: it needs a page turned sideways. ``only_sheet``: a workbook alone has it, for it is
    too long to be read on pages, which tell the same shorter.
    """

    heads: Sequence[Say]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int] = ()
    caption: Say = Say("", "")
    sheet: Say = Say("", "")
    empty: Say = Say("无", "none")
    wide: bool = False
    only_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Text kept as it is, in a fixed-width type: a diff, a command, an output."""

    text: str
    caption: Say = Say("", "")


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on paper: a role, a name when it is known, and the date when it is known."""

    lines: Sequence[tuple[Say, str, str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ours as SVG, in both languages (``report/pictures``); never from a host."""

    svg: Say
    caption: Say


Block = Paragraph | Facts | Table | Listing | Signatures | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """One numbered section; subsections are numbered below it."""

    title: Say
    blocks: Sequence[Block] = ()
    sections: Sequence[Section] = ()

    @property
    def wide(self) -> bool:
        """Return whether its own blocks need a page turned sideways."""
        return any(isinstance(b, Table) and b.wide and b.rows for b in self.shown)

    @property
    def shown(self) -> Sequence[Block]:
        """Return the blocks that stand on pages."""
        return [b for b in self.blocks if not (isinstance(b, Table) and b.only_sheet)]


@dataclass(frozen=True)
class Paper:
    """A whole paper. ``digest`` is in every page's foot; ``digest_of`` says what it is of.

    ``name`` is what its files are called; ``date`` is the day it speaks of, ``YYYY-MM-DD``.
    ``signatures`` of the cover are preparation, review and approval (编制, 审核, 批准);
    ``versions`` is the version record; ``evidence`` lists what it rests on with its SHA-256.
    """

    name: str
    title: Say
    subtitle: Say
    number: str
    date: str
    facts: Sequence[tuple[Say, Say]]
    sections: Sequence[Section]
    signatures: Sequence[tuple[Say, str, str]] = ()
    versions: Sequence[tuple[str, str, str, Say]] = ()  # version, date, author, what
    evidence: Mapping[Say, str] = field(default_factory=dict)
    digest: str = ""
    digest_of: Say = PLAN_DIGEST


def numbered(sections: Sequence[Section], above: str = "") -> Iterator[tuple[str, Section]]:
    """Given sections, yield each and those below it with its number: 1, 1.1, 1.2, 2."""
    for place, section in enumerate(sections, start=1):
        number = f"{above}{place}"
        yield number, section
        yield from numbered(section.sections, f"{number}.")


def sides(paper: Paper) -> list[tuple[bool, list[tuple[str, Section]]]]:
    """Given a paper, return its numbered sections in runs that lie sideways, or do not."""
    found = groupby(numbered(paper.sections), key=lambda pair: pair[1].wide)
    return [(wide, list(run)) for wide, run in found]
