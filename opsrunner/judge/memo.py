"""Equal frames give equal outcomes: a fleet of alike hosts is judged once, not once per host.

The engine is a pure function of a rule, its parameters and the frames of the probes it declared,
so the outcome is kept by the digests of those frames. The work follows what differs.
"""

from __future__ import annotations

from collections import OrderedDict

from opsrunner.facts.base import Host
from opsrunner.judge.engine import Outcome, outcome_of
from opsrunner.policy.resolve import Selected

_KEPT = 128  # outcomes kept by rule: more than the kinds of host a site has


class Memo:
    """Outcomes of the rules of one yardstick by what their probes said; the oldest ones go."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], OrderedDict[tuple[bytes, ...], Outcome]] = {}

    def outcome(self, selected: Selected, probes: tuple[str, ...], host: Host) -> Outcome:
        """Given a rule, the probes it reads and a host, return the outcome."""
        known = self._outcomes.setdefault((selected.id, host.platform), OrderedDict())
        key = tuple([host.digest(probe) for probe in probes])
        found = known.get(key)
        if found is None:
            found = known[key] = outcome_of(selected, host)
            if len(known) > _KEPT:
                known.popitem(last=False)
        return found
