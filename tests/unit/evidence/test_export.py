"""An export is proved by unpacking it and running its own README, as an assessor would."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence.export import export, readme
from opsrunner.evidence.export.archive import safe_name
from opsrunner.evidence.store import Store
from tests.unit.evidence.recording import alter, attempt, begin, flip, record_run, subject

HOSTILE = ["../../etc/passwd", "C:\\nul", "-rf", "\x1b[2J\n", "主机一", "a" * 300]


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Given a folder and a command of the README, run it there; dash, not bash."""
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )


def proves(folder: Path) -> bool:
    """Run every command that the README gives and return whether all are content."""
    text = (folder / "README.txt").read_text("utf-8")
    commands = (readme.SUMS, readme.SIGNATURE, readme.FINGERPRINT, readme.HEAD, readme.CHAIN)
    assert all(command in text for command in commands)
    ran = [shell(folder, command) for command in commands]
    chain = ran[-1].stdout
    return (
        all(one.returncode == 0 for one in ran)
        and ran[0].stdout == "OK\n"
        and "BROKEN" not in chain
        and chain == "OK: the chain ends at the signed head\n"
    )


def unpack(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


@pytest.fixture
def unpacked(store: Store, tmp_path: Path) -> Path:
    """Return the folder of an unpacked export, with another run amid the run's records."""
    document = tmp_path / "访谈 记录.pdf"
    document.write_bytes(b"%PDF")
    with begin(store, ["web-01", "主机"]) as run:
        run.subject(subject(store, "web-01"))
        run.flush()
        record_run(store, ["secret-host"])
        statement = {"rule": None, "clause": "8.1.1", "verdict": "符合", "by": "李", "note": ""}
        store.attach(file=document, subject="web-01", valid_until=None, **statement)  # type: ignore[arg-type]
        store.attach(file=document, subject="secret-host", valid_until=None, **statement)  # type: ignore[arg-type]
        run.subject(subject(store, "主机"))
        run.finish(outputs={"blobs": {"report": store.put(b"<html>")}})
    return unpack(export(store, run.run.id, tmp_path / "run.zip"), tmp_path / "unpacked")


def test_the_readme_proves_the_export(unpacked: Path) -> None:
    assert proves(unpacked)
    listed = {line[66:] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {str(p.relative_to(unpacked)) for p in unpacked.rglob("*") if p.is_file()}
    assert there == listed | {"SHA256SUMS", "SHA256SUMS.sig"}


def test_a_flipped_byte_in_any_file_shows(unpacked: Path) -> None:
    for path in sorted(path for path in unpacked.rglob("*") if path.is_file()):
        if path.name in ("README.txt", "signing.pub"):
            continue  # the first is what is followed, the second is shown; step 1 covers both
        middle = path.stat().st_size // 2
        flip(path, middle)
        assert not proves(unpacked), path
        flip(path, middle)
    assert proves(unpacked)


def test_a_record_changed_together_with_its_sum_shows_in_the_chain(unpacked: Path) -> None:
    path = unpacked / "records.jsonl"
    path.write_text(path.read_text("utf-8").replace('"fail":1', '"fail":0'), "utf-8")
    assert "BROKEN record" in shell(unpacked, readme.CHAIN).stdout
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], *lines[3:]]) + "\n", "utf-8")
    assert "BROKEN link" in shell(unpacked, readme.CHAIN).stdout


def test_blobs_are_as_stored_and_readable_too(unpacked: Path, store: Store) -> None:
    manifest = json.loads((unpacked / "manifest.json").read_bytes())
    assert (manifest["format"], manifest["run"]["status"]) == (1, "finished")
    for name, sha in manifest["readable"].items():
        assert (unpacked / name).read_bytes() == store.get(sha)
        stored = (unpacked / "blobs" / sha[:2] / f"{sha}.zst").read_bytes()
        assert hashlib.sha256(stored).hexdigest() == sha
    assert (unpacked / "documents/0001-x.pdf").read_bytes() == b"%PDF"
    assert (unpacked / "inputs/run-policies.txt").read_bytes() == b"rules: []\n"
    assert json.loads((unpacked / "inputs/subjects.txt").read_bytes()) == ["web-01", "主机"]


def test_nothing_of_other_runs_is_handed_over(unpacked: Path) -> None:
    lines = (unpacked / "records.jsonl").read_text("utf-8").splitlines()
    assert sum(json.loads(line)["record"] is None for line in lines) == 5
    everything = b"".join(path.read_bytes() for path in unpacked.rglob("*") if path.is_file())
    assert b"secret-host" not in everything
    assert b"web-01" in everything


def test_the_same_run_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    run_id = record_run(store)
    one = export(store, run_id, tmp_path / "one.zip").read_bytes()
    record_run(store)
    assert export(store, run_id, tmp_path / "two.zip").read_bytes() == one


def test_hostile_names_become_safe_paths(store: Store, tmp_path: Path) -> None:
    run_id = record_run(store, HOSTILE)
    archive = export(store, run_id, tmp_path / "run.zip")
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            assert name.isascii()
            assert name.isprintable()
            assert "\\" not in name
            assert not {"..", "", "/"} & set(PurePosixPath(name).parts)
            assert not any(part.startswith((".", "-")) for part in PurePosixPath(name).parts)
    assert proves(unpack(archive, tmp_path / "unpacked"))


@given(st.text())
def test_a_safe_name_is_one_plain_part(text: str) -> None:
    name = safe_name(text)
    assert PurePosixPath(name).parts == (name,)
    assert name.isascii()
    assert 0 < len(name) <= 60
    assert name.strip("._-") == name


def test_a_run_that_did_not_finish_is_not_exported(store: Store, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(store, [], error=KeyboardInterrupt())
    with pytest.raises(InputError, match="nothing of it is believed"):
        export(store, "latest", tmp_path / "run.zip")
    assert not list(tmp_path.glob("*.zip"))


def test_broken_evidence_is_not_exported(store: Store, tmp_path: Path) -> None:
    run_id = record_run(store)
    record = next(store.subject_records(run_id))
    flip(store.blobs.path(record.blobs["stable"]), 3)
    with pytest.raises(EvidenceError, match="was changed"):
        export(store, run_id, tmp_path / "run.zip")
    flip(store.blobs.path(record.blobs["stable"]), 3)
    alter(store, "UPDATE records SET body = replace(body, '0.5', '1.0') WHERE type = 'run_end'")
    with pytest.raises(EvidenceError, match="was changed"):
        export(store, run_id, tmp_path / "run.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_place_that_cannot_be_written_is_an_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot write"):
        export(store, record_run(store), tmp_path / "nowhere" / "run.zip")
