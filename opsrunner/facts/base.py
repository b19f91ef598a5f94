"""How a fact is declared, found and computed.

A fact is a pure function in ``opsrunner/facts/<topic>.py`` under ``@fact``; its name is
``<topic>.<function>``. It declares the probes and other facts it reads, so that a check
collects just what its rules need. It returns typed Python values (JSON-like), or raises
``CannotTell`` with the reason why nobody can know: never a default that looks like an answer.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from opsrunner.facts.overdue import SECONDS, Overdue, at_most
from opsrunner.facts.remembered import ByReads, Way
from opsrunner.models import Frame, Reason
from opsrunner.sources.wire import SECTION

_CUT = frozenset((124, 137))
_DIGEST = 16  # bytes; all of one length, so that several in a row say which is whose
_NOTHING = bytes(_DIGEST)  # instead of the digest of a frame that is not there
_REASONS = {126: Reason.DENIED, 127: Reason.MISSING_TOOL}


class CannotTell(Exception):  # noqa: N818 - not an error: an answer ("nobody can know, because")
    """A fact that cannot be known, with the reason that becomes the finding's."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)

    def again(self) -> CannotTell:
        """Return the same answer unraised: a kept one must not hold the frames it came through."""
        return CannotTell(self.reason, self.detail)


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared fact: where it comes from and what computes it."""

    name: str
    probes: frozenset[str]
    facts: frozenset[str]
    compute: Callable[[Host], Any]
    proviso: str | None = None


class Host:
    """One host's frames, and its facts computed from them once, on demand.

    A fact may read what it declared and nothing else, for only that is collected. Which probes
    were really read is kept, so that equal frames can be known to give equal outcomes.
    """

    __slots__ = (
        "_cache", "_digests", "_frames", "_joined", "_open", "_read", "_reads", "_remembered",
        "platform",
    )

    def __init__(
        self,
        platform: str,
        frames: Mapping[str, Frame],
        remembered: ByReads[Any] | None = None,
    ) -> None:
        """Given a platform, its frames and what is remembered of other hosts of it."""
        self.platform = platform
        self._remembered = remembered
        self._frames = frames
        self._cache: dict[str, Any] = {}
        self._digests: dict[str, bytes] = {}
        self._joined: dict[Way, bytes] = {}  # the digests of some probes together
        self._open: list[frozenset[str]] = []  # the probes the fact being computed declared
        self._read: list[set[str]] = [set()]  # the probes it has read so far
        self._reads: dict[str, frozenset[str]] = {}  # the probes a computed fact rests on

    def said(self, way: Way) -> bytes:
        """Given some probes, return the digests of all their frames say, one after the other."""
        known = self._joined.get(way)
        if known is None:
            known = self._joined[way] = b"".join(map(self._digest, way))
        return known

    def _digest(self, probe: str) -> bytes:
        if probe not in self._digests:
            frame = self._frames.get(probe)
            self._digests[probe] = _digest(frame) if frame else _NOTHING
        return self._digests[probe]

    def _look(self, probe: str) -> Frame | None:
        if self._open and probe not in self._open[-1]:
            raise LookupError(f"the probe {probe} is read but not declared")
        self._read[-1].add(probe)
        return self._frames.get(probe)

    def take_reads(self) -> frozenset[str]:
        """Return the probes read since the last call, by way of facts known before too.

        No fact is being computed then: what one that was interrupted left open is closed.
        """
        read = frozenset().union(*self._read)
        self._read, self._open = [set()], []
        return read

    def frame(self, name: str) -> Frame:
        """Given a probe's name, return its whole frame, whatever its exit code.

        Raise CannotTell when it was not collected, was cut, or lost its end.
        """
        frame = self._look(name)
        if frame is None:
            raise CannotTell(Reason.NOT_COLLECTED, name)
        if frame.exit_code in _CUT:
            raise CannotTell(Reason.TIMEOUT, name)
        if frame.truncated or not frame.complete:
            raise CannotTell(Reason.TRUNCATED, name)
        if frame.exit_code in _REASONS:
            raise CannotTell(_REASONS[frame.exit_code], _said(frame))
        return frame

    def text(self, name: str, *, ok: Collection[int] = (0,)) -> str:
        """Given a probe's name, return its output; bytes that are no UTF-8 become a hex escape.

        Raise CannotTell as ``frame`` does, and for an exit code that is not in ``ok``.
        """
        frame = self.frame(name)
        if frame.exit_code is None or frame.exit_code not in ok:
            raise CannotTell(Reason.PROBE_FAILED, f"exit {frame.exit_code}, {_said(frame)}")
        return frame.stdout.decode("utf-8", "backslashreplace")

    def has_tool(self, name: str) -> bool:
        """Given a probe that begins with ``need TOOL``, return whether the tool is there."""
        frame = self._look(name)
        return frame is None or frame.exit_code != 127  # noqa: PLR2004 - the shell's "not found"

    def sections(self, name: str) -> list[tuple[str, str]]:
        """Given a probe's name, return its sections in order as (words, content)."""
        parts = self.text(name).split(SECTION)[1:]
        return [(words, body) for words, _, body in (part.partition("\n") for part in parts)]

    def files(self, name: str) -> Files:
        """Given a probe that dumps files, return them by path."""
        return Files(self.sections(name))

    def get(self, name: str) -> Any:  # noqa: ANN401 - a fact is any JSON-like value
        """Given a fact's name, return its value. Raise CannotTell, the same each time.

        A fact that does not end is one of those nobody can know.
        """
        try:
            if name not in self._cache:
                self._cache[name] = self._compute(name)
        finally:  # a fact that crashed did so over what it had read, too
            self._read[-1] |= self._reads.get(name, frozenset())
        value = self._cache[name]
        if isinstance(value, CannotTell):
            raise value.again()
        return value

    def _compute(self, name: str) -> Any:  # noqa: ANN401
        needed = probes_for(name)
        if self._open and not needed <= self._open[-1]:
            raise LookupError(f"the fact {name} is read but not declared")
        known = self._remembered.find(name, self.said) if self._remembered else None
        if known is not None:
            self._reads[name] = frozenset(known[0])
            return known[1]
        value = self._fresh(name, needed)
        if self._remembered:
            self._remembered.keep(name, tuple(sorted(self._reads[name])), self.said, value)
        return value

    def _fresh(self, name: str, needed: frozenset[str]) -> Any:  # noqa: ANN401
        self._open.append(needed)
        self._read.append(set())
        try:
            with at_most(SECONDS):  # unless the rule that asks is bounded already
                return registry()[name].compute(self)
        except CannotTell as reason:
            return reason.again()
        except Overdue as overdue:  # kept, so that no other rule waits for it again
            return CannotTell(Reason.TIMEOUT, f"the fact {name} {overdue}")
        finally:
            self._open.pop()
            self._reads[name] = frozenset(self._read.pop())


