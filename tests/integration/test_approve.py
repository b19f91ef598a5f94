"""``opsrunner approve``, the real command: who may say yes to what, and what it leaves behind."""

from __future__ import annotations

import json
import subprocess
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
from opsrunner.plan.approvals import recorded, withdrawals
from opsrunner.plan.file import canonical, load, save
from opsrunner.plan.journal import FILE, Journal, Note
from opsrunner.plan.models import Danger, Plan
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signers import load_signers
from opsrunner.plan.states import State
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
    return {name: make_key(folder, name) for name in ("zhang", "li", "zhao", "stranger")}


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
    lines = [signer_line(f"{name}@example.cn", keys[name]) for name in ("zhang", "li", "zhao")]
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


def elsewhere(
    case: Case, folder: Path, key: Path, namespace: str = "opsrunner-plan",
) -> Path:
    """Sign on another machine, as the documentation says; return the signature."""
    file = folder / "plan.digest"
    assert case.approve("--digest-file", file).code == 0
    assert file.read_bytes() == (case.path.parent / "plan.digest").read_bytes()  # as plan wrote it
    return sign_there(file, key, namespace)


def sign_there(file: Path, key: Path, namespace: str = "opsrunner-plan") -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(file)], check=True,
        stderr=subprocess.DEVNULL,
    )
    return file.with_name(f"{file.name}.sig")


def test_a_signature_made_on_another_machine_counts_as_one_made_here(
    case: Case, keys: dict[str, Path], tmp_path: Path,
) -> None:
    signature = elsewhere(case, tmp_path, keys["li"])
    done = case.approve("--signature", signature, "--by", "李四", "--json")
    assert done.code == 0, done.err
    assert case.holds() == ["li"]
    found = done.json["approval"]
    assert (found["kind"], found["signature"]) == ("signature", signature.read_text("ascii"))
    assert case.project.run("verify").code == 0


@pytest.mark.parametrize(
    "given",
    [
        ("li", "李四", "file", "does not hold"),
        ("stranger", "李四", "opsrunner-plan", "a stranger's: SHA256:"),
        ("zhang", "张三", "opsrunner-plan", "张三 planned it; another person must approve"),
        ("zhang", "李四", "opsrunner-plan", "is by 张三 (zhang), not by 李四"),
        ("zhao", "赵六", "opsrunner-plan", "has not the role 'approve'"),
        ("li", "钱七", "opsrunner-plan", "no such person"),
    ],
)
def test_a_signature_made_elsewhere_is_refused_for_all_that_one_made_here_is(
    case: Case, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    given: tuple[str, str, str, str],
) -> None:
    key, by, namespace, said = given
    signature = elsewhere(case, tmp_path, keys[key], namespace)
    assert said in case.refused(monkeypatch, signature=signature, by=by)


@pytest.mark.parametrize(
    "digest", ["0" * 64 + "\n", ""], ids=["another digest", "the digest without its line feed"],
)
def test_a_signature_over_anything_else_is_refused(
    case: Case, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, digest: str,
) -> None:
    file = tmp_path / "other"
    file.write_text(digest or load(case.path)[1], encoding="ascii")
    signature = sign_there(file, keys["li"])
    assert "does not hold" in case.refused(monkeypatch, signature=signature, by="李四")


