"""An approval holds for one digest, by another person than the planner, with their own key."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import InputError
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from opsrunner.plan import approvals
from opsrunner.plan.approval import Approval, Trust, faults, require_approval
from opsrunner.plan.file import canonical, digest
from opsrunner.plan.models import Plan
from opsrunner.plan.people import load_people
from opsrunner.plan.signature import own_key, sign, signed_by
from opsrunner.plan.signers import load_signers
from tests.unit.plan.plans import make_key, plan, signer_line, write_people

NOW = datetime(2026, 11, 21, 4, 0, 0, tzinfo=UTC)
PLAN = plan("web01", "db01")
DIGEST = digest(canonical(PLAN))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    names = ("zhang", "li", "zhao", "stranger", "early", "late")
    return {name: make_key(folder, name) for name in names}


@pytest.fixture
def trust(tmp_path: Path, keys: dict[str, Path]) -> Trust:
    ours = 'namespaces="opsrunner-plan"'
    return trust_of(tmp_path / "policies", [
        signer_line("zhang@example.cn", keys["zhang"]),
        signer_line("li@example.cn", keys["li"]),
        signer_line("zhao@example.cn", keys["zhao"]),
        signer_line("li@example.cn", keys["early"], f'{ours},valid-after="20270101Z"'),
        signer_line("li@example.cn", keys["late"], f'{ours},valid-before="20261101Z"'),
    ])


def trust_of(policies: Path, lines: list[str]) -> Trust:
    people = load_people(write_people(policies, lines))
    return Trust(people, load_signers(policies, people))


def signed(key: Path, **more: Any) -> Approval:  # noqa: ANN401 - an approval's fields
    signature = sign(more.get("digest", DIGEST), key)
    fields: dict[str, Any] = {
        "plan": PLAN.id, "digest": DIGEST, "kind": "signature", "by": "li", "name": "李四",
        "login": "li", "registrar": "li", "at": "2026-11-21T03:00:00Z",
        "principal": "li@example.cn", "fingerprint": signed_by(signature), "signature": signature,
    }
    return Approval(**{**fields, **more})


def paper(**more: Any) -> Approval:  # noqa: ANN401 - an approval's fields
    fields: dict[str, Any] = {
        "plan": PLAN.id, "digest": DIGEST, "kind": "paper", "by": "wang", "name": "王五",
        "login": "li", "registrar": "li", "at": "2026-11-21T03:00:00Z", "scan": "签字.pdf",
        "scan_sha256": "d" * 64,
    }
    return Approval(**{**fields, **more})


def said(approval: Approval, trust: Trust, *, of: Plan = PLAN, now: datetime = NOW) -> str:
    return " | ".join(faults(approval, of, digest(canonical(of)), trust, now))


def test_another_persons_signature_holds(keys: dict[str, Path], trust: Trust) -> None:
    assert said(signed(keys["li"]), trust) == ""


def test_any_edit_of_the_plan_voids_it(keys: dict[str, Path], trust: Trust) -> None:
    approval = signed(keys["li"])
    for changed in (plan("web01"), plan("web01", "db01", ticket="T"), plan("web01", "db02")):
        found = said(approval, trust, of=changed)
        assert "for another digest" in found
        assert "does not hold" in found  # nor does the signature itself


def test_a_record_with_todays_digest_does_not_make_yesterdays_signature_hold(
    keys: dict[str, Path], trust: Trust,
) -> None:
    other = plan("web01")
    forged = signed(keys["li"]).model_copy(update={"digest": digest(canonical(other))})
    assert "does not hold" in said(forged, trust, of=other)


def test_a_stranger_is_named_as_one(keys: dict[str, Path], trust: Trust) -> None:
    assert "signed by a stranger" in said(signed(keys["stranger"]), trust)


def test_the_planner_approves_by_no_way(keys: dict[str, Path], trust: Trust) -> None:
    own = signed(keys["zhang"], by="zhang", name="张三", login="zhang", registrar="zhang",
                 principal="zhang@example.cn")
    assert "张三 planned it" in said(own, trust)
    assert "the login zhang is the planner's" in said(own, trust)
    other_login = signed(keys["zhang"], by="zhang", name="张三", principal="zhang@example.cn")
    assert said(other_login, trust) == "张三 planned it; another person must approve"
    second_account = signed(keys["li"], login="zhang-adm", registrar="zhang")
    assert said(second_account, trust) == (
        "the login zhang-adm is the planner's; approve under your own"
    )


def test_the_planners_key_under_another_name_is_the_planners(
    keys: dict[str, Path], trust: Trust,
) -> None:
    borrowed = signed(keys["zhang"])
    assert f"the key {borrowed.fingerprint} is the planner's" in said(borrowed, trust)
    assert "the signature is by zhang" in said(borrowed, trust)


def test_who_planned_is_known_by_the_login_too(keys: dict[str, Path], trust: Trust) -> None:
    posing = plan("web01", "db01", planner="zhao", planner_login="li")
    approval = signed(keys["li"], digest=digest(canonical(posing)), login="zhao")
    assert "李四 planned it" in said(approval, trust, of=posing)


def test_only_who_has_the_role_approves(keys: dict[str, Path], trust: Trust) -> None:
    approval = signed(keys["zhao"], by="zhao", name="赵六", login="zhao", registrar="zhao",
                      principal="zhao@example.cn")
    assert "赵六 (zhao) has not the role 'approve'" in said(approval, trust)


@pytest.mark.parametrize("key", ["early", "late"])
def test_a_key_out_of_its_time_signs_nothing(
    keys: dict[str, Path], trust: Trust, key: str,
) -> None:
    assert "does not hold at 2026-11-21T03:00:00" in said(signed(keys[key]), trust)


def test_a_key_withdrawn_since_signs_nothing_either(
    keys: dict[str, Path], tmp_path: Path,
) -> None:
    approval = signed(keys["li"])
    before = trust_of(tmp_path, [signer_line("li@example.cn", keys["li"])])
    assert said(approval, before) == ""
    line = signer_line("li@example.cn", keys["li"],
                       'namespaces="opsrunner-plan",valid-before="202611210330Z"')
    ended = trust_of(tmp_path, [line])
    assert "does not hold at 2026-11-21T04:00:00" in said(approval, ended)
    assert "signed by a stranger" in said(approval, trust_of(tmp_path, []))


def test_another_namespace_is_another_statement(keys: dict[str, Path], trust: Trust) -> None:
    done = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(keys["li"])],
        input=f"{DIGEST}\n".encode(), capture_output=True, check=True,
    )
    approval = signed(keys["li"], signature=done.stdout.decode())
    assert "does not hold" in said(approval, trust)


def test_an_approval_is_given_while_the_plan_holds(keys: dict[str, Path], trust: Trust) -> None:
    assert "it was given at" in said(signed(keys["li"], at="2026-11-20T09:59:59Z"), trust)


def test_paper_needs_a_scan_a_person_and_somebody_who_registers(trust: Trust) -> None:
    assert said(paper(), trust) == ""
    assert "has no scan" in said(paper(scan_sha256=""), trust)
    assert "nobody's login" in said(paper(login="x", registrar=""), trust)
    assert "张三 planned it" in said(paper(by="zhang", name="张三"), trust)
    assert "is the planner's" in said(paper(login="zhang", registrar="zhang"), trust)
    assert "not the role" in said(paper(by="zhao", name="赵六"), trust)


def test_an_expired_plan_is_applied_by_nobody(keys: dict[str, Path], trust: Trust) -> None:
    short = plan("web01", expires="2026-11-21T04:00:00Z")
    sha = digest(canonical(short))
    approval = signed(keys["li"], digest=sha)
    assert require_approval(short, sha, [approval], trust, NOW - timedelta(seconds=1))
    with pytest.raises(InputError, match="the plan expired at 2026-11-21T04:00:00Z"):
        require_approval(short, sha, [approval], trust, NOW)


def test_one_that_holds_is_enough_and_none_says_all_reasons(
    keys: dict[str, Path], trust: Trust,
) -> None:
    good, bad = signed(keys["li"]), signed(keys["stranger"])
    assert require_approval(PLAN, DIGEST, [bad, good], trust, NOW) == [good]
    with pytest.raises(InputError) as caught:
        require_approval(PLAN, DIGEST, [bad, paper(scan_sha256="")], trust, NOW)
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="nobody approved it"):
        require_approval(PLAN, DIGEST, [], trust, NOW)


@given(st.binary(max_size=80), st.booleans())
def test_what_is_no_signature_is_said_to_be_none(raw: bytes, magic: bool) -> None:  # noqa: FBT001 - drawn
    body = base64.b64encode((b"SSHSIG\0\0\0\1" if magic else b"") + raw).decode()
    text = f"-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n"
    try:
        assert signed_by(text).startswith("SHA256:")
    except ValueError as error:
        assert str(error).startswith("it is")  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN SSH SIGNATURE-----!-----END SSH SIGNATURE-----"],
)
def test_garbage_for_a_signature_is_a_fault(
    keys: dict[str, Path], trust: Trust, text: str,
) -> None:
    assert "cannot be read" in said(signed(keys["li"], signature=text), trust)


def test_a_key_with_a_passphrase_signs_once_a_person_typed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    word = "correct horse"
    locked = make_key(tmp_path, "locked", word)
    asked = tmp_path / "askpass"  # stands for the person at the terminal
    monkeypatch.setenv("SSH_ASKPASS", str(asked))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    for typed, signs in (("wrong", False), (word, True)):
        asked.write_text(f"#!/bin/sh\necho '{typed}'\n")
        asked.chmod(0o755)
        if signs:
            assert signed_by(sign(DIGEST, locked))
        else:
            with pytest.raises(InputError, match="ssh-keygen did not sign"):
                sign(DIGEST, locked)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    socket = str(tmp_path / "agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", socket)
    while not Path(socket).exists():
        assert process.poll() is None
    yield socket
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("agent")
def test_the_agents_key_signs_without_its_file(
    keys: dict[str, Path], trust: Trust, tmp_path: Path,
) -> None:
    subprocess.run(["ssh-add", "-q", str(keys["stranger"])], check=True)
    with pytest.raises(InputError, match="no key of your agent"):
        own_key(trust.signers, tmp_path, tmp_path)
    subprocess.run(["ssh-add", "-q", str(keys["li"])], check=True)
    key = own_key(trust.signers, tmp_path, tmp_path)
    assert key.suffix == ".pub"
    assert not key.with_suffix("").exists()
    assert said(signed(key), trust) == ""


def test_the_key_in_the_home_folder_is_found(
    keys: dict[str, Path], trust: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir()
    for name, key in (("id_rsa", keys["li"]), ("id_ed25519", keys["stranger"])):
        for suffix in ("", ".pub"):
            os.link(key.with_suffix(suffix), tmp_path / ".ssh" / f"{name}{suffix}")
    assert own_key(trust.signers, tmp_path, tmp_path).name == "id_rsa"


def test_what_is_on_record_is_what_was_approved(
    keys: dict[str, Path], trust: Trust, tmp_path: Path,
) -> None:
    store = Store.open(tmp_path / "store")
    one = approvals.record(store, PLAN, canonical(PLAN), signed(keys["li"]))
    two = approvals.record(store, PLAN, canonical(PLAN), paper(), scan=b"%PDF")
    other = plan("web01", id="harden-20261121-000000")
    approvals.record(store, other, canonical(other), paper(plan=other.id))
    assert approvals.recorded(store, PLAN.id) == [one, two]
    assert require_approval(
        PLAN, DIGEST, [each.approval for each in approvals.recorded(store, PLAN.id)], trust, NOW,
    ) == [one.approval, two.approval]
    details = store.details(two.run)
    assert store.get(details.outputs["blobs"]["scan"]) == b"%PDF"
    assert store.get(details.inputs["plan"]) == canonical(PLAN)
    assert verify(store).ok
    blob = store.blobs.path(details.outputs["blobs"]["approval"])
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    assert not verify(store).ok


def test_the_copies_beside_the_plan_can_be_checked_with_ssh_keygen(
    keys: dict[str, Path], trust: Trust, tmp_path: Path,
) -> None:
    folder = tmp_path / PLAN.id
    folder.mkdir()
    done = approvals.Recorded(signed(keys["li"]), "20261121T030000Z-0000", "head")
    path = approvals.copy(folder, done.run, done.approval)
    assert Approval.model_validate_json(path.read_bytes()) == done.approval
    (folder / "plan.json").write_bytes(canonical(PLAN))
    command = (
        f"sha256sum plan.json | cut -c 1-64 | ssh-keygen -Y verify -f {trust.signers.path} "
        f"-I li@example.cn -n opsrunner-plan -s approvals/{done.run}.sig"
    )
    good = subprocess.run(["sh", "-c", command], cwd=folder, check=False, capture_output=True)
    assert good.returncode == 0
    (folder / "plan.json").write_bytes(canonical(PLAN) + b" ")
    bad = subprocess.run(["sh", "-c", command], cwd=folder, check=False, capture_output=True)
    assert bad.returncode != 0


def test_a_scans_name_leads_nowhere_else(tmp_path: Path) -> None:
    done = approvals.Recorded(paper(scan="../../../etc/x y.pdf"), "r1", "head")
    approvals.copy(tmp_path, done.run, done.approval, b"scan")
    assert sorted(path.name for path in (tmp_path / "approvals").iterdir()) == [
        "r1-.._.._.._etc_x_y.pdf", "r1.json",
    ]
