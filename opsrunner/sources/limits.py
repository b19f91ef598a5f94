"""How long and how much one host may take, on the way there and in judging: policy, not law."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes; a probe's own ``# limit:`` and ``# cap:`` lines win over the defaults.

    ``grace_seconds``: how long after the host's own limit the controller cuts the connection.
    ``rule_seconds``: processor time that judging one rule may take.
    """

    probe_seconds: int = 30
    host_seconds: int = 180
    probe_bytes: int = 2 * 1024 * 1024
    host_bytes: int = 16 * 1024 * 1024
    grace_seconds: int = 20
    rule_seconds: int = 10

    @property
    def cut_seconds(self) -> int:
        """Return after how many seconds the controller gives a host up."""
        return self.host_seconds + self.grace_seconds
