"""Drills with machines, as the commands carry them out: see ``opsrunner.cli.activities``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.activities.drill.findings import raised
from opsrunner.activities.drill.machines import Restore, Switchover
from opsrunner.activities.drill.papers.plan import plan_paper
from opsrunner.activities.drill.papers.report import Story as Held
from opsrunner.activities.drill.papers.report import report_paper
from opsrunner.activities.drill.planning import (
    MACHINES,
    Drill,
    drill_of,
    policy_sha256,
    with_addresses,
)
from opsrunner.activities.drill.restore.actor import FILE as RESTORE
from opsrunner.activities.drill.restore.actor import RestoreActor
from opsrunner.activities.drill.restore.host import Host
from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.activities.drill.stage import Stage
from opsrunner.activities.drill.switchover.actor import SwitchoverActor
from opsrunner.activities.drill.switchover.pair import Pair
from opsrunner.activities.drill.switchover.watching import FILE as WATCH
from opsrunner.activities.drill.switchover.watching import ROWS, seen
from opsrunner.activities.drill.walk import Moderator, result
from opsrunner.activities.harden.papers.story import Story
from opsrunner.cli.context import Context, playbook
from opsrunner.cli.drill_level import known_set, record_level
from opsrunner.cli.moderating import NOBODY, Absent, Terminal
from opsrunner.cli.progress import HostProgress
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.records import SubjectRecord
from opsrunner.models import Subject
from opsrunner.plan.entries import OPENED
from opsrunner.plan.host_records import host_records
from opsrunner.plan.journal import FILE as JOURNAL
from opsrunner.plan.journal import Journal
from opsrunner.plan.journal import read as read_journal
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people
from opsrunner.plan.reasons import text
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.report.paper import Paper
from opsrunner.secrets.ansible_vault import AnsibleVaultStore
from opsrunner.secrets.store import SecretStore
from opsrunner.settings import Settings
from opsrunner.sources.tasks import player
from opsrunner.timeline.events import Event, Kind
from opsrunner.timeline.journal import FILE as TIMELINE
from opsrunner.timeline.journal import read

if TYPE_CHECKING:
    from opsrunner.cli.case import Case


@dataclass(slots=True)
class Machinery:
    """What a drill with machines needs: hosts, secrets, and who answers for people's steps.

    ``moderator`` None: the terminal.
    """

    drill: Drill
    context: Context
    hosts: Mapping[str, Subject]
    moderator: Moderator | None = None

    @property
    def policy_sha256(self) -> str:
        """Return the digest of the scenario as it is now, addresses filled in as in the plan."""
        found = load_scenarios(self.context.settings.policies).get(self.drill.name)
        if found is None:
            return ""
        return policy_sha256(with_addresses(found, addresses(self.hosts.values())))

    @property
    def subjects(self) -> Mapping[str, Subject]:
        """Return the system; what the calendar says of its first host holds for it."""
        return {self.drill.scenario.system: self.hosts[self.part.hosts[0]]}

    @property
    def part(self) -> Switchover | Restore:
        """Return what the drill is held on."""
        return part_of(self.drill)

    def hands(
        self, case: Case, undo_after: int, progress: HostProgress,
    ) -> SwitchoverActor | RestoreActor:
        """Return what holds the drill; there is no timed undo of one."""
        del undo_after
        settings, part = self.context.settings, self.part
        folder = case.path.parent
        people = load_people(settings.policies)
        moderator = self.moderator or (
            Terminal(self.drill, people, progress.hide) if sys.stdin.isatty() else Absent()
        )
        nobody = NOBODY if isinstance(moderator, Absent) else ""
        stage = Stage(
            self.drill, folder / TIMELINE, case.digest, lambda: _run_of(case),
            moderator,
            people.people[case.operator].name,
        )
        permit = replace(case.permit, subjects=self.hosts)

        def barred() -> str:
            return nobody or text(permit.gate(_run_of(case), part.hosts))

        play, system = player(playbook(self.context, "")), self.drill.scenario.system
        if isinstance(part, Restore):
            return RestoreActor(
                system, Host(part, play), stage, folder, barred,
                lambda found: record_level(case, part, found, stage.events), progress.say,
            )
        pair, probe = Pair(part, case.plan.id, play, _secrets_file(settings)), part.probe.secret
        return SwitchoverActor(
            system, pair, stage, folder, lambda: open_secrets(self.context, [probe]).get(probe),
            barred, progress.say,
        )

    def records(self, case: Case, journal: Journal) -> list[SubjectRecord]:
        """Return the system's record: its state, the drill's result, time line and watch."""
        blobs, events = self._blobs(case), _events(case.path.parent)
        said = {"result": result(events)} if events else {}
        return [
            replace(one, blobs=blobs, tally={**one.tally, **said})
            for one in host_records(case.plan, journal)
        ]

    def outputs(self, case: Case) -> Mapping[str, Any]:
        """Return the drill's result and findings, by the run that brought it to its end."""
        events = _events(case.path.parent)
        found: dict[str, Any] = {"blobs": self._blobs(case)}
        if not events or events[-1].kind is not Kind.ENDED:
            return found
        opened = [event.data["run"] for event in events if event.kind is Kind.OPENED]
        mine = opened[-1] == _run_of(case)  # a later undo finds nothing once more
        raised_now = raised(case.plan.id, self.drill.scenario.system, events) if mine else []
        return found | {
            "result": result(events), "findings": [one.as_json() for one in raised_now],
        }

    def _blobs(self, case: Case) -> dict[str, str]:
        folder = case.path.parent
        return {
            label: case.store.put((folder / name).read_bytes())
            for label, name in (("timeline", TIMELINE), ("watch", WATCH), ("rows", ROWS),
                                ("restore", RESTORE))
            if (folder / name).exists()
        }


