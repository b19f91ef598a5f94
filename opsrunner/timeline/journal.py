"""A time line on disk: an event counts once it is there, whatever happens to who writes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opsrunner.errors import EvidenceError, InputError, Problem
from opsrunner.evidence.appended import Appended
from opsrunner.sources.watcher.process import clocks
from opsrunner.timeline.events import Event, Kind, Lines, Phase, check, parse, phase

FILE = "timeline.jsonl"


def read(path: Path) -> tuple[Event, ...]:
    """Given a time line, return its events; nobody is kept from writing.

    Raise EvidenceError naming the line that is broken.
    """
    return _parse(path).events


def _parse(path: Path) -> Lines:
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise EvidenceError(f"cannot read the time line {path}: {error.strerror}") from error


class TimeLine:
    """One time line, open for writing; a context manager. ``begin`` and ``resume`` make it."""

    def __init__(self, file: Appended, lines: Lines) -> None:
        """Given an open file and what it holds; callers use ``begin`` and ``resume``."""
        self.path = file.path
        self.events = list(lines.events)
        self._file = file

    @classmethod
    def begin(cls, path: Path, *, plan: str, digest: str, run: str) -> Self:
        """Given a place, the plan and the run, return a new time line.

        Raise InputError when it was begun before or somebody is at it, EvidenceError when it
        cannot be written.
        """
        line = cls._open(path, new=True)
        if line.events:
            line.close()
            message = f"was begun before: opsrunner drill resume {plan}, or plan again"
            raise InputError([Problem(plan, "", message)])
        line.opened({"plan": plan, "digest": digest, "run": run})
        return line

    @classmethod
    def resume(cls, path: Path, *, digest: str, run: str) -> Self:
        """Given a time line, the plan's digest and the new run, return it, to be gone on with.

        Raise InputError when it is another plan's, has ended or somebody is at it, EvidenceError
        when it is broken.
        """
        line = cls._open(path, new=False)
        wrong = ""
        if not line.events or line.events[0].data["digest"] != digest:
            wrong = "is the time line of another plan, or empty"
        elif line.ended:
            wrong = "has ended; nothing is to be gone on with"
        if wrong:
            line.close()
            raise InputError([Problem(str(path), "", wrong)])
        line.opened({"run": run})
        return line

    @classmethod
    def _open(cls, path: Path, *, new: bool) -> Self:
        found: list[Lines] = []

        def whole() -> int:
            found.append(_parse(path))
            return found[0].whole

        return cls(Appended.open(path, "time line", whole, new=new), found[0])

    @property
    def ended(self) -> bool:
        """Return whether it has its end."""
        return bool(self.events) and self.events[-1].kind is Kind.ENDED

    def opened(self, data: dict[str, Any]) -> None:
        """Given who takes up the work, write it down."""
        torn = self._file.torn_bytes
        try:
            self.put(Kind.OPENED, data=data | ({"torn_bytes": torn} if torn else {}))
        except BaseException:
            self.close()
            raise

    def put(
        self,
        kind: Kind,
        *,
        step: str = "",
        who: str = "",
        text: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> Event:
        """Given what happens now, write it down; return the event, which is on disk.

        Raise EvidenceError when it cannot follow what is there, or cannot be written.
        """
        at, tick, boot = clocks()
        event = Event(kind, at, tick, boot, step, who, text, data or {})
        event = event.following(self.events[-1] if self.events else None)
        try:
            check(self.events, event)
        except (ValueError, KeyError) as error:
            raise EvidenceError(f"time line {self.path}: {kind} makes no sense: {error}") from error
        self._file.append(event.line())
        self.events.append(event)
        return event

    def enter(self, wanted: Phase) -> None:
        """Given a phase, enter it unless the time line is in it. Raise EvidenceError: backwards."""
        if phase(self.events) is not wanted:
            self.put(Kind.PHASE, data={"phase": wanted.value})

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.close()
