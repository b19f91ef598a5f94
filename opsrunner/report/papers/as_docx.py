"""A paper as DOCX: docxtpl fills the template, the sections are put in where its body tag stands.

docxtpl alone needs nine seconds for ten thousand rows and reads every row as a template; so the
sections never pass through it, and nothing that a host said is ever a tag.
"""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from lxml import etree

from opsrunner.report.paper import Language, Paper, Picture, numbered
from opsrunner.report.papers.docx_body import Body, Embedded, Page
from opsrunner.report.papers.docx_template import (
    BODY,
    CONTENTS,
    W,
    context,
    environment,
    fresh,
    marked,
    open_template,
    styles,
)
from opsrunner.report.papers.docx_zip import ordered, pack
from opsrunner.report.papers.writing import NotHereError

_DOCUMENT = "word/document.xml"
_ONCE = ("titlePg", "pgNumType")  # of a first section only, not of each turn of the page


class DocxWriter:
    """Writes papers from one template, which is sound."""

    suffix = ".docx"

    def __init__(self, template: Path | None = None) -> None:
        self._template = open_template(template)

    def write(self, paper: Paper, path: Path, language: Language) -> None:
        """Given a paper, a file and a language, write it. Raise OSError."""
        document = fresh(self._template)
        document.render(context(paper, language), environment(), autoescape=True)
        root = document.docx.element
        body = replace(
            _body(document, root.body, language), pictures=_embed(document, paper, language),
        )
        _put_contents(root.body, body.contents(paper))
        if any(section.wide for _, section in numbered(paper.sections)):
            _strip(root.body.find(f"{W}sectPr"))
        _date(document, paper)
        saved = io.BytesIO()
        document.docx.save(saved)
        with zipfile.ZipFile(saved) as parts:
            pack(path, (
                (name, _pieces(parts.read(name), body, paper) if name == _DOCUMENT
                 else [parts.read(name)])
                for name in ordered(parts.namelist())
            ))


def _body(document: DocxTemplate, body: Any, language: Language) -> Body:  # noqa: ANN401 - lxml
    """Given a filled template, return what writes sections in its styles, on its pages."""
    known = styles(document)
    section = body.find(f"{W}sectPr")
    size, margins = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")
    width, height = (int(size.get(f"{W}{side}")) for side in ("w", "h"))
    aside = int(margins.get(f"{W}left")) + int(margins.get(f"{W}right"))
    turned = copy.deepcopy(section)
    _strip(turned)
    turned.find(f"{W}pgSz").attrib.update(
        {f"{W}w": str(height), f"{W}h": str(width), f"{W}orient": "landscape"},
    )
    heading = next(
        style for style in document.docx.styles.element.findall(f"{W}style")
        if style.get(f"{W}styleId") == known["heading 1"]
    )
    return Body(
        known,
        language,
        upright=Page(width - aside, _text(section)),
        sideways=Page(height - aside, _text(turned)),
        numbers=heading.find(f".//{W}numPr") is None,
    )


def _embed(document: DocxTemplate, paper: Paper, language: Language) -> dict[str, Embedded]:
    """Put a paper's pictures into a document; return them by their SVG, none without a font."""
    drawn = [
        block.svg.in_(language) for _, section in numbered(paper.sections)
        for block in section.blocks if isinstance(block, Picture)
    ]
    if not drawn:
        return {}
    # Typst is large and most papers have no picture.
    from opsrunner.report.papers.as_pdf import choose, fonts  # noqa: PLC0415 - see above
    from opsrunner.report.pictures.png import png  # noqa: PLC0415 - see above

    try:
        choose(fonts().families())
    except NotHereError:
        return {}
    found = {}
    for place, svg in enumerate(dict.fromkeys(drawn), start=1):
        relation, image = document.docx.part.get_or_add_image(io.BytesIO(png(svg, fonts())))
        found[svg] = Embedded(relation, 1000 + place, image.px_height / image.px_width)
    return found


def _text(element: Any) -> str:  # noqa: ANN401 - an lxml element
    return str(etree.tostring(element, encoding="unicode"))


def _strip(section: Any) -> None:  # noqa: ANN401 - an lxml element
    for name in _ONCE:
        for found in section.findall(f"{W}{name}"):
            section.remove(found)


def _put_contents(body: Any, contents: str) -> None:  # noqa: ANN401 - an lxml element
    place = marked(body, CONTENTS)
    if place is None:
        return
    made = etree.fromstring(f'<w:body xmlns:w="{W[1:-1]}">{contents}</w:body>')
    for paragraph in made:
        place.addprevious(paragraph)
    body.remove(place)


def _date(document: DocxTemplate, paper: Paper) -> None:
    """Give the file the paper's own day: the same paper is the same file."""
    properties = document.docx.core_properties
    day = datetime.fromisoformat(paper.date).replace(tzinfo=UTC)
    properties.created = properties.modified = day
    properties.revision = 1


def _pieces(document: bytes, body: Body, paper: Paper) -> Iterator[bytes]:
    """Given the saved main part, yield it with the sections in the marked paragraph's place."""
    mark = document.index(BODY.encode())
    start = max(document.rfind(b"<w:p>", 0, mark), document.rfind(b"<w:p ", 0, mark))
    end = document.index(b"</w:p>", mark) + len(b"</w:p>")
    yield document[:start]
    for piece in body.pieces(paper):
        yield piece.encode()
    yield document[end:]


WRITER = DocxWriter
