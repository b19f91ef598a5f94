"""Signed heads: made with the commit, provable with ssh-keygen, put right after a kill."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import Entry
from opsrunner.evidence.ledger import append
from opsrunner.evidence.schema import RecordType
from opsrunner.evidence.signing import EVIDENCE, EXPORT, PRINCIPAL, Signer
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from tests.unit.evidence.recording import attempt, record_run


def test_ssh_keygen_proves_the_head(store: Store) -> None:
    run_id = record_run(store)
    last = store.details(run_id).last
    head = store.root / "heads" / f"{last}.json"
    assert json.loads(head.read_bytes())["hash"] == store.head()
    command = ["ssh-keygen", "-Y", "verify", "-f", str(store.root / "keys/allowed_signers")]
    command += ["-I", PRINCIPAL, "-n", EVIDENCE, "-s", f"{head}.sig"]
    assert subprocess.run(command, input=head.read_bytes(), check=False).returncode == 0
    changed = head.read_bytes() + b" "
    assert subprocess.run(command, input=changed, check=False).returncode != 0


def test_a_signature_holds_in_its_namespace_only(store: Store, tmp_path: Path) -> None:
    signer = Signer(store.root / "keys")
    signature = tmp_path / "data.sig"
    signature.write_bytes(signer.sign(b"data", EVIDENCE))
    assert signer.fault(b"data", signature, EVIDENCE) is None
    assert signer.fault(b"data", signature, EXPORT)
    assert signer.fault(b"Data", signature, EVIDENCE)
    assert signer.fingerprint().startswith("SHA256:")


def test_the_key_is_made_once(store: Store) -> None:
    key = (store.root / "keys" / "signing").read_bytes()
    Store.open(store.root)
    assert (store.root / "keys" / "signing").read_bytes() == key


def test_a_run_that_cannot_be_signed_is_not_finished(store: Store) -> None:
    (store.root / "keys" / "signing").unlink()
    with pytest.raises(EvidenceError, match="ssh-keygen"):
        attempt(store, [])
    assert [run.status for run in store.runs()] == ["failed"]


def test_a_kill_before_the_commit_leaves_no_head(store: Store) -> None:
    entry = Entry("", RecordType.DOCUMENT, {"sha256": store.put(b"x")})
    with suppress(ZeroDivisionError), store.books.ledger.transaction() as connection:
        store.books.heads.prepare(append(connection, [entry]))
        raise ZeroDivisionError  # the commit never comes
    assert store.books.heads.pending() == [2]
    assert verify(store).ok
    Store.open(store.root)
    assert not list((store.root / "heads").iterdir())


@pytest.mark.parametrize("half", [False, True], ids=["none renamed", "signature renamed"])
def test_a_kill_after_the_commit_keeps_the_head(store: Store, *, half: bool) -> None:
    entry = Entry("", RecordType.DOCUMENT, {"sha256": store.put(b"x")})
    with store.books.ledger.transaction() as connection:
        record = append(connection, [entry])
        store.books.heads.prepare(record)
    heads = store.root / "heads"
    if half:
        (heads / "pending-2.json.sig").rename(heads / "2.json.sig")
    report = verify(store)
    assert report.ok
    assert any("head of record 2" in note for note in report.notes)
    Store.open(store.root)
    assert sorted(path.name for path in heads.iterdir()) == ["2.json", "2.json.sig"]
    assert verify(store).ok
    assert verify(store).notes == []


def test_a_lone_pending_signature_is_dropped(store: Store) -> None:
    (store.root / "heads" / "pending-9.json.sig").write_text("half")
    Store.open(store.root)
    assert not list((store.root / "heads").iterdir())
