"""The DOCX template: the default one or a customer's; looked at before anything is written.

A template is a Word file with docxtpl's tags. ``{{ body }}`` stands in a paragraph of its own and
is where the sections go; the others are text, or lists to loop over with ``{%tr for ... %}``.
"""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from opsrunner.errors import Problem, SettingsError
from opsrunner.report.paper import Language, Paper
from opsrunner.report.papers.docx_zip import TEMPLATES
from opsrunner.report.papers.words import words
from opsrunner.report.text import visible

DEFAULT = TEMPLATES / "paper.docx"
BODY, CONTENTS = "\ue000opsrunner body\ue001", "\ue000opsrunner contents\ue001"
REQUIRED = frozenset(
    {"title", "number", "digest", "facts", "signatures", "versions", "evidence", "body"},
)
OPTIONAL = frozenset({"subtitle", "date", "words", "contents"})
STYLES = (  # what the sections are set in; those a template lacks are taken from the default one
    "heading 1", "heading 2", "heading 3", "Paper Text", "Paper Cell", "Paper Head",
    "Paper Caption", "Paper Code", "Paper Contents 1", "Paper Contents 2", "Paper Table",
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LOOK = "see opsrunner/report/templates/paper.docx for what a template holds"
_BROKEN = (
    OSError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile,
    etree.XMLSyntaxError,
)


def open_template(path: Path | None) -> bytes:
    """Given a template's file, None for the default one, return its bytes when it is sound.

    Raise SettingsError with all that is wrong: not readable, no DOCX, tags missing or unknown.
    """
    chosen = path or DEFAULT
    try:
        data = chosen.read_bytes()
        tags = fresh(data).get_undeclared_template_variables(environment())
        wrong = [f"the tag {{{{ {name} }}}} is missing" for name in sorted(REQUIRED - tags)]
        wrong += [
            f"{{{{ {name} }}}} is no tag of ours" for name in sorted(tags - REQUIRED - OPTIONAL)
        ]
        wrong += [] if wrong else _trial(data)
    except TemplateError as error:
        wrong = [f"a tag is wrong: {error}"]
    except _BROKEN as error:
        wrong = [f"is no DOCX file that can be read: {_said(error)}"]
    if wrong:
        raise SettingsError([Problem(str(chosen), "template", f"{one}; {_LOOK}") for one in wrong])
    return data


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _trial(data: bytes) -> list[str]:
    """Given a template's bytes, fill it with one of everything; return what goes wrong."""
    one: dict[str, Any] = dict.fromkeys(REQUIRED | OPTIONAL, "x")
    one |= {"words": _words("zh"), "body": BODY, "contents": CONTENTS}
    one |= {"facts": [{"name": "x", "value": "x"}], "evidence": [{"name": "x", "sha256": "x"}]}
    one |= {"signatures": [{"role": "x", "name": "x", "date": "x"}]}
    one |= {"versions": [{"version": "x", "date": "x", "author": "x", "what": "x"}]}
    document = fresh(data)
    document.render(one, environment(), autoescape=True)
    body = document.docx.element.body
    if marked(body, BODY) is None or body.find(f"{W}sectPr") is None:
        return ["{{ body }} must stand in a paragraph of its own, in no table or frame"]
    return []


def fresh(data: bytes) -> DocxTemplate:
    """Given a template's bytes, return it ready to be filled."""
    document = DocxTemplate(io.BytesIO(data))
    document.init_docx()
    return document


def environment() -> SandboxedEnvironment:
    """Return Jinja as templates are filled: escaped, nothing undefined, no way out."""
    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def marked(body: Any, mark: str) -> Any:  # noqa: ANN401 - an lxml element or None
    """Given a document's body and a mark, return the paragraph of the body that holds it."""
    return next(
        (p for p in body.findall(f"{W}p") if mark in "".join(p.itertext(f"{W}t"))), None,
    )


def context(paper: Paper, language: Language) -> dict[str, Any]:
    """Given a paper and a language, return what a template's tags stand for."""

    def said(*texts: str) -> list[str]:
        return [visible(text).replace("\n", " ") for text in texts]

    def rows(names: str, pairs: list[list[str]]) -> list[dict[str, str]]:
        return [dict(zip(names.split(), said(*pair), strict=True)) for pair in pairs]

    title, subtitle, number, date, digest = said(
        paper.title.in_(language), paper.subtitle.in_(language), paper.number, paper.date,
        paper.digest or "—",
    )
    return {
        "title": title, "subtitle": subtitle, "number": number, "date": date, "digest": digest,
        "facts": rows("name value", [[k.in_(language), v.in_(language)] for k, v in paper.facts]),
        "signatures": rows(
            "role name date", [[r.in_(language), name, day] for r, name, day in paper.signatures],
        ),
        "versions": rows("version date author what", [
            [*one, what.in_(language)] for *one, what in paper.versions
        ]),
        "evidence": rows("name sha256", [
            [name.in_(language), sha] for name, sha in paper.evidence.items()
        ]),
        "words": _words(language), "body": BODY, "contents": CONTENTS,
    }


def _words(language: Language) -> dict[str, str]:
    known = words(language)
    before, between, after = known["page"].split("{}")
    return known | {"page_before": before, "page_between": between, "page_after": after}


def styles(document: DocxTemplate) -> Mapping[str, str]:
    """Given a filled template, return the ids of the styles by name; what it lacks is put in."""
    element = document.docx.styles.element
    known = _ids(element)
    lacking = [name for name in STYLES if name not in known]
    if lacking:
        ours = fresh(DEFAULT.read_bytes()).docx.styles.element
        for style in ours.findall(f"{W}style"):
            if style.find(f"{W}name").get(f"{W}val") in lacking:
                element.append(copy.deepcopy(style))
        known = _ids(element)
    return known


def _ids(element: Any) -> dict[str, str]:  # noqa: ANN401 - an lxml element
    return {
        style.find(f"{W}name").get(f"{W}val"): style.get(f"{W}styleId")
        for style in element.findall(f"{W}style") if style.find(f"{W}name") is not None
    }
