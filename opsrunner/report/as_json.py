"""The report as JSON, ``format: 1``: stable, for programs. See ``schema/report-1.json``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from opsrunner.report.document import Document
from opsrunner.report.stream import by_subject
from opsrunner.report.text import json_bytes
from opsrunner.report.writers import Writer

FORMAT = 1


class JsonWriter:
    """Writes one object, a subject and a finding per line, holding one subject at a time."""

    name = "json"
    suffix = ".json"

    def write(self, document: Document, path: Path) -> list[Path]:
        """Given a document and a path, write the JSON form. Raise RunError if it is incomplete."""
        run = document.run
        head = {
            "id": run.id,
            "started": run.started,
            "ended": run.ended,
            "inventory": run.inventory,
            "policy_sha256": run.policy_sha256,
        }
        with path.open("wb") as out:
            out.write(b'{"format":%d,\n"run":%s,\n"subjects":' % (FORMAT, json_bytes(head)))
            _write_array(out, ([row.as_json()] for row in document.subjects))
            out.write(b',\n"findings":')
            _write_array(out, ([f.as_json() for f in own] for _, own in by_subject(document)))
            out.write(b',\n"summary":%s}\n' % json_bytes(document.summary_json()))
        return [path]


def _write_array(out: IO[bytes], batches: Iterator[list[dict[str, Any]]]) -> None:
    out.write(b"[")
    separator = b"\n"
    for batch in batches:
        if batch:
            out.write(separator + b",\n".join(map(json_bytes, batch)))
            separator = b",\n"
    out.write(b"\n]")


WRITER: Writer = JsonWriter()
