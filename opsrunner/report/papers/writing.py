"""Paper formats by name, what each needs, and the one function that puts the files in place.

A format is a module ``as_<name>.py`` in this folder with a ``WRITER`` class; nothing else names
it. What a format needs (a template that is sound, a font) is looked at before anything is done
that a paper would be about.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol

from opsrunner.errors import InputError, Problem, RunError, SettingsError
from opsrunner.report.paper import Language, Paper

_PREFIX = "as_"
FORMATS = tuple(sorted(
    module.name.removeprefix(_PREFIX)
    for module in iter_modules([str(Path(__file__).parent)]) if module.name.startswith(_PREFIX)
))


class NotHereError(Exception):
    """This machine lacks what a format needs; the text says what to install."""


class PaperWriter(Protocol):
    """One format, ready to write: its constructor is given the template or None."""

    suffix: str

    def write(self, paper: Paper, path: Path, language: Language) -> None:
        """Given a paper, a file and a language, write it. Raise RunError or OSError."""


@dataclass(frozen=True)
class Desk:
    """Writers that are ready, by format, and why others are not."""

    writers: Mapping[str, PaperWriter]
    missing: Mapping[str, str] = field(default_factory=dict)


def ready(formats: Sequence[str] | None = None, template: Path | None = None) -> Desk:
    """Given formats (None: all that this machine can write) and a DOCX template, return writers.

    Raise SettingsError with every problem: an unknown format, a template that is none, and what
    a format that was asked for lacks here.
    """
    names = tuple(dict.fromkeys(FORMATS if formats is None else formats))
    problems = [
        Problem("", "format", f"{name!r} is no format of papers; choose from {', '.join(FORMATS)}")
        for name in names if name not in FORMATS
    ]
    writers: dict[str, PaperWriter] = {}
    missing: dict[str, str] = {}
    for name in (name for name in names if name in FORMATS):
        try:
            writers[name] = import_module(f"{__package__}.{_PREFIX}{name}").WRITER(template)
        except NotHereError as lacking:
            missing[name] = str(lacking)
        except InputError as error:
            problems += error.problems
    if formats is not None:
        problems += [Problem("", f"format {name}", why) for name, why in missing.items()]
    if problems:
        raise SettingsError(problems)
    return Desk(writers, missing)


def write_papers(
    papers: Sequence[Paper], folder: Path, desk: Desk, language: Language,
) -> list[Path]:
    """Given papers, a folder, writers that are ready and a language, write all; return the files.

    A file appears whole or not at all; one of an earlier time stays until then. Raise RunError.
    """
    return [
        _write(paper, folder, writer, language)
        for paper in papers for writer in desk.writers.values()
    ]


def _write(paper: Paper, folder: Path, writer: PaperWriter, language: Language) -> Path:
    target = folder / f"{paper.name}{writer.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".paper-", dir=folder) as staging:
            staged = Path(staging) / target.name
            writer.write(paper, staged, language)
            staged.replace(target)
    except OSError as error:
        raise RunError(f"paper {target.name} not written to {folder}: {error}") from error
    return target
