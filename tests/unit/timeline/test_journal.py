"""The time line: durable before it counts, whatever happens to the writer, the disk or the file."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import EvidenceError, InputError
from opsrunner.timeline.events import Event, Kind, Phase, parse, phase, step
from opsrunner.timeline.journal import FILE, TimeLine, read

ROOT = Path(__file__).parents[3]


def begin(folder: Path) -> TimeLine:
    return TimeLine.begin(folder / FILE, plan="drill-1", digest="d", run="r1")


def written(folder: Path) -> bytes:
    with begin(folder) as line:
        line.put(Kind.MARK, data={"name": "incident"})
        line.enter(Phase.WARNING)
        line.put(Kind.BEGUN, step="notice", who="张三")
        line.put(Kind.DONE, step="notice", who="张三", text="电话已通知", data={"outcome": "done"})
        line.enter(Phase.WARNING)  # it is there already: nothing is written
        line.enter(Phase.HANDLING)
        line.put(Kind.BEGUN, step="restore", who="李四")
    return (folder / FILE).read_bytes()


def test_what_was_written_is_read_with_both_clocks(tmp_path: Path) -> None:
    data = written(tmp_path)
    events = read(tmp_path / FILE)
    assert [one.n for one in events] == list(range(7))
    assert phase(events) is Phase.HANDLING
    begun, done = step(events, "notice")
    assert begun is not None
    assert done is not None
    assert done.tick > begun.tick
    assert (done.text, done.who) == ("电话已通知", "张三")
    assert step(events, "restore")[1] is None
    assert parse(data, "x").whole == len(data)


def test_phases_do_not_go_backwards_and_nothing_senseless_is_written(tmp_path: Path) -> None:
    with begin(tmp_path) as line:
        before = len(line.events)
        with pytest.raises(EvidenceError, match="within a phase"):
            line.put(Kind.BEGUN, step="a")
        line.enter(Phase.HANDLING)
        for wanted in (Phase.WARNING, Phase.RESPONSE):
            with pytest.raises(EvidenceError, match="do not go backwards"):
                line.enter(wanted)
        line.put(Kind.BEGUN, step="a")
        for kind, name, data in (
            (Kind.BEGUN, "a", {}), (Kind.DONE, "b", {"outcome": "done"}),
            (Kind.DONE, "a", {"outcome": "perhaps"}), (Kind.DONE, "a", {}),
            (Kind.MARK, "", {"name": "lunch"}),
        ):
            with pytest.raises(EvidenceError):
                line.put(kind, step=name, data=data)
        line.put(Kind.MARK, data={"name": "declared"})
        with pytest.raises(EvidenceError, match="declared was marked before"):
            line.put(Kind.MARK, data={"name": "declared"})
        line.put(Kind.ENDED)
        with pytest.raises(EvidenceError, match="nothing follows the end"):
            line.put(Kind.REMARK, text="late")
    assert len(read(tmp_path / FILE)) == before + 4


def test_it_is_begun_once_and_resumed_by_its_own_plan(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / FILE
    with pytest.raises(InputError, match="was begun before: opsrunner drill resume drill-1"):
        begin(tmp_path)
    with pytest.raises(InputError, match="another plan"):
        TimeLine.resume(path, digest="e", run="r2")
    with TimeLine.resume(path, digest="d", run="r2") as line:
        with pytest.raises(InputError, match="carried out by another process"):
            TimeLine.resume(path, digest="d", run="r3")
        assert phase(line.events) is Phase.HANDLING
        line.put(Kind.DONE, step="restore", data={"outcome": "failed"})
        line.put(Kind.ENDED)
    with pytest.raises(InputError, match="has ended"):
        TimeLine.resume(path, digest="d", run="r3")
    assert [one.data["run"] for one in read(path) if one.kind is Kind.OPENED] == ["r1", "r2"]


def test_a_torn_line_is_cut_off_and_any_other_change_is_named(tmp_path: Path) -> None:
    data = written(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(data[:-5])
    with TimeLine.resume(path, digest="d", run="r2") as line:
        assert len(line.events) == 7
        assert line.events[-1].data["torn_bytes"] > 0
    assert len(read(path)) == 7
    lines = data.splitlines(keepends=True)
    for broken in (
        data.replace("李四".encode(), "王五".encode()),
        b"".join([lines[0], *lines[2:]]),
        b"".join([*lines, lines[-1]]),
        data.replace(b'"n":1', b'"n": 1'),
        b"[]\n",
    ):
        path.write_bytes(broken)
        with pytest.raises(EvidenceError, match=r"line \d is broken"):
            read(path)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_the_line(data: bytes) -> None:
    with pytest.raises(EvidenceError, match="line 1 is broken"):
        parse(data + b"\n", "x")


@given(st.lists(st.sampled_from(list(Phase)), max_size=8))
def test_no_history_of_phases_goes_backwards(wanted: list[Phase]) -> None:
    events: list[Event] = [Event(Kind.OPENED, "2026-11-21T10:00:00.000Z", 0, "b").following(None)]
    order = list(Phase)
    for tick, one in enumerate(wanted, start=1):
        event = Event(Kind.PHASE, "2026-11-21T10:00:00.000Z", tick, "b", data={"phase": one.value})
        data = b"".join(e.line() for e in [*events, event.following(events[-1])])
        now = phase(events)
        if now is None or order.index(one) > order.index(now):
            events = list(parse(data, "x").events)
        else:
            with pytest.raises(EvidenceError, match="backwards"):
                parse(data, "x")


def test_a_monotonic_clock_that_goes_backwards_is_no_record() -> None:
    first = Event(Kind.OPENED, "2026-11-21T10:00:00.000Z", 5, "b").following(None)
    for boot, fine in (("b", False), ("c", True)):
        second = Event(Kind.REMARK, "2026-11-21T10:00:00.000Z", 4, boot).following(first)
        data = first.line() + second.line()
        if fine:
            assert len(parse(data, "x").events) == 2
        else:
            with pytest.raises(EvidenceError, match="monotonic clock went backwards"):
                parse(data, "x")


def start(path: Path, *limit: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.timeline.writer", str(path), *limit],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )


def test_killed_at_any_moment_all_that_counted_is_there(tmp_path: Path) -> None:
    rng = random.Random(11)  # noqa: S311 - moments of killing, no secret
    for number in range(6):
        path = tmp_path / f"{number}.jsonl"
        process = start(path)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        said = process.stdout.read().splitlines()  # not communicate: it forgets what was buffered
        process.communicate()
        events = [e for e in read(path) if e.kind in (Kind.BEGUN, Kind.DONE)]
        assert len(said) <= len(events) <= len(said) + 1
        with TimeLine.resume(path, digest="d", run="r2") as line:
            line.put(Kind.REMARK, text="gone on with")


def test_a_full_disk_ends_the_run_with_the_record_intact(tmp_path: Path) -> None:
    path = tmp_path / FILE
    process = start(path, "5000")
    said, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"EvidenceError: cannot write the time line {path}: File too large" in error
    events = read(path)
    assert len([e for e in events if e.kind in (Kind.BEGUN, Kind.DONE)]) == (
        len(said.splitlines()) - 1)
    assert path.read_bytes().endswith(b"\n")
