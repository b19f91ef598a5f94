"""The journal: durable before it counts, whatever happens to the writer, the disk or the file."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError, InputError
from opsrunner.plan.entries import fold, parse
from opsrunner.plan.journal import Journal, Note, read
from opsrunner.plan.states import NEXT, State, unsettled

ROOT = Path(__file__).parents[3]
HOSTS = ["web01", "web02"]


def begin(folder: Path, subjects: list[str] | None = None) -> Journal:
    return Journal.begin(
        folder / "journal.jsonl", plan="harden-1", digest="d", run="r1",
        subjects=subjects or HOSTS,
    )


def written(folder: Path) -> bytes:
    with begin(folder) as journal:
        journal.append([Note(name, State.BEGINNING, data={"tx": name}) for name in HOSTS])
        journal.append([Note("web01", State.BEGUN, "已应用")])
        journal.append([Note("web02", State.REFUSED, "漂移")])
    return (folder / "journal.jsonl").read_bytes()


def test_states_are_folded_in_the_plans_order(tmp_path: Path) -> None:
    data = written(tmp_path)
    entries = read(tmp_path / "journal.jsonl")
    assert fold(entries) == {"web01": State.BEGUN, "web02": State.REFUSED}
    assert [entry.n for entry in entries] == [0, 1, 2, 3, 4]
    assert entries[1].data == {"tx": "web01"}
    assert parse(data, "x").whole == len(data)


def test_what_cannot_follow_is_not_written(tmp_path: Path) -> None:
    with begin(tmp_path) as journal:
        for notes in (
            [Note("web01", State.BEGUN)],
            [Note("web01", State.BEGINNING), Note("web01", State.VERIFIED)],
            [Note("web03", State.BEGINNING)],
        ):
            with pytest.raises(EvidenceError, match=r"cannot be|no subject of the plan"):
                journal.append(notes)
        assert journal.states == dict.fromkeys(HOSTS, State.PLANNED)
    assert len(read(tmp_path / "journal.jsonl")) == 1


def test_a_plan_is_begun_once_and_resumed_by_its_own_plan(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(InputError, match="was begun before: opsrunner resume r1"):
        begin(tmp_path)
    path = tmp_path / "journal.jsonl"
    with pytest.raises(InputError, match="another plan"):
        Journal.resume(path, digest="e", run="r2")
    with Journal.resume(path, digest="d", run="r2") as journal:
        assert journal.runs == ["r1", "r2"]
        assert unsettled(journal.states) == ["web01"]
    with pytest.raises(InputError, match="the plan was never applied"):
        Journal.resume(tmp_path / "none", digest="d", run="r2")


def test_a_line_is_synced_before_append_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        synced.append(path.name if path.is_dir() else f"{path.name} {path.stat().st_size}")
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)  # what a power cut would tell
    path = tmp_path / "journal.jsonl"
    with begin(tmp_path) as journal:
        assert synced[0] == tmp_path.name  # the file's name is durable too
        for name in HOSTS:
            journal.append([Note(name, State.BEGINNING)])
            assert synced[-1] == f"{path.name} {path.stat().st_size}"
    assert len(synced) == 4


def test_two_writers_are_one_too_many(tmp_path: Path) -> None:
    with begin(tmp_path):
        with pytest.raises(InputError, match="carried out by another process"):
            begin(tmp_path)
        with pytest.raises(InputError, match="carried out by another process"):
            Journal.resume(tmp_path / "journal.jsonl", digest="d", run="r2")
        assert len(read(tmp_path / "journal.jsonl")) == 1  # reading is for everybody
    Journal.resume(tmp_path / "journal.jsonl", digest="d", run="r2").close()


def test_a_forked_worker_does_not_keep_the_lock_of_a_killed_applier(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    running, started = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(started, b"x")
        time.sleep(30)
        os._exit(0)
    try:
        os.read(running, 1)
        os.close(journal._descriptor)  # noqa: SLF001 - what the kernel does to a killed process
        Journal.resume(tmp_path / "journal.jsonl", digest="d", run="r2").close()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(running)
        os.close(started)


@given(st.data())
@settings(max_examples=60)
def test_a_torn_last_line_is_left_out_wherever_it_was_torn(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    whole = written(folder)
    path = folder / "journal.jsonl"
    header = whole.index(b"\n") + 1
    cut = data.draw(st.integers(header, len(whole)))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    assert len(read(path)) == kept
    with Journal.resume(path, digest="d", run="r2") as journal:
        name = HOSTS[0]
        if journal.states[name] is State.PLANNED:
            journal.append([Note(name, State.BEGINNING)])
    again = read(path)
    assert again[kept].data["run"] == "r2"
    torn = cut - whole[:cut].rfind(b"\n") - 1
    assert again[kept].data.get("torn_bytes", 0) == torn


def test_a_journal_torn_before_its_first_line_was_never_begun(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(written(tmp_path)[:40])
    begin(tmp_path).close()
    assert read(tmp_path / "journal.jsonl")[0].data["torn_bytes"] == 40


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.replace(b'"begun"', b'"verified"'), "line 4 is broken: was changed"),
        (lambda d: b"".join(d.splitlines(keepends=True)[:2] + d.splitlines(keepends=True)[3:]),
         "line 3 is broken: is number 3: a line is missing"),
        (lambda d: d + d.splitlines(keepends=True)[-1], "line 6 is broken: is number 4"),
        (lambda d: b"\0" * 20 + d[20:], "line 1 is broken"),
        (lambda d: d[:-2] + b"x\n", "line 5 is broken"),
        (lambda d: d.replace(b"{", b"[", 1), "line 1 is broken"),
    ],
)
def test_anything_else_broken_is_named(tmp_path: Path, spoil: object, said: str) -> None:
    assert callable(spoil)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(spoil(written(tmp_path)))
    with pytest.raises(EvidenceError, match=said):
        read(path)
    with pytest.raises(EvidenceError, match=said):
        Journal.resume(path, digest="d", run="r2")


@given(st.data())
@settings(max_examples=150)
def test_no_changed_byte_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject,
) -> None:
    global _WHOLE  # noqa: PLW0603 - written once, changed a hundred times
    _WHOLE = _WHOLE or written(tmp_path_factory.mktemp("whole"))
    place = data.draw(st.integers(0, len(_WHOLE) - 2))  # the last byte: a torn line
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != _WHOLE[place]))
    with pytest.raises(EvidenceError, match="is broken"):
        parse(_WHOLE[:place] + bytes([byte]) + _WHOLE[place + 1:], "x")


_WHOLE = b""


def test_a_changed_state_with_a_hash_made_for_it_breaks_the_chain(tmp_path: Path) -> None:
    lines = written(tmp_path).splitlines(keepends=True)
    entry = read(tmp_path / "journal.jsonl")[3]
    forged = json.loads(lines[3]) | {"reason": "另一个"}
    del forged["hash"]
    new = type(entry)(**{**forged, "state": State.BEGUN}).following(
        read(tmp_path / "journal.jsonl")[2])
    with pytest.raises(EvidenceError, match="line 5 is broken: does not follow"):
        parse(b"".join([*lines[:3], new.line(), *lines[4:]]), "x")


def start(path: Path, subjects: int, *more: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.plan.writer", str(path), str(subjects), *map(str, more)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_loses_nothing_that_was_said_to_be_durable(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "journal.jsonl"
    process = start(path, 5_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.0, 0.25))  # noqa: S311 - any moment will do
    process.kill()
    out = process.stdout.read()  # not communicate(): that loses what readline() read ahead
    process.communicate()
    said = [tuple(line.split()) for line in out.splitlines() if line.count(" ") == 1]
    with Journal.resume(path, digest="d", run="r2") as journal:
        lines = [(entry.subject, entry.state) for entry in journal.entries if entry.state]
    assert [(subject, str(state)) for subject, state in lines[: len(said)]] == said
    assert len(lines) - len(said) <= 1  # one may have been durable and not said yet


@pytest.mark.parametrize("room", [3000, 3210, 3420])
def test_on_a_full_disk_the_writer_stops_and_the_journal_stays_whole(
    tmp_path: Path, room: int,
) -> None:
    path = tmp_path / "journal.jsonl"
    process = start(path, 20, room)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot write the journal" in err
    said = [line for line in out.splitlines() if line != "ready"]
    entries = read(path)
    assert [f"{e.subject} {e.state}" for e in entries if e.state] == said
    assert path.read_bytes().endswith(b"\n")  # no torn line is left either


def test_with_room_enough_the_same_writer_ends_well(tmp_path: Path) -> None:
    process = start(tmp_path / "journal.jsonl", 3, 1 << 20)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "h2 verified"


def test_after_a_failed_write_nothing_more_is_written(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    sound = journal._descriptor  # noqa: SLF001 - the disk fails under the journal
    journal._descriptor = os.open("/dev/full", os.O_RDWR)  # noqa: SLF001
    with pytest.raises(EvidenceError, match="cannot write the journal"):
        journal.append([Note("web01", State.BEGINNING)])
    os.close(journal._descriptor)  # noqa: SLF001
    journal._descriptor = sound  # noqa: SLF001
    with pytest.raises(EvidenceError, match="could not be written before"):
        journal.append([Note("web01", State.BEGINNING)])
    assert journal.states["web01"] is State.PLANNED
    journal.close()


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    reached, edge = {State.PLANNED}, {State.PLANNED}
    while edge:
        edge = {after for state in edge for after in NEXT[state]} - reached
        reached |= edge
    assert reached == set(State)
    assert {state for state in State if not NEXT[state]} == {State.UNDONE}
