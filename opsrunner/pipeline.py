"""The way of the data in one short function; read this first.

``collect -> judge -> record -> report``: each stage is a call with typed input and output, and
none of them imports the next. A check changes nothing, so there is no plan to approve.
``rejudge.py`` goes the same way again from stored observations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from opsrunner.activities.check.plan import CheckPlan
from opsrunner.evidence.records import AttachedDocument, SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.judge.subject import FINDINGS, Judged, judge_subject
from opsrunner.models import Observation
from opsrunner.report.findings import encode as encode_findings
from opsrunner.sources.codec import encode as encode_frames


@dataclass(frozen=True, slots=True)
class Origin:
    """Who runs what, from which inventory and code: the inputs that go on record."""

    activity: str
    inventory: str
    operator: str
    code_version: str
    options: Mapping[str, object]
    inputs: Mapping[str, str]


def check(
    plan: CheckPlan,
    observations: Iterable[Observation],
    store: Store,
    origin: Origin,
    today: date,
    on_subject: Callable[[SubjectRecord], None] = lambda _: None,
) -> str:
    """Given a plan and observations as they come in, judge and record each; return the run's id.

    The intent is on disk before the first observation is asked for. Raise EvidenceError when
    anything cannot be recorded: the run ends then, and nothing of it is believed.
    """
    documents = store.documents()
    with store.begin(
        origin.activity,
        inventory=origin.inventory,
        policy_sha256=plan.policies.sha256,
        operator=origin.operator,
        code_version=origin.code_version,
        options=origin.options,
        subjects=list(plan.subjects),
        inputs=origin.inputs,
    ) as run:
        for observation in observations:
            record = judge_and_record(plan, observation, store, documents, today)
            run.subject(record)
            on_subject(record)
        run.finish(outputs={"findings": plan.findings})
    return run.run.id


def judge_and_record(
    plan: CheckPlan,
    observation: Observation,
    store: Store,
    documents: list[AttachedDocument],
    today: date,
) -> SubjectRecord:
    """Given one observation, store it, judge it and store the findings; return its record."""
    kind = plan.kinds[observation.subject]
    parts = encode_frames(observation.frames, kind.volatile)
    blobs = {label: store.put(data) for label, data in parts.items()}
    judged = judge_subject(
        plan.subjects[observation.subject],
        observation.frames,
        observation.reason,
        blobs,
        plan.yardstick(observation.subject, documents, today),
    )
    blobs[FINDINGS] = store.put(encode_findings(judged.findings, blobs))
    return subject_record(plan, observation, blobs, judged)


def subject_record(
    plan: CheckPlan, observation: Observation, blobs: Mapping[str, str], judged: Judged,
) -> SubjectRecord:
    """Given what was seen, stored and judged of a subject, return its record."""
    subject = plan.subjects[observation.subject]
    return SubjectRecord(
        kind=subject.kind,
        id=subject.id,
        platform=subject.platform,
        profile=subject.profile,
        reached=observation.reached,
        reason=observation.reason,
        started=observation.started,
        ended=observation.ended,
        rules=len(judged.findings),
        blobs=blobs,
        tally=judged.tally,
    )

