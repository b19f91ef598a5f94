"""``opsrunner apply`` and ``resume``, the real command: what is refused uses no plan up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opsrunner.evidence.store import Store
from opsrunner.plan import approvals
from opsrunner.plan.approval import Approval
from opsrunner.plan.file import canonical, digest, save, utc
from opsrunner.plan.journal import FILE
from opsrunner.plan.models import Plan
from opsrunner.plan.people import this_login
from opsrunner.policy.load import load_policies
from tests.integration.project import Outcome, Project, local, make_project
from tests.unit.plan.plans import PEOPLE, make_key, plan, signer_line, write_people


@dataclass(frozen=True)
class Case:
    """A project with an approved plan of one host; whoever runs the tests is 赵六."""

    project: Project
    plan: Plan
    path: Path

    @property
    def journal(self) -> Path:
        """Return where the journal is, or would be."""
        return self.path.parent / FILE

    def refused(self, *arguments: object) -> str:
        """Given a command, run it; return why it was refused, with no host touched."""
        done: Outcome = self.project.run(*arguments)
        assert done.code == 3, done
        assert self.project.touched == set()
        return done.err


@pytest.fixture
def case(tmp_path: Path) -> Case:
    project = make_project(tmp_path)
    people: dict[str, Any] = {**PEOPLE, "zhao": {**PEOPLE["zhao"], "logins": [this_login()]}}
    policies = write_people(
        tmp_path / "policies", [signer_line("li@example.cn", make_key(tmp_path, "li"))], people)
    now = datetime.now(UTC)
    given = plan(
        "web01", inventory=str(project.inventory("one", {"web01": local()})),
        policy_sha256=load_policies(policies, now.date()).sha256,
    )
    data = canonical(given)
    approvals.record(Store.open(project.store), given, data, Approval(
        plan=given.id, digest=digest(data), kind="paper", by="wang", name="王五", login="li",
        registrar="li", at=utc(now), scan="a.pdf", scan_sha256="b" * 64,
    ), b"scan")
    return Case(project, given, save(given, project.store / "plans" / given.id))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--batch", "0"), "--batch: 0: must be a number"),
        (("--canary", "db01"), "--canary: db01: is no subject"),
    ],
)
def test_a_pace_that_cannot_be_meant_does_not_use_the_plan_up(
    case: Case, options: tuple[str, ...], said: str,
) -> None:
    assert said in case.refused("apply", case.plan.id, *options)
    assert not case.journal.exists()
    assert [run.activity for run in Store.open(case.project.store).runs()] == ["approve"]


def test_what_was_not_begun_is_neither_resumed_nor_undone(case: Case) -> None:
    for command in ("resume", "undo"):
        assert f"was not begun: opsrunner apply {case.plan.id}" in case.refused(
            command, case.plan.id)
    assert not case.journal.exists()


def test_a_plan_whose_journal_is_gone_is_not_carried_out_again(case: Case) -> None:
    """The control: without a window it gets as far as its journal, and no host is touched."""
    first = case.project.run("apply", case.plan.id, "--format", "html")
    assert first.code == 2, first.err
    assert "no maintenance window is meant for it" in first.out
    assert case.journal.exists()
    case.journal.unlink()
    assert "is gone; plan again" in case.refused("apply", case.plan.id)
    case.journal.touch()
    assert "is gone; plan again" in case.refused("apply", case.plan.id)


def test_a_plan_that_is_replaced_after_it_was_loaded_is_not_the_one_that_was_approved(
    case: Case,
) -> None:
    case.path.chmod(0o600)
    case.path.write_bytes(canonical(case.plan.model_copy(update={"ticket": "T-2"})))
    assert "for another digest" in case.refused("apply", case.plan.id)
