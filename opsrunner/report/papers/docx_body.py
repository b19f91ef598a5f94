"""A paper's sections as WordprocessingML: text made of text, so that ten thousand rows are quick.

Styles are named by id and looked up in the template; nothing here says how anything looks but
widths, marks and the turn of a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from html import escape
from itertools import count

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
    Verdict,
    numbered,
    sides,
)
from opsrunner.report.papers.words import WORDS
from opsrunner.report.text import visible

MARKS: Mapping[Verdict, tuple[str, str]] = {  # text, ground
    "good": ("1E6B3C", "E6F4EA"), "bad": ("9C1C1C", "FBE9E7"),
    "warn": ("8A5A00", "FFF4DC"), "muted": ("595959", ""),
}
_WHOLE = 400  # a row of less text than this stays on one page
_DEEP = 3  # levels of headings; deeper ones look like the third
_LISTED = 2  # levels of the contents


@dataclass(frozen=True, slots=True)
class Page:
    """The width of the text in twentieths of a point, and the properties of the section."""

    width: int
    properties: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture in the document: its relation's id, its place among the pictures, its shape."""

    relation: str
    place: int
    ratio: float  # height by width


@dataclass(frozen=True)
class Body:
    """Writes sections in one language with a template's styles.

    ``pictures`` are those that could be embedded, by their SVG.
    ``numbers``: headings carry their number as text (not when the template numbers them).
    """

    styles: Mapping[str, str]
    language: Language
    upright: Page
    sideways: Page
    numbers: bool = True
    pictures: Mapping[str, Embedded] = field(default_factory=dict)

    def pieces(self, paper: Paper) -> Iterator[str]:
        """Given a paper, yield its sections piece by piece."""
        places = count()
        for wide, run in sides(paper):
            page = self.sideways if wide else self.upright
            if wide:  # ends what stood upright before
                yield _turn(self.upright)
            for number, section in run:
                yield self._heading(number, section, next(places))
                for block in section.shown:
                    yield from self._block(block, page)
                    last = wide and section is run[-1][1] and block is section.shown[-1]
                    yield _turn(self.sideways) if last else self._gap(block)

    def contents(self, paper: Paper) -> str:
        """Given a paper, return its contents: a field that Word can renew, filled already.

        Without page numbers: only Word could know them, and would ask before it looks.
        """
        entries = [
            (number.count(".") + 1, f"{number}  {section.title.in_(self.language)}", _mark(number))
            for number, section in numbered(paper.sections) if number.count(".") < _LISTED
        ]
        entries.append((1, WORDS["evidence"].in_(self.language), _mark("evidence")))
        lines = []
        for place, (level, text, mark) in enumerate(entries):
            begin = _FIELD if place == 0 else ""
            end = _END if place == len(entries) - 1 else ""
            link = f'<w:hyperlink w:anchor="{mark}">{_run(text)}</w:hyperlink>'
            lines.append(self._paragraph(f"Paper Contents {level}", f"{begin}{link}{end}"))
        return "".join(lines)

    def _heading(self, number: str, section: Section, place: int) -> str:
        level = min(number.count(".") + 1, _DEEP)
        title = section.title.in_(self.language)
        text = _run(f"{number}  {title}" if self.numbers else title)
        return self._paragraph(f"heading {level}", (
            f'<w:bookmarkStart w:id="{place}" w:name="{_mark(number)}"/>{text}'
            f'<w:bookmarkEnd w:id="{place}"/>'
        ))

    @singledispatchmethod
    def _block(self, block: Block, page: Page) -> Iterator[str]:
        raise TypeError(f"{type(block).__name__} is no block of a paper: {page}")

    @_block.register
    def _text(self, block: Paragraph, _page: Page) -> Iterator[str]:
        yield self._paragraph("Paper Text", _run(block.text.in_(self.language)))

    @_block.register
    def _facts(self, block: Facts, page: Page) -> Iterator[str]:
        rows = ([self._say(name), self._say(value)] for name, value in block.pairs)
        yield from self._grid(page, (30, 70), (), rows)

    @_block.register
    def _listing(self, block: Listing, _page: Page) -> Iterator[str]:
        if block.caption.zh:
            yield self._paragraph("Paper Caption", _run(block.caption.in_(self.language)))
        for line in block.text.splitlines() or [""]:
            yield self._paragraph("Paper Code", _run(line))

    @_block.register
    def _picture(self, block: Picture, page: Page) -> Iterator[str]:
        caption = block.caption.in_(self.language)
        yield self._paragraph("Paper Caption", _run(caption))
        embedded = self.pictures.get(block.svg.in_(self.language))
        drawn = _drawing(embedded, page.width, caption) if embedded else _run(
            NOT_DRAWN.in_(self.language))
        yield self._paragraph("Paper Cell", drawn)

    @_block.register
    def _signatures(self, block: Signatures, page: Page) -> Iterator[str]:
        heads = [self._say(WORDS[key]) for key in ("role", "name", "signature", "date")]
        rows: Iterator[list[tuple[str, Verdict]]] = (
            [self._say(role), (name, ""), ("", ""), (day, "")] for role, name, day in block.lines
        )
        yield from self._grid(page, (18, 24, 34, 24), heads, rows, height=640)

    @_block.register
    def _table(self, block: Table, page: Page) -> Iterator[str]:
        if block.caption.zh:
            yield self._paragraph("Paper Caption", _run(block.caption.in_(self.language)))
        if not block.rows:
            yield self._paragraph("Paper Text", _run(block.empty.in_(self.language)))
            return
        rows = ([(cell.text.in_(self.language), cell.mark) for cell in row] for row in block.rows)
        widths = block.widths or [1] * len(block.heads)
        yield from self._grid(page, widths, [self._say(head) for head in block.heads], rows)

    def _gap(self, block: Block) -> str:
        """Return what keeps a block and the next apart; two tables would grow together."""
        return "" if isinstance(block, Paragraph) else self._paragraph("Paper Cell", "")

    def _say(self, text: Say) -> tuple[str, Verdict]:
        return text.in_(self.language), ""

    def _grid(
        self,
        page: Page,
        shares: Sequence[int],
        heads: Sequence[tuple[str, Verdict]],
        rows: Iterable[Sequence[tuple[str, Verdict]]],
        height: int = 0,
    ) -> Iterator[str]:
        widths = [page.width * share // sum(shares) for share in shares]
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        yield (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{self.styles["Paper Table"]}"/>'
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            f'<w:tblLook w:val="{"0420" if heads else "0400"}"/></w:tblPr>'
            f"<w:tblGrid>{columns}</w:tblGrid>"
        )
        if heads:
            style = self.styles["Paper Head"]
            yield _row(heads, widths, style, "<w:cantSplit/><w:tblHeader/>")
        style = self.styles["Paper Cell"]
        tall = f'<w:trHeight w:val="{height}"/>' if height else ""
        for row in rows:
            whole = "<w:cantSplit/>" if sum(len(text) for text, _ in row) < _WHOLE else ""
            yield _row(row, widths, style, whole + tall)
        yield "</w:tbl>"

    def _paragraph(self, style: str, runs: str) -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{self.styles[style]}"/></w:pPr>{runs}</w:p>'


NOT_DRAWN = Say(
    "（本机没有可嵌入的中文字体，图见 HTML 版）",
    "(this machine has no Chinese font that may be embedded: see the picture in the HTML)",
)
_EMU = 635  # English metric units in a twentieth of a point
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWN = "http://schemas.openxmlformats.org/drawingml/2006"
_BEGIN, _CLOSE = '<w:t xml:space="preserve">', "</w:t>"
_FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">'
    r' TOC \o "1-2" \n \h \z </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
)
_THIN = '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def _mark(number: str) -> str:
    return f"section_{number.replace('.', '_')}"


