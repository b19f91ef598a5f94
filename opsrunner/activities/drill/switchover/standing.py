"""What both servers of a pair said -> how the pair stands; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stand(StrEnum):
    """How a pair stands. What is not certain is ``unclear``, never one of the others."""

    BEFORE = "before"  # the primary takes writes at the address, the standby does not
    FENCED = "fenced"  # nobody takes writes, nothing was promoted
    SWITCHED = "switched"  # the standby is the primary, the old one takes no writes
    TWO_WRITERS = "two writers"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Server:
    """One server; ``replica`` is ``YesYes`` when it replicates. ``why``: it said nothing."""

    read_only: bool | None = None
    address: bool | None = None
    replica: str = ""
    position: str = ""
    why: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        if self.why:
            return self.why
        words = "read-only" if self.read_only else "writable"
        return f"{words}, {'with' if self.address else 'without'} the address"


def server(text: str) -> Server:
    """Given what ``state.sh`` printed, return the server; a line that is missing makes a why."""
    parts = (line.partition(" ") for line in text.splitlines())
    found = {name: value.strip() for name, _, value in parts}
    known = found.get("read_only") in {"0", "1"} and found.get("address") in {"yes", "no"}
    if not known or "position" not in found:
        return Server(why="did not say how it stands")
    return Server(
        found["read_only"] == "1", found["address"] == "yes", found.get("replica", ""),
        found["position"],
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Both servers at one time; ``old`` is the primary of before the drill."""

    old: Server
    new: Server

    @property
    def stand(self) -> Stand:
        """Return how the pair stands."""
        old, new = self.old, self.new
        if old.read_only is False and new.read_only is False:
            return Stand.TWO_WRITERS
        if old.why or new.why:
            return Stand.UNCLEAR
        match old.read_only, old.address, new.read_only, new.address:
            case False, True, True, False:
                return Stand.BEFORE
            case True, _, True, False:
                return Stand.FENCED
            case True, False, False, True:
                return Stand.SWITCHED
            case _:
                return Stand.UNCLEAR

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.stand}: old primary {self.old}; standby {self.new}"
