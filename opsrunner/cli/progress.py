"""Live progress of a run by host, on standard error; plain lines where there is no terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from opsrunner.evidence.records import SubjectRecord
from opsrunner.sources.ansible import HostEvent

_NAMED = 4  # hosts under way that the bar names


class HostProgress:
    """A bar over the hosts, one line for each that is done."""

    def __init__(self, total: int, verb: str = "observe") -> None:
        """Given how many hosts there are and what is done with them, make the bar."""
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn(verb), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console, disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)
        self._under_way: dict[str, None] = {}

    def __enter__(self) -> Self:
        """Start the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away; the lines stay."""
        self._progress.stop()

    def event(self, event: HostEvent) -> None:
        """Given what became of a host, show which ones are under way."""
        if event.status == "started":
            self._under_way[event.host] = None
        else:
            self._under_way.pop(event.host, None)
        names = list(self._under_way)
        more = f" +{len(names) - _NAMED}" if len(names) > _NAMED else ""
        self._progress.update(self._task, description=", ".join(names[:_NAMED]) + more)

    def judged(self, record: SubjectRecord) -> None:
        """Given the record of a host that is done, say in one line how it stands."""
        counts = record.tally["verdicts"]
        words = [f"{counts[name]} {name}" for name in ("fail", "unknown", "manual")
                 if counts.get(name)]
        state = "reached" if record.reached else f"NOT REACHED ({record.reason})"
        line = f"{record.id}: {state}; {counts.get('pass', 0)} pass"
        self.done("; ".join([line, *words]))

    def done(self, line: str) -> None:
        """Given what became of a host in one line, say it and count the host."""
        self._progress.advance(self._task)
        self.say(line)

    def hide(self) -> None:
        """Take the bar away: somebody is asked on the terminal."""
        self._progress.stop()

    def say(self, line: str) -> None:
        """Given one line, say it above the bar."""
        self._console.print(_plain(line))


def _plain(text: str) -> Text:
    """Return text in which control characters of a host show and do nothing."""
    return Text("".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text))
