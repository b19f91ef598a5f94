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
_WAYS = 8  # different sets of probes that one thing was seen to read


class ByReads(Generic[Value]):
    """Values by name and by the digests of the probes they rest on; of each name the last few."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: dict[str, OrderedDict[tuple[Way, tuple[bytes, ...]], Value]] = {}
        self._ways: dict[str, list[Way]] = {}

    def find(self, name: str, digest: Callable[[str], bytes]) -> tuple[Way, Value] | None:
        """Given a name and a host's digest of a probe, return what was read and the value."""
        values = self._values.get(name)
        for way in self._ways.get(name, ()):
            key = (way, tuple([digest(probe) for probe in way]))
            if values is not None and key in values:
                return way, values[key]
        return None

    def keep(self, name: str, way: Way, digest: Callable[[str], bytes], value: Value) -> None:
        """Given a name, what was read for it, a host's digests and the value, remember it."""
        ways = self._ways.setdefault(name, [])
        if way not in ways:
            if len(ways) >= _WAYS:
                return
            ways.append(way)
        values = self._values.setdefault(name, OrderedDict())
        values[way, tuple([digest(probe) for probe in way])] = value
        if len(values) > self._kept:
            values.popitem(last=False)
