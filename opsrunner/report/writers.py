"""Report formats by name, and the one function that puts their files in place.

A format is a module ``as_<name>.py`` in this folder with a ``WRITER``; nothing else names it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from opsrunner.errors import Problem, RunError, SettingsError
from opsrunner.report.document import Document

STEM = "report"
_PREFIX = "as_"
_SIDE_BY_SIDE = 500  # subjects from which on a second process is worth its start


class Writer(Protocol):
    """One report format."""

    name: str
    suffix: str

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and the path of the main file, write it and return all files written.

        A writer that needs more than one file puts the others into ``companion(path)``. Raise
        RunError when the document is not complete, OSError when the disk refuses.
        """


def companion(path: Path) -> Path:
    """Given a report's main file, return the folder for its further files."""
    return path.with_name(f"{path.stem}-{path.suffix.removeprefix('.')}")


def formats() -> tuple[str, ...]:
    """Return the names of all report formats, sorted."""
    folder = str(Path(__file__).parent)
    names = (module.name for module in iter_modules([folder]))
    return tuple(sorted(n.removeprefix(_PREFIX) for n in names if n.startswith(_PREFIX)))


def find_writers(names: Sequence[str]) -> dict[str, Writer]:
    """Given names of formats, return their writers. Raise SettingsError naming all unknown ones."""
    known = formats()
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        hint = f"is no report format; choose from {', '.join(known)}"
        raise SettingsError([Problem("", "format", f"{name!r} {hint}") for name in unknown])
    return {
        name: cast("Writer", import_module(f"{__package__}.{_PREFIX}{name}").WRITER)
        for name in dict.fromkeys(names)
    }


def write_reports(
    document: Document,
    directory: Path,
    names: Sequence[str],
) -> dict[str, Path]:
    """Given a document, a folder and format names, write the reports; return each main file.

    A report appears whole or not at all: it is written beside its place and renamed into it, and
    one of an earlier run stays until then. Raise SettingsError for an unknown format, before
    anything is written; RunError when a report cannot be written.
    """
    writers = find_writers(names)
    if len(writers) <= 1 or len(document.subjects) < _SIDE_BY_SIDE:
        return {name: _write_one(document, directory, writer) for name, writer in writers.items()}
    # Every report reads all findings again: with many of them, one process a report. They are
    # forked, so that the document is theirs without being copied.
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
        _shared[:] = [document]
        parts = {name: pool.submit(_write_shared, directory, w) for name, w in writers.items()}
        return {name: part.result() for name, part in parts.items()}


_shared: list[Document] = []


def _write_shared(directory: Path, writer: Writer) -> Path:
    return _write_one(_shared[0], directory, writer)


def _write_one(document: Document, directory: Path, writer: Writer) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return _put(document, directory, writer)
    except OSError as error:
        raise RunError(f"report {writer.name} not written to {directory}: {error}") from error


def _put(document: Document, directory: Path, writer: Writer) -> Path:
    target = directory / f"{STEM}{writer.suffix}"
    staging = Path(tempfile.mkdtemp(prefix=".report-", dir=directory))
    try:
        staged = staging / target.name
        writer.write(document, staged)
        _replace_folder(companion(staged), companion(target))
        staged.replace(target)  # last: the main file links to the folder
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def _replace_folder(source: Path, target: Path) -> None:
    if target.exists():  # also when there is no new one: old pages would speak of another run
        shutil.rmtree(target)
    if source.exists():
        source.replace(target)
