"""What an export holds of a run: which records, which blobs, and under which names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from opsrunner.evidence.chain import Record
from opsrunner.evidence.export.archive import safe_name
from opsrunner.evidence.records import AttachedDocument, SubjectRecord
from opsrunner.evidence.schema import RecordType, records
from opsrunner.evidence.store import Store
from opsrunner.models import RunInfo


class Contents:
    """The members of one run's export, in a fixed order."""

    def __init__(self, store: Store, run: RunInfo) -> None:
        self.store = store
        self.run = run
        self.details = store.details(run.id)

    @cached_property
    def _subjects(self) -> list[dict[str, Any]]:
        return [
            _subject(number, record)
            for number, record in enumerate(self.store.subject_records(self.run.id), start=1)
        ]

    @cached_property
    def _documents(self) -> list[tuple[Record, AttachedDocument]]:
        """Return the documents, attached before or after the run, that speak of its subjects."""
        mine = {subject["id"] for subject in self._subjects} | {None}
        attached = self.store.books.ledger.records(records.c.type == RecordType.DOCUMENT.value)
        parsed = ((record, AttachedDocument.from_record(record)) for record in attached)
        return [(record, document) for record, document in parsed if document.subject in mine]

    def blobs(self) -> list[str]:
        """Return the hashes of all blobs, sorted, each once."""
        return sorted({sha for _, sha in self.readable()})

    def readable(self) -> Iterator[tuple[str, str]]:
        """Yield a safe path inside the zip, and the blob whose content belongs there."""
        yield "inputs/subjects.txt", self.details.subjects
        for label, sha in sorted(self.details.inputs.items()):
            yield f"inputs/run-{label}.txt", sha
        for label, sha in sorted(self.details.outputs.get("blobs", {}).items()):
            yield f"outputs/{label}.txt", sha
        for subject in self._subjects:
            for label, sha in sorted(subject["blobs"].items()):
                yield f"{subject['folder']}/{label}.txt", sha
        for number, (_, document) in enumerate(self._documents, start=1):
            yield f"documents/{number:04}-{_file_name(document.file)}", document.sha256

    def chain(self) -> Iterator[str]:
        """Yield the chain from the run's first record to its last, a JSON object a line.

        Records of other runs in between keep their hashes and lose their content.
        """
        after = self.details.first - 1
        for record in self.store.books.ledger.records(after=after, until=self.details.last):
            record.check()
            yield _line(record, shown=record.run_id == self.run.id)

    def document_lines(self) -> Iterator[str]:
        """Yield the records of the documents; they stand elsewhere in the chain."""
        return (_line(record, shown=True) for record, _ in self._documents)

    def manifest(self) -> dict[str, Any]:
        """Return what the export holds, for machines."""
        return {
            "format": 1,
            "run": asdict(self.run),
            "head": self.details.head,
            "inputs": self.details.inputs,
            "outputs": self.details.outputs,
            "subjects": self._subjects,
            "documents": [
                document.as_json() | {"attached": document.attached, "record": document.record}
                for _, document in self._documents
            ],
            "readable": dict(self.readable()),
        }


def _subject(number: int, record: SubjectRecord) -> dict[str, Any]:
    # The id comes from an inventory and may hold anything; the number keeps folders apart.
    folder = f"subjects/{number:05}-{safe_name(record.id)}"
    return record.as_json() | {"folder": folder}


def _file_name(name: str) -> str:
    # The ending is kept for the reader's sake, even when nothing else of the name is plain.
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    return safe_name(stem) + (f".{safe_name(suffix)}" if suffix else "")


def _line(record: Record, *, shown: bool) -> str:
    content = record.content if shown else json.dumps(None)
    return f'{{"hash":"{record.hash}","prev":"{record.prev}","record":{content}}}'
