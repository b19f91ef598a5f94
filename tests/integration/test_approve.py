"""``opsrunner approve``, the real command: who may say yes to what, and what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opsrunner.cli.approve import approve
from opsrunner.errors import InputError
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from opsrunner.plan.approval import Trust, require_approval
from opsrunner.plan.approvals import recorded
from opsrunner.plan.file import canonical, load, save
from opsrunner.plan.models import Danger, Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signers import load_signers
from tests.integration.project import Outcome, Project, make_project
from tests.unit.plan.plans import (
    PEOPLE,
    make_key,
    plan,
    signer_line,
    step,
    subject,
    words,
    write_people,
)


@dataclass(frozen=True)
class Case:
    """A project with a plan by 张三; whoever runs the tests is 李四, and has 李四's key."""

    project: Project
    plan: Plan
    path: Path

    def approve(self, *arguments: object) -> Outcome:
        """Given arguments, approve the plan."""
        return self.project.run("approve", self.plan.id, *arguments)

    def refused(self, monkeypatch: pytest.MonkeyPatch, **options: Any) -> str:  # noqa: ANN401 - options
        """Given options, approve in this process; return why not, and see that nothing is kept."""
        monkeypatch.setenv("OPSRUNNER_ROOT", str(self.project.root))
        monkeypatch.setenv("OPSRUNNER_STORE", str(self.project.store))
        with pytest.raises(InputError) as caught:
            approve(**{"plan": self.plan.id, **options})
        assert recorded(Store.open(self.project.store), self.plan.id) == []
        return str(caught.value)

    def holds(self) -> list[str]:
        """Return who approved the plan as it is now, so that it may be applied."""
        policies = self.project.root / "policies"
        people = load_people(policies)
        loaded, digest = load(self.path)
        said = [one.approval for one in recorded(Store.open(self.project.store), loaded.id)]
        trust = Trust(people, load_signers(policies, people))
        return [
            one.by for one in require_approval(loaded, digest, said, trust, datetime.now(UTC))
        ]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder, name) for name in ("zhang", "li", "stranger")}


@pytest.fixture
def case(tmp_path: Path, keys: dict[str, Path]) -> Case:
    high = step(
        "selinux", danger=Danger(level="high", why=words("may not boot")),
        acknowledged="窗口内有人值守", reboot=("SELinux",),
    )
    subjects = (subject("web01", steps=(step(), high)), subject("db01"))
    return make(tmp_path, keys, plan(subjects=subjects))


def make(root: Path, keys: dict[str, Path], given: Plan) -> Case:
    project = make_project(root)
    people: dict[str, Any] = {**PEOPLE, "li": {**PEOPLE["li"], "logins": [this_login()]}}
    lines = [signer_line(f"{name}@example.cn", keys[name]) for name in ("zhang", "li")]
    write_people(root / "policies", lines, people)
    return Case(project, given, save(given, project.store / "plans" / given.id))


def test_another_person_approves_and_it_is_on_record(case: Case, keys: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="nobody approved it"):
        case.holds()
    done = case.approve("--key", keys["li"])
    assert done.code == 0, done.err
    digest = load(case.path)[1]
    for word in (digest, "zhang", "web01, db01", "3 (0 by hand)", "high 1", "may not boot",
                 "窗口内有人值守", "reboots", "李四 (li), SHA256:"):
        assert word in done.out
    assert case.holds() == ["li"]
    assert verify(case.project.store).ok
    assert case.project.run("verify").code == 0
    (copy,) = (case.path.parent / "approvals").glob("*.json")
    assert json.loads(copy.read_text("utf-8"))["digest"] == digest
    assert "PRIVATE KEY" not in done.out + done.err


def test_json_says_the_same(case: Case, keys: dict[str, Path]) -> None:
    done = case.project.run("approve", case.path, "--key", keys["li"], "--json")
    found = done.json
    assert found["digest"] == found["approval"]["digest"] == load(case.path)[1]
    assert found["danger"] == {"none": 0, "low": 2, "medium": 0, "high": 1}
    assert found["approval"]["by"] == "li"
    assert Path(found["file"]).is_file()


def test_an_edit_afterwards_voids_the_approval(case: Case, keys: dict[str, Path]) -> None:
    assert case.approve("--key", keys["li"]).code == 0
    changed = case.plan.model_copy(update={"ticket": "T-2"})
    case.path.chmod(0o600)
    case.path.write_bytes(canonical(changed))
    with pytest.raises(InputError, match="for another digest"):
        case.holds()
    case.path.write_bytes(canonical(case.plan) + b"\n")
    with pytest.raises(InputError, match="not the text that was saved"):
        case.holds()
    assert case.approve("--key", keys["li"]).code == 3
    case.path.write_bytes(canonical(case.plan))
    assert case.holds() == ["li"]


def test_the_command_says_why_not_and_that_nothing_happened(
    case: Case, keys: dict[str, Path],
) -> None:
    planner = case.approve("--key", keys["zhang"])
    assert planner.code == 3
    assert "张三 planned it; another person must approve" in planner.err
    assert recorded(Store.open(case.project.store), case.plan.id) == []


def test_a_stranger_is_refused(
    case: Case, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "a stranger's: SHA256:" in case.refused(monkeypatch, key=keys["stranger"])


def test_the_planners_login_is_refused_whatever_the_key(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = make(tmp_path, keys, plan(planner_login=this_login()))
    # The key does not exist: it is said before anybody is asked for a passphrase.
    said = own.refused(monkeypatch, key=tmp_path / "none")
    assert said.endswith("is the planner's; another person must approve")


def test_an_expired_plan_is_refused(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = make(tmp_path, keys, plan(expires="2026-11-20T11:00:00Z"))
    assert "the plan expired at 2026-11-20T11:00:00Z" in late.refused(monkeypatch, key=keys["li"])


def test_paper_is_registered_against_the_same_digest(case: Case, tmp_path: Path) -> None:
    scan = tmp_path / "签字扫描件.pdf"
    scan.write_bytes(b"%PDF-1.7 signed")
    done = case.approve("--paper", scan, "--by", "王五", "--json")
    assert done.code == 0, done.err
    assert case.holds() == ["wang"]
    assert done.json["approval"]["registrar"] == "li"
    store = Store.open(case.project.store)
    assert store.get(store.details(done.json["run"]).outputs["blobs"]["scan"]) == scan.read_bytes()
    assert verify(store).ok


@pytest.mark.parametrize(
    ("by", "said"),
    [("张三", "张三 planned it"), ("赵六", "has not the role"), ("钱七", "no such person")],
)
def test_paper_of_the_wrong_person_is_refused(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str, said: str,
) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF")
    assert said in case.refused(monkeypatch, paper=scan, by=by)


NONE, EMPTY = Path("none.pdf"), Path("empty.pdf")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paper": NONE}, "go together"),
        ({"by": "王五"}, "go together"),
        ({"paper": NONE, "by": "王五"}, "none.pdf: cannot be read"),
        ({"paper": EMPTY, "by": "王五"}, "it has 0 bytes"),
        ({"paper": NONE, "by": "王五", "key": NONE}, "give one"),
        ({"key": NONE}, "ssh-keygen did not sign"),
        ({}, "no key of your agent or ~/.ssh is in"),
        ({"plan": "rotate-2026"}, "the store holds harden-20261121-3fa9c1"),
    ],
)
def test_bad_options_are_named(
    case: Case, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], said: str,
) -> None:
    (case.project.root / EMPTY).touch()
    monkeypatch.chdir(case.project.root)
    monkeypatch.setenv("HOME", str(case.project.root))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert said in case.refused(monkeypatch, **options)
