"""What the evidence store keeps of each host of a change: its state, when it began and ended."""

from __future__ import annotations

from opsrunner.evidence.records import SubjectRecord
from opsrunner.plan.journal import Journal
from opsrunner.plan.models import Plan
from opsrunner.plan.states import State


def host_records(plan: Plan, journal: Journal) -> list[SubjectRecord]:
    """Given a plan and its journal, return one record for each subject that has a step."""
    records = []
    for subject in plan.subjects:
        if not subject.steps:
            continue
        lines = [entry for entry in journal.entries if entry.subject == subject.id]
        acted = [entry for entry in lines if entry.state is not State.PLANNED] or lines
        state = journal.states[subject.id]
        reason = lines[-1].reason if lines else ""
        records.append(SubjectRecord(
            kind=subject.kind, id=subject.id, platform=subject.platform, profile=subject.profile,
            reached=bool(lines) and state not in (State.PLANNED, State.REFUSED),
            reason=reason or None,
            started=acted[0].at if lines else journal.entries[0].at,
            ended=lines[-1].at if lines else journal.entries[-1].at,
            rules=0, blobs={}, tally={"state": state.value},
        ))
    return records


