"""A recorded run -> what the ledgers are filled with; every fact is computed from stored frames."""

from __future__ import annotations

from collections.abc import Collection

from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.facts.base import CannotTell, Host
from opsrunner.ledger.observed import FACTS, HostFacts, Observed
from opsrunner.sources.codec import STABLE, VOLATILE, decode


def observed_in(store: Store, ref: str) -> Observed:
    """Given a store and a finished run, return what it saw of each host."""
    run = store.run(ref)
    hosts = {record.id: _host(store, record) for record in store.subject_records(run.id)}
    return Observed(run.id, run.started, hosts)


def newest_of(store: Store, hosts: Collection[str]) -> Observed | None:
    """Given a store and the hosts of an inventory, return the newest finished run with one of them.

    None when there is none: the ledgers then say "not observed".
    """
    for run in reversed(store.runs()):
        if run.status != "finished" or run.activity not in ("check", "judge"):
            continue
        if any(record.id in hosts for record in store.subject_records(run.id)):
            return observed_in(store, run.id)
    return None


def _host(store: Store, record: SubjectRecord) -> HostFacts:
    if not record.reached:
        return HostFacts(reason=record.reason)
    labels = [label for label in (STABLE, VOLATILE) if label in record.blobs]
    host = Host(record.platform, decode(store.get(record.blobs[label]) for label in labels))
    facts, reasons = {}, {}
    for name in FACTS:
        try:
            facts[name] = host.get(name)
        except CannotTell as cannot:
            reasons[name] = str(cannot)
    return HostFacts(facts, reasons)