def _turn(page: Page) -> str:
    """Given a page, return the paragraph that ends a section of such pages."""
    return f"<w:p><w:pPr>{_THIN}{page.properties}</w:pPr></w:p>"


def _drawing(picture: Embedded, width: int, caption: str) -> str:
    """Given an embedded picture, the text's width and what it shows, return it as a run."""
    size = f'cx="{width * _EMU}" cy="{round(width * _EMU * picture.ratio)}"'
    name = f'id="{picture.place}" name="picture {picture.place}"'
    return (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{_DRAWN}/wordprocessingDrawing"><wp:extent {size}/>'
        f'<wp:docPr {name} descr="{escape(visible(caption))}"/>'
        f'<a:graphic xmlns:a="{_DRAWN}/main"><a:graphicData uri="{_DRAWN}/picture">'
        f'<pic:pic xmlns:pic="{_DRAWN}/picture"><pic:nvPicPr><pic:cNvPr {name}/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip xmlns:r="{_RELATIONS}" r:embed="{picture.relation}"/>'
        "<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
        f'<a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def _row(
    cells: Sequence[tuple[str, Verdict]], widths: Sequence[int], style: str, properties: str,
) -> str:
    text = "".join(_cell(*cell, width, style) for cell, width in zip(cells, widths, strict=True))
    return f"<w:tr><w:trPr>{properties}</w:trPr>{text}</w:tr>" if properties else (
        f"<w:tr>{text}</w:tr>")


def _cell(text: str, mark: Verdict, width: int, style: str) -> str:
    colour, ground = MARKS.get(mark, ("", ""))
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{ground}"/>' if ground else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr>'
        f'<w:pStyle w:val="{style}"/></w:pPr>{_run(text, colour)}</w:p></w:tc>'
    )


def _run(text: str, colour: str = "") -> str:
    r"""Given text from anywhere, return it as a run; only \n and \t lay it out."""
    if not text:
        return ""
    told = escape(visible(text), quote=False)
    if "\n" in told or "\t" in told:
        told = told.replace("\n", _CLOSE + "<w:br/>" + _BEGIN)
        told = told.replace("\t", _CLOSE + "<w:tab/>" + _BEGIN)
    look = f'<w:rPr><w:color w:val="{colour}"/></w:rPr>' if colour else ""
    return f"<w:r>{look}{_BEGIN}{told}{_CLOSE}</w:r>"
