"""Verification: every fault is found, the first is named, and a sound store has none."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.errors import InputError
from opsrunner.evidence import seal
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import VerifyReport, verify
from tests.unit.evidence.recording import (
    alter,
    attempt,
    begin,
    chain,
    flip,
    record_run,
    rewrite,
    subject,
)


@pytest.fixture
def recorded(store: Store) -> Store:
    """Return a store with two finished runs: records 2 to 6 and 7 to 11."""
    record_run(store)
    record_run(store, ["web-01", "web-02", "db-02"])
    return store


def first(report: VerifyReport) -> str:
    assert not report.ok
    assert report.broken >= len(report.breaks) >= 1
    return str(report.first)


def reseal(store: Store) -> None:
    """Seal anew, as an intruder who knows the store would."""
    seal.write(store.root, store.books.ledger)


def test_a_sound_store_holds(recorded: Store) -> None:
    report = verify(recorded, expect=recorded.head())
    assert (report.ok, report.first, report.notes) == (True, None, [])
    assert (report.records, report.runs, report.heads) == (11, 2, 2)
    assert report.blobs == len(list(recorded.root.glob("blobs/*/*")))
    assert report.head == recorded.head()


def test_every_blob_byte_is_hashed(recorded: Store) -> None:
    for path in recorded.root.glob("blobs/*/*"):
        offset = random.Random(path.name).randrange(path.stat().st_size)  # noqa: S311 - a test
        flip(path, offset)
        report = verify(recorded)
        place = f"blobs/{path.parent.name}/{path.name}: was changed: its bytes now hash to"
        assert first(report).startswith(place)
        assert report.broken == 1
        flip(path, offset)
    assert verify(recorded).ok


def test_a_broken_blob_is_named_with_who_rests_on_it(recorded: Store) -> None:
    record = next(recorded.subject_records(recorded.run("latest").id))
    path = recorded.blobs.path(record.blobs["stable"])
    flip(path, 5)
    assert "record 3 of run" in first(verify(recorded))
    assert "('web-01') as 'stable' rests on it" in first(verify(recorded))
    path.unlink()
    assert f"blobs/{path.parent.name}/{path.name}: is missing" in first(verify(recorded))


def test_unreferenced_blobs_are_listed_and_still_hashed(recorded: Store) -> None:
    sha = recorded.put(b"left by a run that was interrupted")
    report = verify(recorded)
    assert (report.ok, report.unreferenced) == (True, [sha])
    flip(recorded.blobs.path(sha), 3)
    assert first(verify(recorded)).endswith("no record names it")


@pytest.mark.parametrize("name", ["note.txt", "ab/ab.zst", "00/" + "f" * 64 + ".zst"])
def test_a_stray_file_among_the_blobs_is_named(recorded: Store, name: str) -> None:
    (recorded.root / "blobs" / name).write_bytes(b"x")
    assert first(verify(recorded)).endswith("is no blob of the store")


@pytest.mark.parametrize(
    "change",
    [
        "run_id = replace(run_id, '2', '3')",
        "type = 'run_begin'",
        "wall = '2020-01-01T00:00:00.000000Z'",
        "monotonic_ns = 5",
        "body = replace(body, 'web-02', 'web-03')",
        "body = CAST('{' AS BLOB)",
        "prev = hash",
        "hash = prev",
        "monotonic_ns = 'x'",
    ],
)
def test_a_changed_column_is_named_by_record(recorded: Store, change: str) -> None:
    alter(recorded, f"UPDATE records SET {change} WHERE seq = 4")  # noqa: S608 - a test's own SQL
    reseal(recorded)
    assert first(verify(recorded)).startswith("record 4")


def test_a_removed_record_is_named(recorded: Store) -> None:
    alter(recorded, "DELETE FROM records WHERE seq = 4")
    reseal(recorded)
    assert first(verify(recorded)).startswith("record 4: missing: record 5 of run")
    alter(recorded, "DELETE FROM records WHERE seq IN (5, 6)")
    reseal(recorded)
    assert first(verify(recorded)).startswith("records 4 to 6: missing: record 7")


def test_a_record_with_its_hash_made_anew_breaks_the_next_link(recorded: Store) -> None:
    changed = chain(recorded)[3]
    body = changed.body.replace('"fail":1', '"fail":0')
    digest = replace(changed, body=body).digest
    alter(recorded, "UPDATE records SET body = ?, hash = ? WHERE seq = 4", body, digest)
    reseal(recorded)
    assert "its link does not hold: record 4 has hash" in first(verify(recorded))


def test_a_chain_made_anew_does_not_fit_its_signed_heads(recorded: Store) -> None:
    head, records = recorded.head(), chain(recorded)
    records[3] = replace(records[3], body=records[3].body.replace('"fail":1', '"fail":0'))
    rewrite(recorded, records)
    reseal(recorded)
    assert first(verify(recorded)).startswith("heads/6.json: signs hash")
    report = verify(recorded, expect=head)
    assert "that record, or one before it, was rewritten" in str(report.breaks[-1])


def cut_off_last_run(store: Store) -> None:
    """Remove the last run with everything that would tell of it."""
    alter(store, "DELETE FROM records WHERE seq > 6")
    for path in store.root.glob("heads/11.json*"):
        path.unlink()
    reseal(store)


def test_only_an_expected_head_shows_a_careful_removal_at_the_end(recorded: Store) -> None:
    before, head = chain(recorded)[5].hash, recorded.head()
    cut_off_last_run(recorded)
    assert verify(recorded).ok  # the truth: from inside the store this cannot be seen
    assert verify(recorded, expect=before).ok
    told = first(verify(recorded, expect=head))
    assert told.startswith("--expect: ")
    assert "records were removed from the end" in told


@pytest.mark.parametrize(
    ("careless", "told"),
    [
        (lambda _: None, "heads/11.json: signs record 11, but the ledger ends at 6"),
        (
            lambda root: [path.unlink() for path in root.glob("heads/11.json*")],
            "ledger.seal: was made at record 11, the ledger ends at 6: records are gone",
        ),
    ],
    ids=["head left", "seal left"],
)
def test_a_careless_removal_at_the_end_shows_by_itself(
    recorded: Store, careless: Callable[[Path], object], told: str
) -> None:
    head = recorded.head()
    alter(recorded, "DELETE FROM records WHERE seq > 6")
    careless(recorded.root)
    assert first(verify(recorded)).startswith(told)
    report = verify(recorded, expect=head)
    assert any(one.place == "--expect" for one in report.breaks)


def test_what_is_no_head_cannot_be_expected(recorded: Store) -> None:
    with pytest.raises(InputError, match="is not a head"):
        verify(recorded, expect="abc")


def test_there_must_be_a_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no evidence store"):
        verify(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda root: (root / "heads/6.json").unlink(), "heads/6.json: cannot be read"),
        (lambda root: (root / "heads/6.json.sig").unlink(), "heads/6.json: its signature"),
        (lambda root: shutil.rmtree(root / "heads"), "heads/6.json: cannot be read"),
        (lambda root: shutil.rmtree(root / "keys"), "heads/6.json: its signature"),
        (lambda root: flip(root / "heads/6.json", 20), "heads/6.json: its signature"),
        (lambda root: flip(root / "heads/11.json.sig", 90), "heads/11.json: its signature"),
        (lambda root: (root / "keys/allowed_signers").unlink(), "heads/6.json: its signature"),
        (lambda root: (root / "ledger.seal").unlink(), "ledger.seal: is missing"),
        (lambda root: (root / "ledger.seal").write_text("{"), "ledger.seal: is missing or is no"),
        (lambda root: (root / "ledger.db").unlink(), "ledger.db: "),
        (lambda root: (root / "ledger.db").write_bytes(b""), "ledger.db: "),
        (lambda root: (root / "ledger.db").write_bytes(b"x" * 9000), "ledger.db: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_heads_seal_and_ledger_must_be_there(
    recorded: Store, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(recorded.root)
    assert first(verify(recorded.root)).startswith(told)


def test_heads_of_another_record_do_not_pass(recorded: Store) -> None:
    heads = recorded.root / "heads"
    for suffix in ("json", "json.sig"):
        shutil.copy(heads / f"6.{suffix}", heads / f"11.{suffix}")
        shutil.copy(heads / f"6.{suffix}", heads / f"9.{suffix}")
    report = verify(recorded)
    assert [one.place for one in report.breaks] == ["heads/11.json", "heads/9.json"]


def test_a_run_that_makes_no_sense_is_named(recorded: Store) -> None:
    """Each record is sound by itself and the chain holds; the story does not."""
    records = chain(recorded)
    for path in recorded.root.glob("heads/*"):
        path.unlink()
    rewrite(recorded, [replace(r, seq=n) for n, r in enumerate(records[:3] + records[4:6], 1)])
    reseal(recorded)
    assert "says 3 subjects were recorded; the chain holds 2" in first(verify(recorded))
    rewrite(recorded, [*records[:6], replace(records[4], seq=7)])
    reseal(recorded)
    assert "has not begun or has ended" in first(verify(recorded))
    rewrite(recorded, [replace(r, seq=n) for n, r in enumerate(records[1:], 1)])
    reseal(recorded)
    assert first(verify(recorded)).endswith("is not what a chain begins with")
    rewrite(recorded, [*records[:6], replace(records[0], seq=7)])
    reseal(recorded)
    assert first(verify(recorded)).endswith("begins a chain in the middle of one")
    rewrite(recorded, [*records[:6], replace(records[4], seq=7, run_id="")])
    reseal(recorded)
    assert "has not begun or has ended" in first(verify(recorded))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('{"blobs":', '{ "blobs":', "not canonical JSON"),
        ('"blobs":', '"blubs":', "has not the form of its type"),
        ('"stable":"', '"stable":"../', "is not the SHA-256 of a blob"),
    ],
)
def test_a_body_of_another_form_is_named(recorded: Store, old: str, new: str, told: str) -> None:
    records = chain(recorded)
    records[3] = replace(records[3], body=records[3].body.replace(old, new))
    rewrite(recorded, records)
    reseal(recorded)
    assert first(verify(recorded)).startswith("record 4 of run")
    assert told in first(verify(recorded))


def test_interrupted_runs_are_no_break(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(store, ["a", "b"], subject(store, "a"), error=KeyboardInterrupt())
    assert verify(store).ok


def test_a_run_being_recorded_is_no_break_and_is_told(recorded: Store) -> None:
    with begin(recorded, ["a"]) as run:
        run.subject(subject(recorded, "a"))
        run.flush()
        report = verify(recorded)
        assert report.ok
        assert "written to after its seal" in report.notes[0]
        run.finish(outputs={})
    assert verify(recorded).notes == []


def test_a_page_that_sqlite_cannot_read_is_told_without_a_traceback(store: Store) -> None:
    record_run(store, [f"host-{number:03}" for number in range(200)])
    path = store.root / "ledger.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    report = verify(store.root)
    assert first(report).startswith(("record ", "records "))
    assert any("malformed" in str(one) for one in report.breaks)
    assert any("SQLite" in str(one) or "seal" in str(one) for one in report.breaks)


def test_any_flipped_byte_of_the_ledger_file_is_found(recorded: Store) -> None:
    """All of the file's header, and bytes all over it, whether in use or not."""
    path = recorded.root / "ledger.db"
    size = path.stat().st_size
    spread = random.Random(7).sample(range(100, size), 60)  # noqa: S311 - repeatable on purpose
    for offset in [*range(0, 100, 3), *spread]:
        flip(path, offset)
        report = verify(recorded.root)
        assert not report.ok, f"byte {offset} of {size}"
        flip(path, offset)
    assert verify(recorded.root).ok


def test_an_unused_byte_is_found_by_the_seal_alone(recorded: Store) -> None:
    path = recorded.root / "ledger.db"
    unused = path.read_bytes().rindex(bytes(64)) + 32
    flip(path, unused)
    report = verify(recorded)
    assert report.broken == 1
    assert "the file hashes to" in first(report)


def test_verification_writes_nothing(recorded: Store) -> None:
    def everything() -> dict[str, tuple[int, bytes]]:
        files = (path for path in recorded.root.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = everything()
    assert verify(recorded.root).ok
    assert everything() == before