def test_a_signature_for_an_expired_plan_is_refused(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = make(tmp_path, keys, plan(expires="2026-11-20T11:00:00Z"))
    signature = elsewhere(late, tmp_path, keys["li"])
    assert "the plan expired" in late.refused(monkeypatch, signature=signature, by="李四")


def test_the_planner_registers_nobodys_signature(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = make(tmp_path, keys, plan(planner_login=this_login()))
    signature = elsewhere(own, tmp_path, keys["li"])
    assert "is the planner's" in own.refused(monkeypatch, signature=signature, by="李四")


@pytest.mark.parametrize("content", [b"", b"no signature", b"\xff\xfe", b"x" * 70000])
def test_what_is_no_signature_is_named(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes,
) -> None:
    file = tmp_path / "x.sig"
    file.write_bytes(content)
    assert "--signature" in case.refused(monkeypatch, signature=file, by="李四")


def test_a_withdrawn_approval_is_void_for_good_and_on_record(
    case: Case, keys: dict[str, Path], tmp_path: Path,
) -> None:
    signature = elsewhere(case, tmp_path, keys["li"])
    assert "nobody approved it yet" in case.approve("--withdraw", "--reason", "x").err
    assert case.approve("--key", keys["li"]).code == 0
    done = case.approve("--withdraw", "--reason", "业务高峰提前", "--json")
    assert done.code == 0, done.err
    assert done.json["withdrawal"]["by"] == "li"
    assert done.json["running"] == []
    assert Path(done.json["file"]).is_file()
    store = Store.open(case.project.store)
    (withdrawn,) = withdrawals(store, case.plan.id)
    assert withdrawn.reason == "业务高峰提前"
    assert verify(store).ok
    again = [("--withdraw", "--reason", "x"), ("--key", keys["li"]),
             ("--signature", signature, "--by", "李四")]
    for way in again:  # the same signature, handed in once more, revives nothing
        refused = case.approve(*way)
        assert refused.code == 3
        assert "李四 (li) withdrew the approval at" in refused.err
        assert "业务高峰提前" in refused.err
    done = case.project.run("papers", case.plan.id, "--format", "html", "--output", tmp_path / "p")
    assert done.code == 0, done.err
    page = (tmp_path / "p" / "plan.html").read_text("utf-8")
    assert "批准已撤回" in page
    assert "业务高峰提前" in page


@pytest.mark.parametrize(("state", "code"), [(State.VERIFIED, 3), (State.BEGUN, 0)])
def test_what_was_carried_out_on_all_hosts_cannot_be_withdrawn(
    case: Case, keys: dict[str, Path], state: State, code: int,
) -> None:
    assert case.approve("--key", keys["li"]).code == 0
    way = (State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED, State.VERIFIED)
    with Journal.begin(case.path.parent / FILE, plan=case.plan.id, digest=load(case.path)[1],
                       run="r1", subjects=["web01", "db01"]) as journal:
        for name in ("web01", "db01"):
            upto = way if name == "db01" else way[: way.index(state) + 1]
            journal.append([Note(name, one) for one in upto])
    done = case.approve("--withdraw", "--reason", "x")
    assert done.code == code
    assert ("take it back with  opsrunner undo" in done.err) == (code == 3)


def test_who_is_no_approver_withdraws_nothing(
    case: Case, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert case.approve("--key", keys["li"]).code == 0
    people: dict[str, Any] = {
        **PEOPLE, "zhao": {**PEOPLE["zhao"], "logins": [this_login()]},
    }
    lines = [signer_line("li@example.cn", keys["li"])]
    write_people(case.project.root / "policies", lines, people)
    monkeypatch.setenv("OPSRUNNER_ROOT", str(case.project.root))
    monkeypatch.setenv("OPSRUNNER_STORE", str(case.project.store))
    with pytest.raises(InputError, match="赵六 has not the role 'approve'"):
        approve(plan=case.plan.id, withdraw=True, reason="x")
    assert case.holds() == ["li"]


def test_a_copy_of_a_plan_is_neither_approved_nor_carried_out(
    case: Case, keys: dict[str, Path], tmp_path: Path,
) -> None:
    """A second folder would mean a second journal: carried out twice, by two at once."""
    assert case.approve("--key", keys["li"]).code == 0
    other = tmp_path / "copy" / "plan.json"
    other.parent.mkdir()
    other.write_bytes(case.path.read_bytes())
    for command in (("apply", other), ("resume", other), ("undo", other),
                    ("approve", other, "--key", keys["li"])):
        done = case.project.run(*command)
        assert done.code == 3
        assert "is a copy; what is carried out is" in done.err
    assert not (other.parent / FILE).exists()


NONE, EMPTY = Path("none.pdf"), Path("empty.pdf")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paper": NONE}, "go together"),
        ({"by": "王五"}, "go together"),
        ({"paper": NONE, "by": "王五"}, "none.pdf: cannot be read"),
        ({"paper": EMPTY, "by": "王五"}, "it has 0 bytes"),
        ({"paper": NONE, "by": "王五", "key": NONE}, "give one"),
        ({"paper": Path("x" * 197 + ".pdf"), "by": "王五"}, "name of the scan must be one line"),
        ({"paper": Path("x\ny.pdf"), "by": "王五"}, "name of the scan must be one line"),
        ({"key": NONE}, "ssh-keygen did not sign"),
        ({"signature": NONE}, "go together"),
        ({"signature": NONE, "by": "李四", "withdraw": True, "reason": "x"}, "give one"),
        ({"signature": NONE, "by": "李四"}, "none.pdf: cannot be read"),
        ({"withdraw": True}, "go together: say why"),
        ({"reason": "x"}, "go together: say why"),
        ({"withdraw": True, "reason": "x" * 201}, "one line of at most 200"),
        ({"withdraw": True, "reason": "x\ny"}, "one line of at most 200"),
        ({"digest_file": Path("none/x")}, "cannot be written"),
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
