"""``plan``, ``apply``, ``resume`` and ``undo``, the real commands: refused, no host touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsrunner.evidence.store import Store
from opsrunner.plan.approvals import recorded
from opsrunner.plan.file import digest, save, utc
from opsrunner.plan.journal import FILE, Journal, Note
from opsrunner.plan.models import Plan
from opsrunner.plan.people import this_login
from opsrunner.plan.states import State
from opsrunner.policy.load import load_policies
from tests.integration.project import Outcome, Project, local, make_project
from tests.unit.plan.plans import PEOPLE, make_key, plan, signer_line, subject, write_people

CREATED = datetime.now(UTC) - timedelta(days=3)
_WAY = (State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED, State.VERIFIED)


@dataclass(frozen=True)
class Case:
    """A project with a plan of 张三 for one host; whoever runs the tests is 李四."""

    project: Project
    plan: Plan
    path: Path
    key: Path

    def run(self, command: str, *options: object) -> Outcome:
        """Given a command about the plan and options, run it."""
        done = self.project.run(command, self.plan.id, *options)
        assert self.project.touched == set()
        return done

    @property
    def journal(self) -> Path:
        """Return where the journal is, once there is one."""
        return self.path.parent / FILE

    def approve(self) -> None:
        """Approve the plan as 李四."""
        assert self.run("approve", "--key", self.key).code == 0

    def carry_out(self) -> None:
        """Write the journal of a plan that was carried out to its end."""
        with Journal.begin(
            self.journal, plan=self.plan.id, digest=digest(self.path.read_bytes()), run="r1",
            subjects=["web01"],
        ) as journal:
            for state in _WAY:
                journal.append([Note("web01", state)])

    def waive(self, expires: datetime) -> None:
        """Write a waiver that is good until a day."""
        self.project.write("policies/waivers/all.yml", {"waivers": [{
            "rule": "machine_wanted", "subjects": ["web01"], "reason": "a bastion", "owner": "us",
            "compensating": "a console", "approved": CREATED.date(), "expires": expires.date(),
        }]})


def make(root: Path, **more: Any) -> Case:  # noqa: ANN401 - a plan's fields
    """Given a folder and what differs in the plan, make the case."""
    project = make_project(root)
    people: dict[str, Any] = {**PEOPLE, "li": {**PEOPLE["li"], "logins": [this_login()]}}
    key = make_key(root, "li")
    write_people(root / "policies", [signer_line("li@example.cn", key)], people)
    inventory = project.inventory("prod", {"web01": local()})
    policies = load_policies(root / "policies", CREATED.date())
    fields = {"subjects": (subject("web01", address="web01"),),
              "policy_sha256": policies.sha256} | more
    given = plan(inventory=str(inventory), created=utc(CREATED), **fields)
    return Case(project, given, save(given, project.store / "plans" / given.id), key)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return make(tmp_path)


def test_a_pace_that_cannot_be_meant_leaves_the_plan_to_be_applied(case: Case) -> None:
    case.approve()
    refused = case.run("apply", "--batch", "0", "--canary", "db01", "--stop-after-failures", "0")
    assert refused.code == 3
    for option in ("--batch", "--canary", "--stop-after-failures"):
        assert option in refused.err
    assert not case.journal.exists()


@pytest.mark.parametrize("command", ["resume", "undo"])
def test_what_was_never_applied_cannot_go_on_or_back(case: Case, command: str) -> None:
    done = case.run(command)
    assert (done.code, "was not begun: opsrunner apply" in done.err) == (3, True), done.err


def test_an_undo_of_named_hosts_is_not_failed_by_one_that_was_refused_earlier(
    tmp_path: Path,
) -> None:
    case = make(tmp_path, subjects=(subject("web01"), subject("web02")))
    case.project.inventory("prod", {"web01": local(), "web02": local()})
    with Journal.begin(
        case.journal, plan=case.plan.id, digest=digest(case.path.read_bytes()), run="r1",
        subjects=["web01", "web02"],
    ) as journal:
        for state in (*_WAY, State.UNDOING, State.UNDONE):
            journal.append([Note("web01", state)])
        journal.append([Note("web02", State.REFUSED, "it drifted")])
    done = case.run("undo", "--limit", "web01", "--format", "html")
    assert done.code == 0, done
    assert case.run("undo", "--limit", "web02", "--format", "html").code == 2  # the control


def test_a_waiver_that_lapsed_since_the_plan_keeps_nobody_from_going_back(case: Case) -> None:
    case.carry_out()
    case.waive(CREATED)
    assert case.run("resume", "--format", "html").code == 0
    assert "is no host of the plan" in case.run("undo", "--limit", "nobody").err
    barred = case.run("apply")  # the control: nothing new is begun on it
    assert barred.code == 3
    assert "expired on" in barred.err
    case.waive(CREATED - timedelta(days=1))  # lapsed before there was a plan
    assert "expired on" in case.run("undo").err


def test_business_checks_nobody_can_read_bar_what_is_new_and_nothing_else(case: Case) -> None:
    case.carry_out()
    assert "business" not in case.run("resume", "--format", "html").err  # the control
    case.project.write("policies/business/one.yml", {"checks": {"shop": {"titel": "x"}}})
    resumed = case.run("resume", "--format", "html")
    assert (resumed.code, "one.yml" in resumed.err) == (0, True), resumed
    barred = case.run("apply")
    assert barred.code == 3
    assert "one.yml" in barred.err
    back = case.project.run("undo", case.plan.id, "--check", "--json")  # it asks the host
    assert back.code != 3, back
    run = next(run for run in Store.open(case.project.store).runs() if run.activity == "harden"
               and "business_unread" in Store.open(case.project.store).details(run.id).outputs)
    assert run.status == "finished"


def test_a_host_at_another_address_is_another_host(tmp_path: Path) -> None:
    case = make(tmp_path, policy_sha256="c" * 64)  # void all the same: nothing is ever touched
    case.approve()
    case.project.inventory("prod", {"web01": local(ansible_host="10.0.0.99")})
    done = case.run("apply", "--check")
    assert done.code == 3
    assert "web01.ansible_host: is 10.0.0.99 now, the approved plan is for web01" in done.err
    case.project.inventory("prod", {"web01": local()})
    still = case.run("apply", "--check").err  # the control
    assert "ansible_host" not in still
    assert "policies were changed" in still


def test_a_host_that_is_gone_is_named(case: Case) -> None:
    case.carry_out()
    case.project.inventory("prod", {"web02": local()})
    for command in ("apply", "resume", "undo"):
        done = case.run(command)
        assert (done.code, "web01: is not there any more" in done.err) == (3, True), done.err


def test_a_plan_without_a_step_is_neither_approved_nor_applied(tmp_path: Path) -> None:
    idle = make(tmp_path, subjects=(subject("web01", steps=()),))
    approved = idle.run("approve", "--key", idle.key)
    assert (approved.code, "nothing to approve" in approved.err) == (3, True)
    assert recorded(Store.open(idle.project.store), idle.plan.id) == []
    applied = idle.run("apply")
    assert (applied.code, "nothing to apply" in applied.err) == (3, True)


def test_a_plan_takes_texts_that_every_paper_can_show(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    people = {"zhang": {**PEOPLE["zhang"], "logins": [this_login()]}}
    write_people(tmp_path / "policies", (), people)
    inventory = project.inventory("prod", {"web01": local()})
    done = project.run("plan", "harden", "-i", inventory, "--ticket", "CHG\n1", "--emergency", "  ",
                       "--rule", "nope")
    assert done.code == 3, done.err
    for problem in ("--ticket: must be one line", "--emergency: must be one line", "--rule: nope"):
        assert problem in done.err
    assert project.touched == set()
