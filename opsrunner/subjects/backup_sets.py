"""Backup policy -> systems and backup sets as subjects, and whether the inventory knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from opsrunner.errors import Problem
from opsrunner.models import Subject
from opsrunner.policy.backup import JOBS, BackupPolicy, BackupSet
from opsrunner.schedule.duration import show_duration

SET, SYSTEM = "backup_set", "system"


def system_subjects(policy: BackupPolicy) -> tuple[Subject, ...]:
    """Given the policy, return its systems: title, importance, owner, RTO and RPO as attributes."""
    return tuple(
        Subject(SYSTEM, name, "", "", (), {
            "title": system.title.model_dump(), "importance": system.importance,
            "owner": system.owner, "rto": show_duration(system.rto),
            "rpo": show_duration(system.rpo),
        })
        for name, system in policy.systems.items()
    )


def backup_subjects(policy: BackupPolicy) -> tuple[Subject, ...]:
    """Given the policy, return its backup sets: platform is what makes it, profile the level."""
    return tuple(_subject(one) for one in policy.sets.values())


def _subject(one: BackupSet) -> Subject:
    return Subject(
        SET, one.id, one.kind, one.backup.verification.level, (one.system_id,),
        {"system": one.system_id, "host": one.host, "content": list(one.content)},
    )


def unknown_to(policy: BackupPolicy, hosts: Iterable[Subject], file: str) -> list[Problem]:
    """Given the policy, hosts and the inventory's name, return what the two do not agree on.

    A host that is not there, an instance its host does not declare, a job of another product.
    """
    known = {host.id: host for host in hosts}
    return [
        Problem(file, one.id, message)
        for one in policy.sets.values() for message in _disagreements(one, known)
    ]


def _disagreements(one: BackupSet, hosts: Mapping[str, Subject]) -> Iterator[str]:
    host = hosts.get(one.host)
    if host is None:
        yield f"the inventory has no host {one.host}"
        return
    declared = {item["name"]: item["product"] for item in host.attributes.get("databases", [])}
    for name in one.content if one.backup.databases else ():
        products = JOBS.get(one.kind, ())
        if name not in declared:
            known = ", ".join(declared) or "none"
            yield f"{one.host} declares no instance {name}; it has: {known}"
        elif products and declared[name] not in products:
            yield f"{name} is {declared[name]}; job {one.kind} is of {', '.join(products)}"
