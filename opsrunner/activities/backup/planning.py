"""Backup sets and hosts -> plans: installing their jobs, and making one backup now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from opsrunner.activities.backup.install.steps import Made, Wanted, make_steps, unread
from opsrunner.activities.backup.jobs import Job
from opsrunner.changes.operations import Changes
from opsrunner.changes.state import HostState
from opsrunner.models import Subject
from opsrunner.plan.file import new_id, utc
from opsrunner.plan.models import Change, Danger, LeftOut, Plan, Step, SubjectPlan, Words
from opsrunner.plan.ways_in import SECOND_LOGIN

INSTALL, RUN = "backup_install", "backup_run"
_RUN = Danger(level="low", why=Words(
    zh="备份运行时占用 CPU、磁盘和网络（均有上限）；MariaDB 有一次短暂加锁，等不到即放弃",
    en="takes processor, disk and network, with limits; MariaDB is locked once for a moment, and"
       " the backup gives up rather than wait"))


@dataclass(frozen=True, slots=True)
class Cause:
    """Who plans and why: what every document of the plan carries."""

    planner: str
    login: str
    inventory: str
    policy_sha256: str
    code_version: str
    ticket: str = ""
    period: str = ""
    emergency: str = ""
    valid_days: int = 7


@dataclass(frozen=True, slots=True)
class HostTask:
    """One host: its jobs, and what is left out of them already."""

    subject: Subject
    jobs: Sequence[Job]
    left_out: Sequence[LeftOut]

    def wanted(self, *, initialize: bool) -> list[Wanted]:
        """Given whether repositories may be made, return the jobs as a plan keeps them."""
        return [
            Wanted(job.kind, job.set_id, job.title, job.variables,
                   initialize=initialize)
            for job in self.jobs
        ]


def plan_install(
    tasks: Sequence[HostTask], states: Mapping[str, HostState | str], cause: Cause, now: datetime,
    roles: Path, *, initialize: bool = False,
) -> Plan:
    """Given the hosts' jobs and the hosts as they were read (or why not), return the plan."""
    subjects = []
    for task in tasks:
        wanted = task.wanted(initialize=initialize)
        state = states.get(task.subject.id, "not_collected: the host was not read")
        if isinstance(state, HostState):
            made = make_steps(state, wanted, roles)
        else:
            made = Made((), tuple(unread(job.set_id, state) for job in wanted), Changes())
        subjects.append(_subject(task, made))
    return _plan(INSTALL, subjects, cause, now)


def plan_run(tasks: Sequence[HostTask], cause: Cause, now: datetime) -> Plan:
    """Given the hosts' jobs, return the plan of making one backup of each now; no host is asked."""
    subjects = [
        _subject(task, Made(tuple(map(_backup, task.jobs)), (), Changes())) for task in tasks
    ]
    return _plan(RUN, subjects, cause, now)


def _backup(job: Job) -> Step:
    change = Change(kind="job", target=job.kind.program, before="not running", after="one backup")
    return Step(
        id=job.kind.role, rule=job.kind.role, danger=_RUN, changes=(change,),
        wanted={"role": job.kind.role, "set": job.set_id},
        title=Words(zh=f"立即备份：{job.title.zh}（{job.set_id}）",
                    en=f"back up now: {job.title.en} ({job.set_id})"),
    )


def _subject(task: HostTask, made: Made) -> SubjectPlan:
    subject = task.subject
    return SubjectPlan(
        kind=subject.kind,
        id=subject.id,
        platform=subject.platform,
        profile=subject.profile,
        address=str(subject.attributes.get("address", "")),
        second_login=str(subject.attributes.get(SECOND_LOGIN, "")),
        steps=made.steps,
        left_out=(*task.left_out, *made.left_out),
        operations_sha256=made.sha256,
    )


def _plan(activity: str, subjects: Iterable[SubjectPlan], cause: Cause, now: datetime) -> Plan:
    return Plan(
        id=new_id(activity, now),
        activity=activity,
        planner=cause.planner,
        planner_login=cause.login,
        created=utc(now),
        expires=utc(now + timedelta(days=cause.valid_days)),
        ticket=cause.ticket,
        period=cause.period,
        emergency=cause.emergency,
        inventory=cause.inventory,
        source_run="",
        policy_sha256=cause.policy_sha256,
        code_version=cause.code_version,
        subjects=tuple(subjects),
    )
