"""Carrying a plan out: order, stops, undo, and going on after the controller died anywhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import InputError
from opsrunner.plan.batches import Pace, batch_size
from opsrunner.plan.entries import fold, last
from opsrunner.plan.execute import Ending, execute, resume, undo
from opsrunner.plan.journal import Journal, Note, read
from opsrunner.plan.models import Plan
from opsrunner.plan.reasons import Why, reasons_of
from opsrunner.plan.states import State
from opsrunner.plan.stop import Stop
from tests.unit.plan.plans import plan, subject
from tests.unit.plan.world import (
    ARMED,
    BACK,
    CLEAN,
    CONFIRMED,
    World,
    run,
    run_and_die,
    work,
)

ALL = Pace(batch="100%", stop_after_failures=1000)
HOSTS = ("a", "b", "c", "d", "e")


def world(*names: str, **faults: Any) -> World:  # noqa: ANN401 - phase_host=fault
    found = World(dict.fromkeys(names or HOSTS, CLEAN))
    found.faults = {(k.split("_")[0], k.split("_")[1]): v for k, v in faults.items()}
    return found


def begun(found: World) -> list[tuple[str, ...]]:
    return [hosts for phase, hosts in found.calls if phase == "begin"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_all_goes_well_canary_first_then_batches(path: Path) -> None:
    found = world()
    ending = run(found, path, plan(*HOSTS), Pace(canary="c", batch="2"))
    assert ending == Ending("", dict.fromkeys(HOSTS, State.VERIFIED))
    assert begun(found) == [("c",), ("a", "b"), ("d", "e")]
    assert found.phases("a") == ["read", "begin", "confirm", "verify"]
    assert set(found.hosts.values()) == {CONFIRMED}


def test_the_intent_is_on_disk_before_a_host_is_touched(path: Path) -> None:
    found = world("a")
    seen: list[Sequence[Note]] = []

    def tell(note: Note) -> None:
        lines = [(entry.subject, entry.state) for entry in read(path)]
        assert lines[-1] == (note.subject, note.state)  # told after it is durable
        seen.append([note])
        if note.state in (State.BEGINNING, State.CONFIRMING):
            assert {State.BEGINNING: CLEAN, State.CONFIRMING: ARMED}[note.state] == found.hosts["a"]

    run(found, path, plan("a"), tell=tell)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("text", "hosts", "size"),
    [("10%", 12, 1), ("10%", 5, 1), ("50%", 5, 2), ("100%", 5, 5), ("3", 5, 3), ("9", 5, 9)],
)
def test_a_batch_is_a_number_or_a_share(text: str, hosts: int, size: int) -> None:
    assert batch_size(text, hosts) == size


@pytest.mark.parametrize("text", ["0", "-1", "0%", "101%", "x", "", "1.5", "１０%", "%"])
def test_a_batch_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--batch"):
        batch_size(text, 5)


def test_a_pace_that_cannot_be_meant_touches_nothing(path: Path) -> None:
    found = world()
    with pytest.raises(InputError) as caught:
        run(found, path, plan(*HOSTS), Pace("z", "0", 0))
    assert [one.file for one in caught.value.problems] == [
        "--batch", "--canary", "--stop-after-failures",
    ]
    assert found.calls == []


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN, State.UNDONE])
@pytest.mark.parametrize("phase", ["begin", "confirm"])
def test_a_failure_stops_before_the_next_batch(path: Path, phase: str, state: State) -> None:
    found = world(**{f"{phase}_b": state})
    ending = run(found, path, plan(*HOSTS), Pace(batch="2", stop_after_failures=1))
    assert ending.stopped == f"stopped after failures: b ({state})"
    assert begun(found) == [("a",), ("b", "c")]
    assert ending.states["c"] is State.VERIFIED  # its own batch is seen through
    assert ending.named(State.PLANNED) == ["d", "e"]
    assert found.hosts["d"] == found.hosts["e"] == CLEAN


def test_two_failures_are_borne_when_two_are_allowed(path: Path) -> None:
    found = world(begin_b=State.UNDONE)
    ending = run(found, path, plan(*HOSTS), Pace(batch="2", stop_after_failures=2))
    assert ending.stopped == ""
    assert ending.named(State.VERIFIED) == ["a", "c", "d", "e"]


def test_a_drifted_host_is_refused_and_stops_nobody(path: Path) -> None:
    found = world(read_b=State.REFUSED)
    ending = run(found, path, plan(*HOSTS), Pace(batch="2", stop_after_failures=1))
    assert ending.stopped == ""
    assert ending.named(State.REFUSED) == ["b"]
    assert found.hosts["b"] == CLEAN
    assert found.phases("b") == ["read"]


def test_until_one_host_is_verified_they_go_alone(path: Path) -> None:
    found = world(read_a=State.REFUSED, begin_b=State.REFUSED)
    run(found, path, plan(*HOSTS), Pace(batch="100%"))
    assert begun(found) == [("b",), ("c",), ("d", "e")]


def test_a_canary_that_is_refused_lets_nobody_follow(path: Path) -> None:
    found = world(read_c=State.REFUSED)
    ending = run(found, path, plan(*HOSTS), Pace(canary="c", batch="100%"))
    assert "the canary or an earlier stage is not verified; 4 subject(s) wait" in ending.stopped
    assert begun(found) == []


def staged(*stages: int) -> Plan:
    names = HOSTS[: len(stages)]
    subjects = tuple(
        subject(name, stage=stage) for name, stage in zip(names, stages, strict=True)
    )
    return plan(subjects=subjects)


def test_a_stage_is_a_barrier(path: Path) -> None:
    found = world("a", "b", "c")
    run(found, path, staged(1, 0, 0))
    assert begun(found) == [("b",), ("c",), ("a",)]


def test_a_stage_that_is_not_verified_holds_the_next(path: Path) -> None:
    found = world("a", "b", "c", verify_b=State.FAILED)
    ending = run(found, path, staged(1, 0, 0), ALL)
    assert ending.states == {"a": State.PLANNED, "b": State.FAILED, "c": State.VERIFIED}
    assert "earlier stage" in ending.stopped


def test_worse_business_undoes_the_host_and_stops_the_batch(path: Path) -> None:
    found = world()
    found.broken = {"b"}
    ending = run(found, path, plan(*HOSTS), Pace(batch="2", stop_after_failures=1000))
    assert ending.stopped == "a business check is worse than before on b"
    assert ending.states == {
        "a": State.VERIFIED, "b": State.UNDONE, "c": State.VERIFIED, "d": State.PLANNED,
        "e": State.PLANNED,
    }
    assert found.hosts == {"a": CONFIRMED, "b": BACK, "c": CONFIRMED, "d": CLEAN, "e": CLEAN}
    assert "confirm" not in found.phases("b")  # it was still armed
    undoing = [entry for entry in read(path) if entry.state is State.UNDOING]
    assert [(entry.subject, entry.reason) for entry in undoing] == [("b", "shop fails")]


def test_business_nobody_could_ask_about_is_not_put_at_risk(path: Path) -> None:
    found = world(business_b="silent")
    ending = run(found, path, plan(*HOSTS))
    assert ending.named(State.REFUSED) == ["b"]
    assert found.hosts["b"] == CLEAN


def test_the_gate_is_asked_before_each_batch(path: Path) -> None:
    found, asked = world(), []

    def gate(batch: Sequence[str]) -> tuple[Why, ...]:
        asked.append(tuple(batch))
        return (Why("outside_window", "the window is closed"),) if len(asked) > 4 else ()

    ending = run(found, path, plan(*HOSTS), Pace(batch="2"), gate=gate)
    assert ending.stopped == "the window is closed"
    lines = {e.subject: e for e in read(path) if e.state is State.PLANNED}
    assert {n: [why.code for why in reasons_of(e.reason, e.data)] for n, e in lines.items()} == {
        "d": ["outside_window"], "e": ["outside_window"],
    }
    assert asked == [("a",), ("a",), ("b", "c"), ("b", "c"), ("d", "e")]
    assert found.hosts["d"] == CLEAN


def test_a_window_that_closes_while_a_batch_is_read_keeps_it_from_beginning(path: Path) -> None:
    found = world()

    def gate(_: Sequence[str]) -> tuple[Why, ...]:
        return (Why("frozen", "a freeze has begun"),) if found.phases("b") else ()

    ending = run(found, path, plan(*HOSTS), Pace(batch="2"), gate=gate)
    assert ending.stopped == "a freeze has begun"
    assert found.phases("b") == ["read"]
    assert ending.named(State.PLANNED) == ["b", "c", "d", "e"]


@pytest.mark.parametrize("fault", ["silent", "stopped"])
@pytest.mark.parametrize("phase", ["begin", "confirm", "verify"])
def test_what_the_activity_does_not_say_is_unknown(path: Path, phase: str, fault: str) -> None:
    found = world("a", "b", **{f"{phase}_a": fault})
    ending = run(found, path, plan("a", "b"), Pace(batch="1"))
    assert ending.states == {"a": State.UNKNOWN, "b": State.PLANNED}
    assert last(read(path))["a"].reason == {
        "silent": "the activity said nothing of it", "stopped": "Ansible reached no host",
    }[fault]


@pytest.mark.parametrize("fault", ["silent", "stopped"])
def test_what_could_not_be_read_was_not_touched(path: Path, fault: str) -> None:
    ending = run(world("a", read_a=fault), path, plan("a"))
    assert ending.states == {"a": State.REFUSED}


@pytest.mark.parametrize(
    ("phase", "state"),
    [("begin", State.VERIFIED), ("begin", State.PLANNED), ("confirm", State.REFUSED),
     ("verify", State.UNDONE)],
)
def test_an_answer_that_cannot_be_is_unknown(path: Path, phase: str, state: State) -> None:
    ending = run(world("a", **{f"{phase}_a": state}), path, plan("a"))
    assert ending.states == {"a": State.UNKNOWN}
    assert f"{phase} answered {state}" in read(path)[-1].reason


def test_a_fault_of_ours_is_recorded_and_raised(path: Path) -> None:
    found = world("a", begin_a="bug")
    with pytest.raises(ZeroDivisionError):
        run(found, path, plan("a"))
    assert read(path)[-1].reason == "ZeroDivisionError in begin"
    assert run(found, path, plan("a")).states == {"a": State.VERIFIED}  # status: untouched


def test_a_host_that_cannot_be_confirmed_is_taken_back(path: Path) -> None:
    found = world("a", confirm_a=State.BEGUN)
    assert run(found, path, plan("a")).states == {"a": State.UNDONE}
    assert found.hosts["a"] == BACK


def test_an_undo_that_does_not_get_through_is_unknown_until_asked(path: Path) -> None:
    found = world("a", undo_a="silent")
    found.broken = {"a"}
    assert run(found, path, plan("a")).states == {"a": State.UNKNOWN}
    found.timers_fire()
    assert run(found, path, plan("a")).states == {"a": State.UNDONE}


def test_what_was_to_be_undone_is_undone_even_when_business_recovers(path: Path) -> None:
    found = world("a", undo_a="silent")
    found.broken = {"a"}
    run(found, path, plan("a"))
    found.broken = set()
    assert run(found, path, plan("a")).states == {"a": State.UNDONE}
    assert found.hosts["a"] == BACK


@pytest.mark.parametrize("fired", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("line", range(1, 15))
def test_after_dying_anywhere_a_restart_ends_as_if_it_had_not(
    path: Path, line: int, *, after: bool, fired: bool,
) -> None:
    found, given_plan = world("a", "b", "c"), plan("a", "b", "c")
    died = run_and_die(found, path, given_plan, line, after=after)
    armed = {name for name, state in found.hosts.items() if state == ARMED}
    if fired:
        found.timers_fire()
    before = len(found.calls)
    ending = run(found, path, given_plan)  # Hands fails when anything is repeated
    back = armed if fired else set()
    assert ending.states == {
        name: State.UNDONE if name in back else State.VERIFIED for name in ("a", "b", "c")
    }
    assert {n for n, s in found.hosts.items() if s == BACK} == back
    if died and len(found.calls) > before and armed:
        assert found.calls[before][0] == "status"  # asked before anything else is done
    assert died == (line <= 13)  # as many writes as it takes


def test_the_deaths_above_reach_every_kind_of_line(tmp_path: Path) -> None:
    found = world("a", "b", "c")
    run(found, tmp_path / "j", plan("a", "b", "c"))
    writes = [entry.state for entry in read(tmp_path / "j") if entry.state]
    assert set(writes) == {
        State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED, State.VERIFIED,
    }


@settings(max_examples=60)
@given(st.data())
def test_dying_again_and_again_among_faults_never_lies(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("w") / "journal.jsonl"
    found, given_plan = world(), plan(*HOSTS)
    phases = st.sampled_from(["begin", "confirm", "verify", "undo"])
    kinds = st.sampled_from(["silent", "lost", "stopped", State.UNKNOWN])
    found.faults = data.draw(
        st.dictionaries(st.tuples(phases, st.sampled_from(HOSTS)), kinds, max_size=4))
    found.broken = data.draw(st.sets(st.sampled_from(HOSTS), max_size=1))
    line, after = data.draw(st.integers(1, 25)), data.draw(st.booleans())
    run_and_die(found, path, given_plan, line, after=after)
    if data.draw(st.booleans()):
        found.timers_fire()
    ending = run(found, path, given_plan)
    settled = {State.VERIFIED, State.UNDONE}
    for _ in range(8):  # each resume takes at least one fault away
        assert_true_to_the_world(ending, found)
        if set(ending.states.values()) <= settled:
            break
        ending = run(found, path, given_plan)
    assert set(ending.states.values()) <= settled


def assert_true_to_the_world(ending: Ending, found: World) -> None:
    """See that what is certain is so; unknown may be anything."""
    really = {
        State.PLANNED: {CLEAN}, State.REFUSED: {CLEAN}, State.VERIFIED: {CONFIRMED},
        State.UNDONE: {BACK}, State.UNKNOWN: {CLEAN, ARMED, CONFIRMED, BACK},
    }
    for name, state in ending.states.items():
        assert found.hosts[name] in really[state], (name, state)


def test_a_failure_of_yesterday_does_not_stop_today(path: Path) -> None:
    found = world(begin_b=State.UNKNOWN)
    one = Pace(batch="2", stop_after_failures=1)
    assert run(found, path, plan(*HOSTS), one).named(State.UNKNOWN) == ["b"]
    found.hosts["b"] = BACK  # it had been changed after all, and came back
    second = run(found, path, plan(*HOSTS), one)
    assert second.stopped == "stopped after failures: b (undone)"  # found out today
    assert run(found, path, plan(*HOSTS), one).stopped == ""


def test_refused_hosts_get_another_try_when_asked_for(path: Path) -> None:
    found = world("a", "b", read_b=State.REFUSED)
    run(found, path, plan("a", "b"))
    assert run(found, path, plan("a", "b")).named(State.REFUSED) == ["b"]
    with Journal.resume(path, digest="d", run="r3") as journal:
        ending = resume(work(found, journal, plan("a", "b"), ALL), retry_refused=True)
    assert ending.named(State.VERIFIED) == ["a", "b"]


def test_a_changed_host_that_lost_its_memory_is_unknown_however_often_it_is_asked(
    path: Path,
) -> None:
    found = world("a", "b")
    run_and_die(found, path, plan("a", "b"), 2, after=True)
    found.hosts["a"] = CLEAN  # what it says; the files may be changed all the same
    for _ in range(3):
        assert run(found, path, plan("a", "b")).states["a"] is State.UNKNOWN
    assert found.phases("a").count("begin") == 1
    last = [e for e in read(path) if e.subject == "a"][-1]
    codes = [why.code for why in reasons_of(last.reason, last.data)]
    assert codes == ["impossible", "begun_for_certain"]


def test_a_recorded_plan_can_be_taken_back(path: Path) -> None:
    found = world("a", "b", "c", begin_c=State.REFUSED)
    run(found, path, plan("a", "b", "c"))
    with Journal.resume(path, digest="d", run="r2") as journal:
        ending = undo(work(found, journal, plan("a", "b", "c"), ALL), ["a", "c"], "回退演练")
    assert ending.states == {"a": State.UNDONE, "b": State.VERIFIED, "c": State.REFUSED}
    assert found.hosts == {"a": BACK, "b": CONFIRMED, "c": CLEAN}


def test_a_signal_stops_between_batches_and_a_second_one_at_once(
    path: Path, capfd: pytest.CaptureFixture[str],
) -> None:
    found = world()
    with Stop() as stop:
        def tell(note: Note) -> None:
            if note.subject == "b" and note.state is State.BEGINNING:
                os.kill(os.getpid(), signal.SIGTERM)

        ending = run(found, path, plan(*HOSTS), Pace(batch="2"), tell=tell,
                     stop=lambda: stop.asked)
    assert ending.stopped == "stopped by the operator"
    assert "Stopping: the hosts under way are seen through" in capfd.readouterr().err
    assert ending.named(State.VERIFIED) == ["a", "b", "c"]  # the batch under way is seen through
    assert ending.named(State.PLANNED) == ["d", "e"]
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):  # handlers are back as they were
        os.kill(os.getpid(), signal.SIGINT)


def test_stopped_while_reading_begins_nothing(path: Path) -> None:
    found = world("a")
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 1

    ending = run(found, path, plan("a"), stop=stop)
    assert ending == Ending("stopped by the operator", {"a": State.PLANNED})
    assert found.hosts["a"] == CLEAN


def test_a_failed_recheck_stands_unless_it_was_to_be_taken_back(path: Path) -> None:
    found = world("a", "b", verify_a=State.FAILED)
    assert run(found, path, plan("a", "b")).states["a"] is State.FAILED
    assert found.hosts["a"] == CONFIRMED
    other = path.with_name("other")
    again = world("a", "b", "c", verify_a=State.FAILED, verify_b=State.UNKNOWN)
    ending = run(again, other, plan("a", "b", "c"), undo_failed=True)
    assert ending.states == {"a": State.UNDONE, "b": State.UNKNOWN, "c": State.VERIFIED}
    assert again.hosts == {"a": BACK, "b": CONFIRMED, "c": CONFIRMED}
    (intent,) = [e for e in read(other) if e.state is State.UNDOING]
    assert reasons_of(intent.reason, intent.data)[0].code == "recheck_undone"


def test_what_went_back_after_a_failed_recheck_counts_as_a_failure(path: Path) -> None:
    found = world("a", "b", verify_a=State.FAILED)
    ending = run(found, path, plan("a", "b"), Pace(), undo_failed=True)
    assert ending.stopped == "stopped after failures: a (undone)"
    assert ending.states["b"] is State.PLANNED


@pytest.mark.parametrize("fault", [State.FAILED, State.UNKNOWN, "silent"])
def test_an_undo_of_a_failed_recheck_is_not_tried_twice_unless_unknown(
    path: Path, fault: object,
) -> None:
    found = world("a", verify_a=State.FAILED, undo_a=fault)
    ending = run(found, path, plan("a"), undo_failed=True)
    assert ending.states["a"] in (State.FAILED, State.UNKNOWN)
    later = run(found, path, plan("a"), undo_failed=True)
    if fault is State.FAILED:  # the host said why; a person looks
        assert later.states["a"] is State.FAILED
    else:
        assert later.states["a"] is State.UNDONE


def test_a_resume_takes_back_what_failed_before_when_asked_to(path: Path) -> None:
    found = world("a", verify_a=State.FAILED)
    run(found, path, plan("a"))
    assert run(found, path, plan("a")).states["a"] is State.FAILED  # the control
    assert run(found, path, plan("a"), undo_failed=True).states["a"] is State.UNDONE
    assert found.hosts["a"] == BACK


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("line", range(1, 9))
def test_dying_around_the_undo_of_a_failed_recheck_ends_the_same(
    path: Path, line: int, *, after: bool,
) -> None:
    found = world("a", verify_a=State.FAILED)
    run_and_die(found, path, plan("a"), line, after=after,
                way=lambda work: execute(replace(work, undo_failed=True)))
    run(found, path, plan("a"), undo_failed=True)
    # dead before the re-check was on record: it passes the second time
    ends = {State.UNDONE: BACK, State.VERIFIED: CONFIRMED}
    (state,) = fold(read(path)).values()
    assert found.hosts["a"] == ends[state]
