"""The store: what is recorded is believed only when its run finished."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence import run as run_module
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from tests.unit.evidence.recording import alter, attempt, begin, chain, record_run, subject


def status(store: Store) -> list[str]:
    return [run.status for run in store.runs()]


def test_a_new_store_is_for_its_owner_only(store: Store) -> None:
    assert store.root.stat().st_mode & 0o777 == 0o700
    assert (store.root / "ledger.db").stat().st_mode & 0o777 == 0o600
    assert (store.root / "keys" / "signing").stat().st_mode & 0o777 == 0o600
    assert [record.type for record in chain(store)] == ["store"]
    assert verify(store).ok


def test_opening_again_changes_nothing(store: Store) -> None:
    record_run(store)
    before = (store.head(), (store.root / "ledger.db").read_bytes())
    again = Store.open(store.root)
    assert (again.head(), (store.root / "ledger.db").read_bytes()) == before
    assert verify(again).ok


def test_a_finished_run_tells_everything(store: Store) -> None:
    run_id = record_run(store)
    run = store.run("latest")
    assert (run.id, run.status, run.activity, run.operator) == (
        run_id,
        "finished",
        "check",
        "王工",
    )
    assert run.started.endswith("Z")
    assert run.ended is not None
    assert [record.id for record in store.subject_records(run_id)] == ["web-01", "web-02", "db-01"]
    first = next(store.subject_records(run_id))
    assert first == subject(store, "web-01")
    details = store.details(run_id)
    assert store.get(details.inputs["policies"]) == b"rules: []\n"
    assert details.outputs["score"] == 0.5
    assert details.head == store.head()


def test_the_intent_is_on_record_before_the_first_subject(store: Store) -> None:
    with begin(store, ["web-01"]) as run:
        other = Store.open(store.root)  # must not take the living run for dead
        assert status(other) == ["running"]
        assert chain(other)[-1].data["activity"] == "check"
        run.subject(subject(store, "web-01"))
        run.finish(outputs={})
    assert status(store) == ["finished"]
    assert not list((store.root / "live").iterdir())


@pytest.mark.parametrize(
    ("error", "became"),
    [(ValueError("secret=1"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_an_exception_ends_the_run_and_goes_on(
    store: Store, error: BaseException, became: str
) -> None:
    with pytest.raises(type(error)) as caught:
        attempt(store, ["web-01"], subject(store, "web-01"), error=error)
    assert caught.value is error
    assert status(store) == [became]
    assert store.details(store.run("latest").id).reason == type(error).__name__  # without its text
    assert verify(store).ok


def test_a_run_that_nobody_finished_is_an_error(store: Store) -> None:
    with pytest.raises(EvidenceError, match="left without being finished"), begin(store, []):
        pass
    assert status(store) == ["failed"]


def test_a_targeted_subject_without_a_record_stops_the_finish(store: Store) -> None:
    with pytest.raises(EvidenceError, match=r"1 of 2 .*db-01"):
        attempt(store, ["a", "db-01"], subject(store, "a"))
    assert status(store) == ["failed"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda record: replace(record, id="other"), "not among the subjects"),
        (lambda record: replace(record, blobs={"stable": "0" * 64}), "never stored"),
        (lambda record: replace(record, blobs={"../x": "0" * 64}), "is no label"),
        (lambda record: replace(record, tally={"score": float("nan")}), "not JSON"),
    ],
    ids=["untargeted", "blob missing", "label", "no JSON"],
)
def test_a_bad_record_is_refused(
    store: Store, spoil: Callable[[SubjectRecord], SubjectRecord], says: str
) -> None:
    with pytest.raises(EvidenceError, match=says):
        attempt(store, ["web-01"], spoil(subject(store, "web-01")))
    assert status(store) == ["failed"]


def test_a_subject_is_recorded_once(store: Store) -> None:
    twice = [subject(store, "web-01")] * 2
    with pytest.raises(EvidenceError, match="recorded before"):
        attempt(store, ["web-01"], *twice)


def test_nothing_is_added_after_the_end(store: Store) -> None:
    with begin(store, ["web-01"]) as run:
        run.subject(subject(store, "web-01"))
        run.finish(outputs={})
        with pytest.raises(EvidenceError, match="has ended"):
            run.subject(subject(store, "web-01"))
        with pytest.raises(EvidenceError, match="has ended"):
            run.finish(outputs={})
    assert status(store) == ["finished"]


@pytest.mark.parametrize(("setting", "value"), [("BATCH_RECORDS", 2), ("BATCH_SECONDS", 0.0)])
def test_full_and_old_batches_are_committed(
    store: Store, monkeypatch: pytest.MonkeyPatch, setting: str, value: float
) -> None:
    monkeypatch.setattr(run_module, setting, value)
    with begin(store, ["a", "b", "c"]) as run:
        for name in ("a", "b"):
            run.subject(subject(store, name))
        assert [r.type for r in chain(store)][2:] == ["subject", "subject"]
        run.subject(subject(store, "c"))
        run.finish(outputs={})


def test_nothing_of_an_unfinished_run_is_believed(store: Store) -> None:
    with pytest.raises(ValueError, match="stop"):
        attempt(store, ["web-01"], subject(store, "web-01"), error=ValueError("stop"))
    run_id = store.run("latest").id
    with pytest.raises(InputError, match="is failed: nothing of it is believed"):
        store.subject_records(run_id)
    shown = list(store.subject_records(run_id, allow_unfinished=True))
    assert [record.id for record in shown] == ["web-01"]


def test_a_removed_or_changed_subject_is_not_read_past(store: Store) -> None:
    run_id = record_run(store)
    alter(store, "DELETE FROM records WHERE seq = 4")
    with pytest.raises(EvidenceError, match="recorded 3 subjects, 2 are there"):
        list(store.subject_records(run_id))
    alter(store, "UPDATE records SET body = replace(body, 'true', 'false') WHERE seq = 3")
    with pytest.raises(EvidenceError, match=r"record 3 of run .* was changed"):
        list(store.subject_records(run_id))


def test_a_run_is_not_finished_by_a_forged_end(store: Store) -> None:
    with pytest.raises(ValueError, match="stop"):
        attempt(store, [], error=ValueError("stop"))
    alter(store, "UPDATE records SET type = 'run_end' WHERE type = 'run_failed'")
    with pytest.raises(EvidenceError, match="was changed"):
        store.runs()


def test_a_run_is_found_by_id_prefix_and_latest(store: Store) -> None:
    with pytest.raises(InputError, match="no run yet"):
        store.run("latest")
    first, second = record_run(store), record_run(store)
    assert store.run(first).id == first
    assert store.run(second[:-1] if second[:-1] != first[:-1] else second).id == second
    assert store.run("latest").id == second
    with pytest.raises(InputError, match=f"2 runs begin with '20'.*{first}.*{second}"):
        store.run("20")
    with pytest.raises(InputError, match=f"no run '1999'.*{second} .finished"):
        store.run("1999")
    with pytest.raises(InputError, match="no run ''"):
        store.run("")


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_lost_ledger_is_not_replaced_by_a_new_one(
    store: Store, loss: Callable[[Path], object]
) -> None:
    record_run(store)
    loss(store.root / "ledger.db")
    with pytest.raises(EvidenceError, match=r"ledger\.db is gone"):
        Store.open(store.root)


def test_an_unknown_version_is_an_error(store: Store) -> None:
    alter(store, "UPDATE ledger_version SET version = 99")
    with pytest.raises(EvidenceError, match="schema version 99; this opsrunner knows 1"):
        Store.open(store.root)


def test_a_foreign_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with closing(sqlite3.connect(tmp_path / "store" / "ledger.db")) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(EvidenceError, match="is not an evidence ledger"):
        Store.open(tmp_path / "store")


def test_a_damaged_ledger_is_an_error(store: Store) -> None:
    (store.root / "ledger.db").write_bytes(b"not a database, but long enough to be read as one" * 9)
    with pytest.raises(EvidenceError, match="file is not a database"):
        Store.open(store.root)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(EvidenceError, match="cannot open the evidence store"):
        Store.open(tmp_path / "file")


def test_hostile_names_are_only_data(store: Store) -> None:
    names = ["../../etc/cron.d/x", "a\x00b\x1b[2J", "\udcff\n'; DROP TABLE records; --", "=cmd()"]
    run_id = record_run(store, names)
    assert [record.id for record in store.subject_records(run_id)] == names
    assert verify(store).ok
    assert {path.name for path in store.root.iterdir()} == {
        *("blobs", "heads", "keys", "live", "tmp"),
        *("ledger.db", "ledger.seal", "open.lock"),
    }


def test_a_forked_worker_does_not_keep_a_dead_run_alive(store: Store) -> None:
    """The worker outlives the run's lock; only the lock of the recording process counts."""
    run = begin(store, [])
    reader, writer = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    run._lock._close()  # noqa: SLF001 - what the kernel does when the recording process dies
    assert status(Store.open(store.root)) == ["interrupted"]
    os.close(writer)
    os.waitpid(worker, 0)


def test_locks_of_dead_processes_are_swept_and_living_ones_kept(store: Store) -> None:
    (store.root / "live" / "20261121T061500Z-dead.lock").touch()
    with begin(store, []) as run:
        Store.open(store.root)
        assert [path.stem for path in (store.root / "live").iterdir()] == [run.run.id]
        run.finish(outputs={})


def test_leftovers_of_killed_writers_are_swept(store: Store) -> None:
    old, new = store.root / "tmp" / "old", store.root / "tmp" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    Store.open(store.root)
    assert new.exists()  # it may belong to a living worker
    assert not old.exists()