class Files:
    """Files that a probe dumped: text by path, and for the others why there is none.

    One that was too long to be read makes all of them unknown: many a fact asks which files
    there are, and would take it for one that is not there.
    """

    def __init__(self, sections: Iterable[tuple[str, str]]) -> None:
        """Given sections, sort them. Raise CannotTell when a file was too long to be read."""
        self.texts: dict[str, str] = {}
        self.states: dict[str, str] = {}
        for words, body in sections:
            state, _, path = words.partition(" ")
            if state == "long":
                raise CannotTell(Reason.TRUNCATED, f"{path} is too long to be read whole")
            self.states[path] = state
            if state == "file":
                self.texts[path] = body

    def text(self, path: str) -> str | None:
        """Given a path, return its text, None when it is certainly not there.

        Raise CannotTell when it exists but could not be read, or was not asked for.
        """
        state = self.states.get(path)
        if state == "file":
            return self.texts[path]
        if state == "missing":
            return None
        if state == "denied":
            raise CannotTell(Reason.DENIED, path)
        if state in ("odd", "dangling"):
            raise CannotTell(Reason.UNPARSABLE, f"{path} is no regular file ({state})")
        raise CannotTell(Reason.NOT_COLLECTED, path)

    def under(self, folder: str) -> dict[str, str]:
        """Given a folder, return the dumped files directly in it, by path, sorted by name.

        Raise CannotTell when one of them could not be read: it might hold anything.
        """
        prefix = folder.rstrip("/") + "/"
        paths = sorted(
            path for path in self.states
            if path.startswith(prefix) and "/" not in path[len(prefix) :]
        )
        # A pattern is dumped as missing when it met nothing and as denied when its folder could
        # not be listed; a file may have a name that looks like one.
        texts = {path: self.text(path) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}


def fact(
    *,
    probes: Iterable[str] = (),
    facts: Iterable[str] = (),
    proviso: str | None = None,
) -> Callable[[Callable[[Host], Any]], Callable[[Host], Any]]:
    """Given what a fact reads, return a decorator that declares the function as a fact.

    ``proviso``: a fact of the same probes that must be known too before anything that rests on
    this one may pass. What fails by it fails all the same.
    """

    def declare(compute: Callable[[Host], Any]) -> Callable[[Host], Any]:
        topic = compute.__module__.rpartition(".")[2]
        name = f"{topic}.{compute.__name__}"
        _FACTS[name] = Fact(name, frozenset(probes), frozenset(facts), compute, proviso)
        return compute

    return declare


_FACTS: dict[str, Fact] = {}


@cache
def registry() -> Mapping[str, Fact]:
    """Return every fact by name; importing the topics of this package fills it."""
    package = importlib.import_module("opsrunner.facts")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"opsrunner.facts.{module.name}")
    return _FACTS


@cache
def probes_for(name: str) -> frozenset[str]:
    """Given a fact's name, return every probe it reads, through other facts too."""
    declared = registry()[name]
    return declared.probes.union(*(probes_for(other) for other in declared.facts))


@cache
def provisos_of(name: str) -> tuple[str, ...]:
    """Given a fact's name, return what must be known before a pass by it counts, sorted."""
    declared = registry()[name]
    own = {declared.proviso} if declared.proviso else set()
    return tuple(sorted(own.union(*(provisos_of(other) for other in declared.facts))))


def _digest(frame: Frame) -> bytes:
    ended = f"{frame.exit_code} {frame.truncated} {frame.complete} {len(frame.stdout)} "
    said = ended.encode() + frame.stdout + frame.stderr
    return hashlib.blake2b(said, digest_size=_DIGEST).digest()


def _said(frame: Frame) -> str:
    return frame.stderr.decode("utf-8", "backslashreplace").strip()[:200] or frame.name
