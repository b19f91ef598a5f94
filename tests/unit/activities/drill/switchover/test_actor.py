"""A drill's hands on a fake pair, with the real watcher on a fake server; killed at every step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsrunner.activities.drill.machines import Machines, Switchover
from opsrunner.activities.drill.planning import Cause, Drill, drill_of, plan_machines
from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.activities.drill.stage import Stage
from opsrunner.activities.drill.switchover import watching
from opsrunner.activities.drill.switchover.actor import SwitchoverActor
from opsrunner.activities.drill.switchover.pair import OnTask, Played
from opsrunner.activities.drill.switchover.standing import Server, Standing
from opsrunner.plan.actor import Outcome
from opsrunner.plan.states import State
from opsrunner.secrets.store import Secret
from opsrunner.sources.tasks import TaskEvent
from opsrunner.sources.watcher.process import Watch
from opsrunner.timeline.events import Kind, Mark, mark
from opsrunner.timeline.journal import FILE, read
from tests.unit.activities.drill.held import POLICIES, people
from tests.unit.activities.drill.test_walk import Crew, KilledError
from tests.unit.sources.watcher.fakes import Fake, serving

WRITES = Server(read_only=False, address=True, position="1")
FOLLOWS = Server(read_only=True, address=False, replica="YesYes", position="1")
FENCED = Server(read_only=True, address=False, position="1")
TASKS = ("Check | Ask the primary", "Fence | No writer", "Promote | The standby",
         "Repoint | The old primary", "Account | Ask the new primary")


@dataclass
class Two:
    """Two servers whose switchover ends, or breaks off, as it is told."""

    part: Switchover
    fake: Fake
    old: Server = WRITES
    new: Server = FOLLOWS
    dies_after: int = 99  # tasks, then the runner is killed
    refuses: str = ""
    run: str = "drill-1"
    asked: list[str] = field(default_factory=list)

    def check(self) -> Played:
        """Say whether it would be refused."""
        return Played(not self.refuses, self.refuses)

    def switch(self, heard: OnTask) -> Played:
        """Switch over, task by task."""
        self.asked.append("switch")
        for number, task in enumerate(TASKS):
            if number >= self.dies_after:
                raise KilledError
            heard(TaskEvent("db2", task, "started"))
            if self.refuses:
                return Played(well=False, why=self.refuses)
            self._carry_out(number)
        return Played(well=True)

    def _carry_out(self, number: int) -> None:
        if number == 1:
            self.old = FENCED
        elif number == 2:
            self.new, self.fake.name = WRITES, "db2"
            self.fake.swallow = 1  # whoever was connected has to connect anew
        elif number == 3:
            self.old = FOLLOWS

    def finish(self, heard: OnTask) -> Played:
        """Repoint."""
        del heard
        self.asked.append("finish")
        self.old = FOLLOWS
        return Played(well=True)

    def call_off(self) -> Played:
        """Release the old primary."""
        self.asked.append("call off")
        if self.new == WRITES:
            return Played(well=False, why="was promoted")
        self.old = WRITES
        return Played(well=True)

    def switch_back(self) -> Played:
        """Change them back."""
        self.asked.append("switch back")
        self.old, self.new = WRITES, FOLLOWS
        return Played(well=True)

    def standing(self) -> Standing:
        """Say how they stand."""
        return Standing(self.old, self.new)


class Held:
    """One drill in a folder: its pair outlives the runners."""

    def __init__(self, folder: Path, fake: Fake) -> None:
        self.folder, self.fake = folder, fake
        self.part = Switchover.model_validate({
            "primary": "db1", "standby": "db2", "address": "127.0.0.1/32", "port": fake.port,
            "primary_address": "127.0.0.1", "standby_address": "127.0.0.1",
            "replication": {"user": "repl", "secret": "r"},
            "probe": {"user": "w", "secret": "w", "database": "app", "interval_ms": 20,
                      "timeout_ms": 500},
        })
        self.two = Two(self.part, fake)
        self.drill = self._drill()
        self.barred = ""
        self._stages: list[Stage] = []

    def _drill(self) -> Drill:
        scenario = load_scenarios(POLICIES)["database_switchover"].model_copy(
            update={"machines": Machines(database_switchover=self.part)},
        )
        now = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)
        return drill_of(plan_machines("s", scenario, people(), Cause("zhang", "zhang", "1"), now))

    def runner(self, killed_at: int = 0) -> SwitchoverActor:
        """Return a new runner's hands; people's part is killed at the given call."""
        stage = Stage(self.drill, self.folder / FILE, "d", lambda: "run", Crew(killed_at), "张建国")
        self._stages.append(stage)
        return SwitchoverActor("系统", self.two, stage, self.folder,
                               lambda: Secret("w", "w"), lambda: self.barred, lambda _: None)

    def gone(self) -> None:
        """Have all runners be gone."""
        for stage in self._stages:
            stage.close()

    def through(self, hands: SwitchoverActor) -> State:
        """See a drill through as the executor does; return how it ended."""
        for phase in (hands.read, hands.begin, hands.confirm):
            found = one(phase(["系统"]))
            if found.state not in (State.PLANNED, State.BEGUN, State.CONFIRMED):
                return found.state
        return one(hands.verify(["系统"], {})).state

    def resumed(self) -> State:
        """Go on after a crash as the executor does; return how it ended."""
        self.gone()
        hands = self.runner()
        state = one(hands.status(["系统"])).state
        if state is State.PLANNED:
            return self.through(hands)
        if state is State.BEGUN:
            state = one(hands.confirm(["系统"])).state
        if state is State.BEGUN:
            return one(hands.undo(["系统"])).state
        return one(hands.verify(["系统"], {})).state if state is State.CONFIRMED else state


def one(outcomes: Iterator[Outcome]) -> Outcome:
    """Return the one outcome there must be."""
    found = list(outcomes)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    with serving(fake := Fake(), fake.database):
        found = Held(tmp_path, fake)
        yield found
        found.gone()
        if (tmp_path / watching.FILE).exists():
            Watch(tmp_path / watching.FILE).stop()


def test_a_drill_that_reaches_its_goals_is_verified(held: Held) -> None:
    assert held.through(held.runner()) is State.VERIFIED
    events = read(held.folder / FILE)
    assert [e.step for e in events if e.kind is Kind.BEGUN] == [
        step.id for step in held.drill.scenario.steps
    ]
    assert all(mark(events, name) for name in Mark)
    assert events[-1].data == {"result": "partly"}  # what Crew judged
    _, kept = watching.seen(held.folder)
    assert {host: getattr(one, "lost", one) for host, one in kept.items()} == {"db1": (), "db2": ()}
    assert not Watch(held.folder / watching.FILE).lives()


def test_a_lost_row_fails_the_drill_though_people_are_content(held: Held) -> None:
    hands = held.runner()
    for phase in (hands.read, hands.begin, hands.confirm):
        one(phase(["系统"]))
    seen = Watch(held.folder / watching.FILE).stop().attempts
    lost = next(one.n for one in seen if one.acknowledged)
    held.fake.rows.remove(lost)
    found = one(hands.verify(["系统"], {}))
    assert found.state is State.FAILED
    assert f"db1: 1 row(s) lost: {lost}" in found.reason
    assert "RPO unmeasured" in found.reason


def test_without_a_green_probe_nothing_is_touched(
    held: Held, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "GREEN_SECONDS", 0.5)
    held.fake.mode = "refuse"
    hands = held.runner()
    assert one(hands.begin(["系统"])).state is State.REFUSED
    assert held.two.asked == []
    assert read(held.folder / FILE)[-1].data == {"result": "unmet"}
    assert not Watch(held.folder / watching.FILE).lives()
    assert one(hands.read(["系统"])).state is State.REFUSED, "the drill is over"


def test_what_bars_it_while_people_take_their_time_is_heeded(held: Held) -> None:
    hands = held.runner()
    assert one(hands.read(["系统"])).state is State.PLANNED
    held.barred = "the window is closed"
    assert one(hands.begin(["系统"])).reason == "the window is closed"
    assert held.two.asked == []


def test_a_play_that_refuses_leaves_a_drill_that_failed(held: Held) -> None:
    held.two.refuses = "refused, nothing was changed: db2: lags"
    hands = held.runner()
    assert one(hands.read(["系统"])).state is State.REFUSED
    found = one(hands.begin(["系统"]))
    assert (found.state, found.reason) == (State.REFUSED, held.two.refuses)
    assert read(held.folder / FILE)[-1].data == {"result": "unmet"}


@pytest.mark.parametrize(("tasks", "state", "asked"), [
    (0, State.UNDONE, ["switch", "call off"]),
    (1, State.UNDONE, ["switch", "call off"]),
    (2, State.UNDONE, ["switch", "call off"]),
    (3, State.VERIFIED, ["switch", "finish"]),
    (4, State.VERIFIED, ["switch"]),
])
def test_killed_in_the_play_it_goes_on_from_how_the_servers_stand(
    held: Held, tasks: int, state: State, asked: list[str],
) -> None:
    held.two.dies_after = tasks
    with pytest.raises(KilledError):
        held.through(held.runner())
    before = read(held.folder / FILE)
    assert held.resumed() is state
    assert held.two.asked == asked
    after = read(held.folder / FILE)
    assert after[:len(before)] == before
    assert after[-1].kind is Kind.ENDED
    assert not Watch(held.folder / watching.FILE).lives()


def test_killed_in_the_steps_of_people_it_goes_on(tmp_path: Path) -> None:
    for killed_at in (1, 4, 5, 6, 10, 15):  # in each part of it
        with serving(fake := Fake(), fake.database):
            folder = tmp_path / str(killed_at)
            folder.mkdir()
            held = Held(folder, fake)
            with suppress(KilledError):
                held.through(held.runner(killed_at))
            assert held.resumed() is State.VERIFIED, killed_at
            held.gone()
            assert held.two.asked == ["switch"]


@pytest.mark.parametrize(("old", "new", "state"), [
    (WRITES, WRITES, State.UNKNOWN),
    (Server(why="unreachable"), FOLLOWS, State.UNKNOWN),
    (FENCED, Server(why="unreachable"), State.UNKNOWN),
])
def test_what_is_not_certain_is_unknown_and_left_alone(
    held: Held, old: Server, new: Server, state: State,
) -> None:
    held.two.old, held.two.new = old, new
    hands = held.runner()
    assert one(hands.status(["系统"])).state is state
    assert one(hands.undo(["系统"])).state is state
    assert held.two.asked == []


def test_a_drill_that_was_held_is_switched_back(held: Held) -> None:
    hands = held.runner()
    assert held.through(hands) is State.VERIFIED
    ended = read(held.folder / FILE)
    assert one(hands.undo(["系统"])).state is State.UNDONE
    assert held.two.asked == ["switch", "switch back"]
    assert read(held.folder / FILE) == ended, "what was held stays as it was"
