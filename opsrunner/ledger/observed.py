"""What a run observed of the hosts, as the ledgers are given it.

Facts are the values of ``opsrunner/facts`` under their own names; a fact that nobody could know
stands in ``reasons`` with why. Nothing here knows the store they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opsrunner.models import Reason

# ``{"id", "version_id", "pretty", "line", "kernel", "machine", "major", ...}``
RELEASE = "system.release"
# ``{name: [{"version", "release", ...}, ...]}``
PACKAGES = "software.packages"
# ``[{"protocol": "tcp", "address": "0.0.0.0", "port": 22, "process": "sshd" | None}, ...]``
LISTENERS = "network.listeners"
# ``[{"source": "firewalld", "chain": "public", "rule": "..."}, ...]``; [] means no rule at all
FIREWALL = "network.firewall"
FACTS = (RELEASE, PACKAGES, LISTENERS, FIREWALL)


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One host of a run: its facts, why each missing one is missing, why all of them are."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None  # the host was not reached: ``unreachable: ...``


@dataclass(frozen=True, slots=True)
class Observed:
    """One run: its id, when it looked (ISO 8601, UTC), and what it saw by host."""

    run: str
    taken: str
    hosts: Mapping[str, HostFacts]


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why; never to be taken for an empty one."""

    reason: str


NO_RUN = Missing(f"{Reason.NOT_COLLECTED}: 无检查记录 no run")


def look(observed: Observed | None, host: str, fact: str) -> Any | Missing:  # noqa: ANN401 - a fact is any JSON-like value
    """Given a run (or none), a host and a fact's name, return its value, or why there is none."""
    if observed is None:
        return NO_RUN
    seen = observed.hosts.get(host)
    if seen is None:
        return Missing(f"{Reason.NOT_COLLECTED}: 该主机不在此次检查中 the host is not in the run")
    if fact in seen.facts:
        return seen.facts[fact]
    return Missing(seen.reason or seen.reasons.get(fact) or Reason.NOT_COLLECTED.value)
