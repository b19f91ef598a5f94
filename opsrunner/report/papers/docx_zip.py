"""A DOCX file as bytes that depend on what is in it and on nothing else.

``python -m opsrunner.report.papers.docx_zip`` packs ``templates/docx/``, which people can read
and compare, into ``templates/paper.docx``, which is what customers start from.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

TEMPLATES = Path(__file__).parents[1] / "templates"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest moment a zip can hold
_FIRST = "[Content_Types].xml"  # readers that sniff a file's type look here


def pack(path: Path, parts: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Given a file and parts (a name, its bytes in pieces), write them in order, undated."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in parts:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # whatever system packs
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=False) as out:
                for piece in pieces:
                    out.write(piece)


def ordered(names: Iterable[str]) -> list[str]:
    """Given the names of parts, return them in the order of a DOCX file."""
    return sorted(names, key=lambda name: (name != _FIRST, name))


def template_parts(folder: Path = TEMPLATES / "docx") -> Iterator[tuple[str, list[bytes]]]:
    """Yield the default template's parts, read from their folder."""
    files = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    for name in ordered(files):
        yield name, [files[name].read_bytes()]


if __name__ == "__main__":
    pack(TEMPLATES / "paper.docx", template_parts())
