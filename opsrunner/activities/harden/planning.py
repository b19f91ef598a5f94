"""A run's findings and the hosts as they are now -> the plan to be approved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsrunner.activities.harden.select import Acknowledged, choose, harmless, unseen
from opsrunner.activities.harden.steps import HostSteps, Wanted, make_steps
from opsrunner.changes.operations import Changes
from opsrunner.changes.state import HostState
from opsrunner.models import Finding, Subject
from opsrunner.plan.file import new_id, utc
from opsrunner.plan.models import LeftOut, Plan, SubjectPlan, Words
from opsrunner.plan.ways_in import second_login
from opsrunner.policy.models import Rule
from opsrunner.policy.resolve import Selected
from opsrunner.remedies.base import Reads, cuts_access, reads_of

ACTIVITY = "harden"
_NOTHING = Changes()


@dataclass(frozen=True, slots=True)
class Cause:
    """Who plans and why: what every document of the plan carries."""

    planner: str
    login: str
    inventory: str
    source_run: str
    policy_sha256: str
    code_version: str
    ticket: str = ""
    period: str = ""
    emergency: str = ""
    valid_days: int = 7


@dataclass(frozen=True)
class HostTask:
    """One host: what shall be mended on it, what is left out already, what must be read."""

    subject: Subject
    wanted: Sequence[Wanted]
    left_out: Sequence[LeftOut]
    without_second_way: str = ""

    @property
    def reads(self) -> Reads:
        """Return what the remedies must see of the host."""
        return reads_of(merged(self.wanted))


@dataclass
class Planned:
    """The plan, and the changes that it binds, by host; only the plan is kept."""

    plan: Plan
    steps: Mapping[str, HostSteps] = field(default_factory=dict)


def merged(wanted: Iterable[Wanted]) -> dict[str, object]:
    """Given rules of one host, return all their variables; mappings and lists are united.

    Only what must be read is taken from it: the remedies are carried out rule by rule.
    """
    every: dict[str, object] = {}
    for item in wanted:
        for name, value in item.variables.items():
            known = every.get(name)
            if isinstance(known, dict) and isinstance(value, Mapping):
                every[name] = {**known, **value}
            elif isinstance(known, list) and isinstance(value, list):
                every[name] = [*known, *(entry for entry in value if entry not in known)]
            else:
                every[name] = value
    return every


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on: a run's findings, and the rules each host should have one of."""

    findings: Mapping[str, Sequence[Finding]]
    expected: Mapping[str, Sequence[Selected]]
    rules: Mapping[str, Rule]


def tasks_of(
    subjects: Iterable[Subject], basis: Basis, acknowledged: Acknowledged,
    without_second_way: Mapping[str, str],
) -> list[HostTask]:
    """Given hosts, what the plan rests on and acknowledgements, return the task of each host.

    ``without_second_way``: by host why what could cut it off is done although nobody has a second
    way in. A host or a rule that the run did not look at is left out as unknown, never as nothing
    to do.
    """
    tasks = []
    for subject in subjects:
        found = basis.findings.get(subject.id, ())
        parameters = {rule.id: rule.parameters for rule in basis.expected.get(subject.id, ())}
        wanted, left = choose(subject, found, basis.rules, acknowledged, parameters)
        if not (second_login(subject) or subject.id in without_second_way):
            wanted, barred = harmless(wanted)
            left += barred
        why = _taken_on(subject, wanted, without_second_way)
        tasks.append(HostTask(subject, wanted, [*left, *_unseen(subject, basis)], why))
    return tasks


def _taken_on(
    subject: Subject, wanted: Iterable[Wanted], without_second_way: Mapping[str, str],
) -> str:
    """Return why the host may be cut off with no second way in, "" where nothing could do so."""
    needed = any(cuts_access(item.variables) for item in wanted)
    return without_second_way.get(subject.id, "") if needed and not second_login(subject) else ""


def _unseen(subject: Subject, basis: Basis) -> Iterator[LeftOut]:
    if not subject.profile:
        yield unseen("", "该平台尚无基线", "there is no profile for its platform yet")
    elif subject.id not in basis.findings:
        yield unseen("", "所依据的检查没有包括这台主机", "the run did not look at this host")
    else:
        judged = {finding.rule for finding in basis.findings[subject.id]}
        for one in basis.expected.get(subject.id, ()):
            if one.id not in judged and one.rule.remediation.role:
                yield unseen(one.id, "所依据的检查没有这条规则", "the run did not judge this rule")


def make_plan(
    tasks: Sequence[HostTask],
    states: Mapping[str, HostState | str],
    cause: Cause,
    now: datetime,
) -> Planned:
    """Given tasks and the hosts as they were read (or why not), return the plan.

    A host that could not be read has no step, and every rule of it is left out as unknown.
    """
    steps = {
        task.subject.id: make_steps(state, task.wanted)
        for task in tasks
        if isinstance(state := states.get(task.subject.id), HostState)
    }
    plan = Plan(
        id=new_id(ACTIVITY, now),
        activity=ACTIVITY,
        planner=cause.planner,
        planner_login=cause.login,
        created=utc(now),
        expires=utc(now + timedelta(days=cause.valid_days)),
        ticket=cause.ticket,
        period=cause.period,
        emergency=cause.emergency,
        inventory=cause.inventory,
        source_run=cause.source_run,
        policy_sha256=cause.policy_sha256,
        code_version=cause.code_version,
        subjects=tuple(_subject(task, steps, states) for task in tasks),
    )
    return Planned(plan, steps)


def _subject(
    task: HostTask, steps: Mapping[str, HostSteps], states: Mapping[str, HostState | str],
) -> SubjectPlan:
    subject, made = task.subject, steps.get(task.subject.id)
    if made is None:
        reason = str(states.get(subject.id, "not_collected: the host was not read"))
        unread = tuple(_unread(item, reason) for item in task.wanted)
        made = HostSteps((), unread, changes=_NOTHING)
    return SubjectPlan(
        kind=subject.kind,
        id=subject.id,
        platform=subject.platform,
        profile=subject.profile,
        address=str(subject.attributes.get("address", "")),
        second_login=second_login(subject),
        without_second_way=task.without_second_way,
        steps=made.steps,
        left_out=(*task.left_out, *made.left_out),
        operations_sha256=made.sha256,
    )


def _unread(item: Wanted, reason: str) -> LeftOut:
    return LeftOut(
        rule=item.rule,
        title=item.title,
        reason="unknown",
        detail=Words(zh=f"主机现状未能读取：{reason}", en=f"the host could not be read: {reason}"),
    )