def prepare(plan: Plan, context: Context) -> Machinery:
    """Given the plan of a drill, return what it needs. Raise InputError with all that is wrong."""
    drill = drill_of(plan)
    if drill.form != MACHINES:
        message = f"is held at the table: opsrunner drill tabletop {plan.id}"
        raise InputError([Problem(plan.id, "", message)])
    part, known = part_of(drill), {host.id: host for host in context.inventory.hosts}
    problems = [
        Problem(plan.inventory, name, "is not there any more, and the drill is held on it")
        for name in part.hosts if name not in known
    ]
    try:
        if part.secrets:
            open_secrets(context, part.secrets)
        if isinstance(part, Restore):
            known_set(context, part)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return Machinery(drill, context, known)


def undoable(plan: Plan, subjects: Sequence[str], rules: Sequence[str]) -> list[Problem]:
    """Return that a drill goes back as a whole: no rule of it can be named."""
    del plan, subjects
    return [Problem("--rule", name, "a drill is taken back as a whole") for name in rules]


def plan_papers(
    plan: Plan, digest: str, people: Mapping[str, str], withdrawals: Sequence[Withdrawal],
) -> list[Paper]:
    """Return 演练方案."""
    del withdrawals
    return [plan_paper(drill_of(plan), digest, people)]


def papers(story: Story, folder: Path) -> list[Paper]:
    """Return 应急演练报告 of a drill that was held to its end."""
    events = _events(folder)
    if not events or events[-1].kind is not Kind.ENDED:
        return []
    watch, rows = seen(folder)
    return [report_paper(Held(
        drill_of(story.plan), story.digest, events, story.people, heads=story.heads,
        approvers="、".join(one.name for one in story.approvals), watch=watch, rows=rows,
    ))]


def part_of(drill: Drill) -> Switchover | Restore:
    """Given a drill with machines, return what it is held on. Raise InputError: there is none."""
    if drill.scenario.machines is None:
        raise InputError([Problem(drill.plan.id, "machines", "are not in the scenario")])
    return drill.scenario.machines.part


def addresses(hosts: Iterable[Subject]) -> dict[str, str]:
    """Given hosts of the inventory, return where each is."""
    return {host.id: str(host.attributes.get("address", "")) for host in hosts}


def open_secrets(context: Context, names: Sequence[str]) -> SecretStore:
    """Given the context and the secrets that are needed, return where they are.

    Raise InputError with what is missing.
    """
    path = _secrets_file(context.settings)
    if context.vault_password is None:
        raise InputError([Problem("settings", "vault_password_file", "is needed for the secrets")])
    store = AnsibleVaultStore(path, context.vault_password)
    missing = [name for name in dict.fromkeys(names) if name not in store.names()]
    if missing:
        raise InputError([Problem(str(path), name, "no such secret") for name in missing])
    return store


def _secrets_file(settings: Settings) -> Path:
    if settings.secrets_file is None:
        raise InputError([Problem("settings", "secrets_file", "is needed: an ansible-vault file")])
    return settings.secrets_file


def _events(folder: Path) -> tuple[Event, ...]:
    path = folder / TIMELINE
    return read(path) if path.exists() else ()


def _run_of(case: Case) -> str:
    """Return the run that took up the plan last, "" before the first."""
    path = case.path.parent / JOURNAL
    entries = read_journal(path) if path.exists() else ()
    return next((str(e.data["run"]) for e in reversed(entries) if e.kind == OPENED), "")


def unattended(machinery: Machinery) -> None:
    """Refuse a drill with people's steps where nobody can be asked."""
    if machinery.moderator is None and not sys.stdin.isatty():
        raise InputError([Problem(machinery.drill.plan.id, "", NOBODY)])
