"""Taking a part back: what a restart knows of it, wherever the controller died."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from opsrunner.plan.batches import Pace
from opsrunner.plan.execute import Ending, Work, undo
from opsrunner.plan.journal import Journal, read
from opsrunner.plan.reasons import reasons_of
from opsrunner.plan.states import State
from opsrunner.plan.undoing import taken_back, unanswered
from tests.unit.plan.plans import plan, step, subject
from tests.unit.plan.world import ARMED, BACK, CLEAN, CONFIRMED, World, run, run_and_die, work

STEPS = ("x", "y", "z")
HOSTS = ("a", "b", "c")
PLAN = plan(subjects=tuple(
    subject(name, steps=tuple(step(one, rule=one) for one in STEPS)) for name in HOSTS
))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def world() -> World:
    return World(dict.fromkeys(HOSTS, CLEAN))


def back(found: World, path: Path, *only: str, hosts: tuple[str, ...] = ("a",)) -> Ending:
    """Take these steps back."""
    with Journal.resume(path, digest="d", run="r9") as journal:
        return undo(work(found, journal, PLAN, Pace()), hosts, "业务要求", only)


def test_a_resume_leaves_standing_what_stands_and_does_not_miss_what_was_taken_back(
    path: Path,
) -> None:
    found = world()
    run(found, path, PLAN)
    assert back(found, path, "x") == Ending(
        "", {"a": State.CONFIRMED, "b": State.VERIFIED, "c": State.VERIFIED})
    ending = run(found, path, PLAN)
    assert ending == Ending("", dict.fromkeys(HOSTS, State.VERIFIED))
    assert found.hosts["a"] == CONFIRMED  # not taken back as a whole
    assert found.back["a"] == {"x"}
    assert taken_back(read(path)) == {"a": {"x"}}
    assert run(found, path, PLAN) == ending  # and it stays so


def test_control_what_nobody_took_back_on_purpose_is_missed(path: Path) -> None:
    found = world()
    run(found, path, PLAN)
    back(found, path, "x")
    found.back["a"].add("y")
    ending = run(found, path, PLAN)
    assert ending.states["a"] is State.FAILED
    assert "still failing: {'y'}" in read(path)[-1].reason


def test_parts_add_up_and_the_last_one_is_the_whole(path: Path) -> None:
    found = world()
    run(found, path, PLAN)
    back(found, path, "x")
    back(found, path, "y")
    assert taken_back(read(path)) == {"a": {"x", "y"}}
    assert back(found, path, "z").states["a"] is State.UNDONE
    assert found.hosts["a"] == BACK


def test_a_part_the_host_refuses_still_stands_and_says_so(path: Path) -> None:
    found = world()
    run(found, path, PLAN)
    found.faults["undo", "a"] = "refused"
    ending = back(found, path, "x")
    assert ending.stopped == "could not be taken back, the change stands: a"
    last = read(path)[-1]
    assert [why.code for why in reasons_of(last.reason, last.data)] == ["undo_standing", ""]
    assert "refused" in last.reason
    assert taken_back(read(path)) == {}
    assert run(found, path, PLAN).states["a"] is State.VERIFIED


def test_a_part_of_what_is_still_armed_is_not_begun(path: Path) -> None:
    found = world()
    run_and_die(found, path, PLAN, 2, after=True)
    assert found.hosts["a"] == ARMED
    assert "resume first or undo it whole: a" in back(found, path, "x").stopped
    assert found.hosts["a"] == ARMED


@pytest.mark.parametrize("only", [(), ("x",)])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("line", [1, 2])
def test_dying_over_an_undo_a_restart_takes_back_what_was_asked_for_and_no_more(
    path: Path, line: int, *, after: bool, only: tuple[str, ...],
) -> None:
    found = world()
    run(found, path, PLAN)
    way = partial(undo, subjects=["a"], reason="业务要求", only=only)
    assert run_and_die(found, path, PLAN, line, after=after, way=way)
    asked = (line, after) != (1, False)  # before its first line is durable nobody asked for it
    assert bool(unanswered(read(path))) == (asked and (line, after) != (2, True))
    ending = run(found, path, PLAN)
    whole = asked and not only
    assert ending.states["a"] is (State.UNDONE if whole else State.VERIFIED)
    assert found.hosts["a"] == (BACK if whole else CONFIRMED)
    assert found.back.get("a", set()) == (set(only) if asked else set())


def test_an_undo_of_all_that_was_never_answered_is_not_forgotten_over_one_of_a_part(
    path: Path,
) -> None:
    found = world()
    run(found, path, PLAN)
    found.faults["undo", "a"] = "silent"
    assert back(found, path).states["a"] is State.UNKNOWN
    assert back(found, path, "x").states["a"] is State.UNDONE


class Operators(RuleBasedStateMachine):
    """Anybody runs any command at any time; the controller may die at any write of it.

    ``Hands`` fails the machine when something is begun twice or touched without its intent.
    """

    folder: Path

    def __init__(self) -> None:
        """Found a world of untouched hosts and a place for a journal."""
        super().__init__()
        self.found, self.path = world(), self.new(self.folder)

    @staticmethod
    def new(folder: Path) -> Path:
        """Return a journal's place that nobody used."""
        return folder / f"{len(list(folder.iterdir()))}.jsonl"

    def do(self, way: Callable[[Work], Ending] | None, line: int, *, after: bool) -> None:
        """Do something, and die around a write."""
        run_and_die(self.found, self.path, PLAN, line, after=after, way=way)

    @rule(line=st.integers(1, 16), after=st.booleans())
    def go_on(self, line: int, *, after: bool) -> None:
        """Apply, or resume."""
        self.do(None, line, after=after)

    @precondition(lambda self: self.path.exists())
    @rule(
        line=st.integers(1, 5), after=st.booleans(), hosts=st.sets(st.sampled_from(HOSTS)),
        only=st.sets(st.sampled_from(STEPS)),
    )
    def take_back(self, line: int, hosts: set[str], only: set[str], *, after: bool) -> None:
        """Undo, whole or in part."""
        way = partial(undo, subjects=sorted(hosts), reason="r", only=sorted(only))
        self.do(way, line, after=after)

    @rule()
    def timers_fire(self) -> None:
        """Let time pass."""
        self.found.timers_fire()

    @rule(host=st.sampled_from(HOSTS), phase=st.sampled_from(["begin", "confirm", "undo"]),
          fault=st.sampled_from(["silent", "lost", "stopped", "refused"]))
    def something_goes_wrong(self, host: str, phase: str, fault: str) -> None:
        """Have a host not do, or not say, what it is told."""
        if fault != "refused" or phase == "undo":
            self.found.faults[phase, host] = fault

    @rule(hosts=st.sets(st.sampled_from(HOSTS), max_size=1))
    def business_breaks(self, hosts: set[str]) -> None:
        """Have a change break a host's business."""
        self.found.broken = hosts

    @invariant()
    def the_journal_does_not_lie(self) -> None:
        """See that what is certain is so; an intent, and what is armed, may be anything."""
        if not self.path.exists():
            assert set(self.found.hosts.values()) == {CLEAN}
            return
        entries = read(self.path)
        states = {entry.subject: entry.state for entry in entries if entry.state}
        really = {
            State.PLANNED: {CLEAN}, State.REFUSED: {CLEAN}, State.VERIFIED: {CONFIRMED},
            State.CONFIRMED: {CONFIRMED}, State.UNDONE: {BACK}, State.BEGUN: {ARMED, BACK},
        }
        for name in HOSTS:
            state = states.get(name, State.PLANNED)
            assert self.found.hosts[name] in really.get(state, {*self.found.hosts.values()})
            open_ = name in unanswered(entries)  # a restart asks for it again
            if state is State.VERIFIED or (state is State.CONFIRMED and not open_):
                known = taken_back(entries).get(name, frozenset())
                assert self.found.back.get(name, set()) == known

    def teardown(self) -> None:
        """Without further faults two resumes bring every host to an end."""
        self.found.faults, self.found.broken = {}, set()
        if self.path.exists():
            run(self.found, self.path, PLAN)
            self.found.timers_fire()
            for _ in range(2):
                ending = run(self.found, self.path, PLAN)
            ends = {State.VERIFIED, State.UNDONE, State.FAILED, State.CONFIRMED}
            assert set(ending.states.values()) <= ends, ending
            self.the_journal_does_not_lie()


def test_whoever_does_what_and_dies_where_the_journal_does_not_lie(tmp_path: Path) -> None:
    Operators.folder = tmp_path
    run_state_machine_as_test(
        Operators, settings=settings(max_examples=60, stateful_step_count=12, deadline=None))
