"""A picture as PNG, for formats that hold no SVG; set by Typst with the fonts of this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

from opsrunner.errors import RunError

_SOURCE = '#set page(width: 720pt, height: auto, margin: 0pt)\n#image("picture.svg", width: 100%)\n'
_DENSITY = 180.0  # points per inch


def png(svg: str, fonts: typst.Fonts) -> bytes:
    """Given a picture as SVG and fonts, return it as PNG. Raise RunError or OSError."""
    with tempfile.TemporaryDirectory(prefix="opsrunner-png-") as folder:
        source = Path(folder) / "picture.typ"
        source.write_text(_SOURCE, encoding="utf-8")
        source.with_suffix(".svg").write_text(svg, encoding="utf-8")
        try:
            made = typst.compile(source, format="png", ppi=_DENSITY, font_paths=fonts)
        except typst.TypstError as error:
            raise RunError(f"Typst cannot draw a picture: {error.message}") from error
    if not isinstance(made, bytes):
        raise RunError("Typst drew more than one page of a picture")
    return made
