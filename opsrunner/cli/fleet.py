"""How the commands reach hosts that are to be changed, and what a run found of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from opsrunner.changes.fleet import Fleet
from opsrunner.changes.reading import Target
from opsrunner.changes.state import HostState
from opsrunner.cli.context import Context, limits, playbook
from opsrunner.cli.progress import HostProgress
from opsrunner.evidence.store import Store
from opsrunner.models import Finding, Subject
from opsrunner.remedies.base import Reads
from opsrunner.report.findings import decode


def fleet_of(
    context: Context, hosts: Iterable[Subject], plan: str, undo_after: int, progress: HostProgress,
) -> Fleet:
    """Given the context, hosts, a plan's id and the undo's seconds, return how they are reached."""
    platforms = context.policies.platforms
    targets = {
        host.id: Target(host.id, host.platform, platforms[host.platform].family, host.attributes)
        for host in hosts
    }
    return Fleet(
        playbook(context, "check.yml"), limits(context.settings), targets, plan, undo_after,
        progress.event,
    )


def read_hosts(context: Context, reads: Mapping[str, Reads]) -> dict[str, HostState | str]:
    """Given the context and what to read of which host, read it; a state, or why there is none."""
    states: dict[str, HostState | str] = {}
    with HostProgress(len(reads), "read") as progress:
        fleet = fleet_of(context, context.inventory.hosts, "", 0, progress)
        for host, state in fleet.read(reads):
            states[host] = state
            progress.done(f"{host}: {'read' if isinstance(state, HostState) else state}")
    return states


def findings_of(
    store: Store, run_id: str, only: Sequence[str] = (),
) -> Mapping[str, list[Finding]]:
    """Given a run and perhaps rules, return the findings by host."""
    found = {}
    for record in store.subject_records(run_id):
        blob = record.blobs.get("findings")
        rows = decode(store.get(blob), record.kind, record.id, record.blobs) if blob else []
        found[record.id] = [row for row in rows if not only or row.rule in only]
    return found
