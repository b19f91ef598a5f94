"""Values kept by what was read to find them: equal frames, equal value, found once.

Facts and outcomes are pure functions of the frames they read. One that read some probes and
nothing else reads the same ones, with the same result, wherever those say the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Way = tuple[str, ...]  # the probes that were read, sorted
Said = Callable[[Way], bytes]  # what a host says by way of some probes, in short
_WAYS = 8  # different sets of probes that one thing was seen to read


class ByReads(Generic[Value]):
    """Values by name and by what the probes they rest on said; of each name and way the last."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: dict[str, dict[Way, OrderedDict[bytes, Value]]] = {}

    def find(self, name: str, said: Said) -> tuple[Way, Value] | None:
        """Given a name and what a host says, return what was read and the value."""
        for way, values in self._values.get(name, {}).items():
            key = said(way)
            if key in values:
                return way, values[key]
        return None

    def keep(self, name: str, way: Way, said: Said, value: Value) -> None:
        """Given a name, what was read for it, what a host says and the value, remember it."""
        ways = self._values.setdefault(name, {})
        if way not in ways:
            if len(ways) >= _WAYS:
                return
            ways[way] = OrderedDict()
        ways[way][said(way)] = value
        if len(ways[way]) > self._kept:
            ways[way].popitem(last=False)
