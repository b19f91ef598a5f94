"""An upstart job and its override: init(5) of upstart 0.6.5 (EL 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """When a job starts and what it runs; each is empty when no stanza says so."""

    start_on: str = ""
    runs: str = ""


def job(texts: Iterable[str]) -> Job:
    """Given a job's text and its override's, return the stanzas that count: the last of each."""
    start_on = runs = ""
    for text in texts:
        for kind, value in _stanzas(text):
            if kind == "start":
                start_on = value
            else:
                runs = value
    return Job(start_on, runs)


def _stanzas(text: str) -> Iterable[tuple[str, str]]:
    script: list[str] | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("#"):
            continue
        if script is not None:
            if line == "end script":
                yield "run", " ".join(script)
                script = None
            else:
                script.append(line)
        elif line == "script":
            script = []
        elif line == "manual":
            yield "start", ""
        elif line.startswith("start on "):
            yield "start", line.removeprefix("start on ").strip()
        elif line.startswith("exec "):
            yield "run", line.removeprefix("exec ").strip()
