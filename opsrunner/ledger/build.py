"""Inventory and perhaps a run -> the four ledgers."""

from __future__ import annotations

from opsrunner.ledger import databases, network, software, systems
from opsrunner.ledger.model import Ledger
from opsrunner.ledger.observed import Observed
from opsrunner.subjects.inventory import Inventory


def build(inventory: Inventory, seen: Observed | None, generated: str) -> Ledger:
    """Given an inventory, what a run saw (or None) and the time now, return all ledgers."""
    hosts = inventory.hosts
    told = seen.hosts if seen else {}
    return Ledger(
        inventory=str(inventory.path),
        inventory_sha256=inventory.sha256,
        generated=generated,
        hosts=len(hosts),
        observed_hosts=sum(host.id in told and not told[host.id].reason for host in hosts),
        run=seen.run if seen else None,
        taken=seen.taken if seen else None,
        tables=[part.table(hosts, seen) for part in (systems, databases, software, network)],
    )
