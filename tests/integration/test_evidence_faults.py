"""Faults of the evidence store: killed, full, starved and concurrent writers, in processes."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from tests.integration.recorder import WRITE_FAILED
from tests.unit.evidence.recording import begin, record_run, subject

ROOT = Path(__file__).parents[2]
RECORDER = [sys.executable, "-m", "tests.integration.recorder"]


def recorder(
    root: Path, count: int, seed: int, *, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Given a store's root, start recording a run of that many subjects there."""
    return subprocess.Popen(
        [*RECORDER, str(root), str(count), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )


def check_after_fault(root: Path) -> list[str]:
    """Open the store as after a fault: it is sound, and nothing half is believed."""
    store = Store.open(root)
    runs = store.runs()
    for run in runs:
        if run.status == "finished":
            found = sum(1 for _ in store.subject_records(run.id))
            assert found == store.details(run.id).recorded > 0
        else:
            assert run.status in ("interrupted", "failed")
            assert run.ended is not None  # on record, not only worked out
            assert store.details(run.id).reason
            with pytest.raises(InputError, match="nothing of it is believed"):
                store.subject_records(run.id)
    report = verify(store)
    assert report.ok, report.first
    assert report.notes == []
    assert not list((root / "live").iterdir())
    return [run.status for run in runs]


def test_killed_at_random_points_nothing_half_is_believed(tmp_path: Path) -> None:
    chance = random.Random(20)  # noqa: S311 - repeatable on purpose
    for attempt in range(8):
        process = recorder(tmp_path, 60, attempt)
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 62)):
            process.stdout.readline()
        time.sleep(chance.random() / 50)
        process.kill()
        process.communicate()
        statuses = check_after_fault(tmp_path)
        assert len(statuses) == attempt + 1
    assert "interrupted" in statuses
    finished = recorder(tmp_path, 10, 99)  # the store is of use afterwards
    finished.communicate()
    assert check_after_fault(tmp_path)[-1] == "finished"


@pytest.mark.parametrize(
    ("tool", "became"),
    [("ssh-keygen", "interrupted"), ("sha256sum", "finished")],
    ids=["before the commit", "after the commit"],
)
def test_killed_while_finishing(tmp_path: Path, tool: str, became: str) -> None:
    """A fake tool kills whoever calls it: once before the last commit, once right after."""
    store = tmp_path / "store"
    Store.open(store)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / tool
    fake.write_text("#!/bin/sh\nkill -9 $PPID\n")
    fake.chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    process = recorder(store, 3, 1, env={"PATH": path})
    out, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert "finished" not in out
    assert check_after_fault(store) == [became]


def test_a_living_run_is_left_alone_by_others(tmp_path: Path) -> None:
    process = recorder(tmp_path, 100_000, 1)
    assert process.stdout is not None
    process.stdout.readline()
    assert [run.status for run in Store.open(tmp_path).runs()] == ["running"]
    process.kill()
    process.communicate()
    assert check_after_fault(tmp_path) == ["interrupted"]


def test_a_file_size_limit_ends_the_run(tmp_path: Path) -> None:
    Store.open(tmp_path)
    size = (tmp_path / "ledger.db").stat().st_size
    process = subprocess.run(
        [*RECORDER, str(tmp_path), "200", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000,) * 2),
    )
    assert process.returncode == WRITE_FAILED, process.stderr
    assert "cannot write to" in process.stderr
    assert check_after_fault(tmp_path)[0] in ("interrupted", "failed")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of 4 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)], check=True)
    yield tmp_path / "store"
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.lab
def test_a_full_disk_ends_the_run(small_disk: Path) -> None:
    run_id = record_run(Store.open(small_disk))
    process = recorder(small_disk, 5000, 1)
    _, said = process.communicate()
    assert process.returncode == WRITE_FAILED, said
    assert "No space left on device" in said or "disk is full" in said
    with pytest.raises(EvidenceError):
        record_run(Store.open(small_disk), [f"host-{number}" for number in range(5000)])
    for path in sorted((small_disk / "blobs").glob("*/*"))[::7]:  # make room
        if path.stat().st_size > 3000:
            path.unlink()
    store = Store.open(small_disk)
    assert store.runs()[0].status == "finished"
    assert "finished" not in [run.status for run in store.runs()][1:]
    assert len(list(store.subject_records(run_id))) == 3


@pytest.mark.lab
def test_a_store_on_a_read_only_medium_is_verified(small_disk: Path) -> None:
    head_of = Store.open(small_disk)
    record_run(head_of)
    head = head_of.head()
    remount = ["mount", "-o", "remount,ro", str(small_disk.parent)]
    subprocess.run(remount, check=True)
    assert verify(small_disk, expect=head).ok
    assert not verify(small_disk, expect="0" * 64).ok
    with pytest.raises(EvidenceError, match="Read-only file system"):
        Store.open(small_disk)


def test_runs_recorded_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    processes = [recorder(tmp_path, 120, seed) for seed in range(4)]
    while any(process.poll() is None for process in processes):
        verified = Store.open(tmp_path)  # opening and verifying meanwhile harm nobody either
        assert verify(verified).ok
        time.sleep(0.05)
    assert [process.wait() for process in processes] == [0] * 4, [
        process.communicate() for process in processes
    ]
    for process in processes:
        process.communicate()
    assert check_after_fault(tmp_path) == ["finished"] * 4
    types = [record.run_id for record in Store.open(tmp_path).records()]
    one_after_the_other = 3
    assert sum(one != other for one, other in pairwise(types)) > one_after_the_other


def size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def test_an_unchanged_fleet_adds_less_than_a_kilobyte_a_subject(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    names = [f"host-{number:05}" for number in range(1000)]
    sizes = [size(tmp_path)]
    for _ in range(2):
        with begin(store, names) as run:
            for name in names:
                run.subject(subject(store, name, raw=random.Random(name).randbytes(2000)))  # noqa: S311 - test data
            run.finish(outputs={})
        sizes.append(size(tmp_path))
    assert sizes[1] - sizes[0] > 2_000_000  # the first time everything is new
    assert sizes[2] - sizes[1] < 1000 * len(names)
