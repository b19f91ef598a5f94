"""Judge stored observations again with today's rules, on all processors, touching no host."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from opsrunner.activities.check.plan import CheckPlan, plan_check
from opsrunner.evidence.records import AttachedDocument, SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.judge.subject import FINDINGS, judge_subject
from opsrunner.models import Observation, Reason, Subject
from opsrunner.pipeline import subject_record
from opsrunner.policy.bundle import pack
from opsrunner.policy.load import Policies
from opsrunner.report.findings import encode
from opsrunner.sources.codec import STABLE, VOLATILE, decode
from opsrunner.sources.limits import Limits
from opsrunner.version import code_version

CHUNK = 50  # hosts a worker takes at a time: long enough to pay for the trip
_POOL_FROM = 100  # fewer hosts are judged sooner than a pool has started


@dataclass(frozen=True, slots=True)
class _Job:
    """What a worker process needs besides the hosts."""

    plan: CheckPlan
    store: Store
    documents: list[AttachedDocument]
    today: date


def rejudge(
    store: Store, ref: str, policies: Policies, root: Path, limits: Limits, today: date,
) -> str:
    """Given a store, a finished run and today's policies, judge and record it; return the new run.

    Raise InputError when the run is not finished or has no findings.
    """
    old = store.judged(ref)
    records = list(store.subject_records(old.id))
    only = list(old.options.get("only", []))
    subjects = [Subject(r.kind, r.id, r.platform, r.profile) for r in records]
    plan = plan_check(policies, subjects, only=only, root=root, limits=limits)
    job = _Job(plan, store, store.documents(), today)
    with store.begin(
        "judge",
        inventory=old.inventory,
        policy_sha256=policies.sha256,
        operator=getpass.getuser(),
        code_version=code_version(),
        options={**old.options, "observed_in": old.id},
        subjects=list(plan.subjects),
        inputs={"policies": store.put(pack(policies))},
    ) as run:
        for record in _judged(job, records):
            run.subject(record)
        run.finish(outputs={"findings": plan.findings})
    return run.run.id


def _judged(job: _Job, records: list[SubjectRecord]) -> Iterator[SubjectRecord]:
    if len(records) < _POOL_FROM:
        yield from _judge_chunk(job, records)
        return
    _begin(job)  # inherited by the forked workers, so nothing is pickled twice
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for chunk in pool.map(_work, _chunks(records)):
            yield from chunk


_job: list[_Job] = []


def _begin(job: _Job) -> None:
    _job[:] = [job]


def _work(records: list[SubjectRecord]) -> list[SubjectRecord]:
    return _judge_chunk(_job[0], records)


def _chunks(records: Iterable[SubjectRecord]) -> Iterator[list[SubjectRecord]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _judge_chunk(job: _Job, records: Iterable[SubjectRecord]) -> list[SubjectRecord]:
    return [_judge_record(job, record) for record in records]


def _judge_record(job: _Job, record: SubjectRecord) -> SubjectRecord:
    blobs = {k: v for k, v in record.blobs.items() if k in (STABLE, VOLATILE)}
    frames = decode(job.store.get(sha) for sha in blobs.values())
    reason = record.reason
    if reason is None and not record.reached:
        reason = Reason.NOT_COLLECTED.value
    observation = Observation(
        record.id, record.reached, reason, frames, record.started, record.ended,
    )
    judged = judge_subject(
        job.plan.subjects[record.id], frames, reason, blobs,
        job.plan.yardstick(record.id, job.documents, job.today),
    )
    blobs = {**blobs, FINDINGS: job.store.put(encode(judged.findings, blobs))}
    return subject_record(job.plan, observation, blobs, judged)
