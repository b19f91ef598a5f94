"""Equal frames give equal outcomes: a fleet of alike hosts is judged once, not once per host.

The engine is a pure function of a rule, its parameters and the frames it reads, so an outcome is
kept by the digests of the frames that were read for it. The work follows what differs.
"""

from __future__ import annotations

from collections import OrderedDict

from opsrunner.facts.base import Host
from opsrunner.judge.engine import Outcome, outcome_of
from opsrunner.policy.resolve import Selected

_Key = tuple[tuple[str, ...], tuple[bytes, ...]]
_KEPT = 128  # outcomes kept by rule: more than the kinds of host a site has
_WAYS = 8  # different sets of probes a rule was seen to read


class Memo:
    """Outcomes of the rules of one yardstick by what the probes they read said; old ones go."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], OrderedDict[_Key, Outcome]] = {}
        self._ways: dict[tuple[str, str], list[tuple[str, ...]]] = {}

    def outcome(self, selected: Selected, host: Host) -> Outcome:
        """Given a rule and a host, return the outcome.

        A rule that read some probes and nothing else reads the same ones, with the same outcome,
        wherever those say the same.
        """
        rule = (selected.id, host.platform)
        known = self._outcomes.setdefault(rule, OrderedDict())
        ways = self._ways.setdefault(rule, [])
        for way in ways:
            found = known.get((way, tuple([host.digest(probe) for probe in way])))
            if found is not None:
                return found
        host.take_reads()
        outcome = outcome_of(selected, host)
        way = tuple(sorted(host.take_reads()))
        if way not in ways and len(ways) < _WAYS:
            ways.append(way)
        known[way, tuple([host.digest(probe) for probe in way])] = outcome
        if len(known) > _KEPT:
            known.popitem(last=False)
        return outcome
