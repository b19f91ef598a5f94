"""A fleet of alike hosts is judged once, not once per host: what is remembered of a platform."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import Host
from opsrunner.facts.overdue import SECONDS
from opsrunner.facts.remembered import ByReads
from opsrunner.judge.engine import Outcome, outcome_of
from opsrunner.policy.resolve import Selected

_OUTCOMES = 128  # kept by rule: more than the kinds of host a site has
_FACTS = 16  # kept by fact: some are large


class Memo:
    """Facts and outcomes of one yardstick, on one platform, by what was read for them."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Given how long a rule may compute on one host, remember nothing yet."""
        self._seconds = seconds
        self.facts: ByReads[Any] = ByReads(_FACTS)
        self._outcomes: ByReads[Outcome] = ByReads(_OUTCOMES)

    def outcome(self, selected: Selected, host: Host) -> Outcome:
        """Given a rule and a host, return the outcome; the work follows what differs."""
        known = self._outcomes.find(selected.id, host.said)
        if known is not None:
            return known[1]
        host.take_reads()
        outcome = outcome_of(selected, host, self._seconds)
        self._outcomes.keep(selected.id, tuple(sorted(host.take_reads())), host.said, outcome)
        return outcome
