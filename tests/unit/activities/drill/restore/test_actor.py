"""A restore drill's hands on a fake host: refused, damaged, cut off, proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opsrunner.activities.drill.machines import Machines, Restore
from opsrunner.activities.drill.planning import Cause, Drill, drill_of, plan_machines
from opsrunner.activities.drill.restore.actor import RestoreActor
from opsrunner.activities.drill.restore.answer import Answer
from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.activities.drill.stage import Stage
from opsrunner.errors import RunError
from opsrunner.plan.actor import Outcome
from opsrunner.plan.states import State
from opsrunner.timeline.events import Kind, Mark, mark
from opsrunner.timeline.journal import FILE, read
from tests.unit.activities.drill.held import POLICIES, people
from tests.unit.activities.drill.test_walk import Crew

PART = Restore(backup_set="app/daily/db1/main", host="db3")


def said(age: timedelta = timedelta(minutes=5), rest: str = "cleaned yes\nlevel 4\nexit 0") -> str:
    """Return what a restore of a set of that age prints."""
    return f"set {datetime.now(UTC) - age:%Y%m%dT%H%M%SZ}\n{rest}\n"


@dataclass
class Scratch:
    """A host that restores as it is told."""

    part: Restore = PART
    refuses: str = ""
    prints: str = field(default_factory=said)
    asked: int = 0

    def check(self) -> str:
        """Say what speaks against it."""
        return self.refuses

    def restore(self) -> str:
        """Restore."""
        self.asked += 1
        if not self.prints:
            raise RunError("db3: unreachable")
        return self.prints


class Held:
    """One drill in a folder, and what it put on record."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host, self.proven = folder, Scratch(), list[Answer]()
        self.drill = self._drill()
        self._stages: list[Stage] = []

    def _drill(self) -> Drill:
        scenario = load_scenarios(POLICIES)["database_restore"].model_copy(
            update={"machines": Machines(database_restore=PART)},
        )
        cause = Cause("zhang", "zhang", "1")
        return drill_of(plan_machines("r", scenario, people(), cause, datetime.now(UTC)))

    def runner(self) -> RestoreActor:
        """Return a new runner's hands."""
        stage = Stage(self.drill, self.folder / FILE, "d", lambda: "run", Crew(), "张建国")
        self._stages.append(stage)
        return RestoreActor("系统", self.host, stage, self.folder, str, self.proven.append,
                            lambda _: None)

    def gone(self) -> None:
        """Have all runners be gone."""
        for stage in self._stages:
            stage.close()

    def through(self, hands: RestoreActor) -> Outcome:
        """See a drill through as the executor does; return how it ended."""
        for phase in (hands.read, hands.begin, hands.confirm):
            found = one(phase(["系统"]))
            if found.state not in (State.PLANNED, State.BEGUN, State.CONFIRMED):
                return found
        return one(hands.verify(["系统"], {}))


def one(outcomes: Iterator[Outcome]) -> Outcome:
    """Return the one outcome there must be."""
    found = list(outcomes)
    assert len(found) == 1
    return found[0]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    found = Held(tmp_path)
    yield found
    found.gone()


def test_a_restore_that_was_whole_is_proven(held: Held) -> None:
    assert held.through(held.runner()).state is State.VERIFIED
    events = read(held.folder / FILE)
    assert all(mark(events, name) for name in Mark)
    assert [found.level for found in held.proven] == [4]


@pytest.mark.parametrize(("prints", "why"), [
    (said(rest="problem lacks or differs: rows a t 5\ncleaned yes\nlevel 3\nexit 1"), "lacks or"),
    (said(age=timedelta(days=1)), "RPO 86"),
])
def test_what_is_damaged_or_too_old_fails_and_proves_nothing(
    held: Held, prints: str, why: str,
) -> None:
    held.host.prints = prints
    found = held.through(held.runner())
    assert found.state is State.FAILED
    assert why in found.reason
    assert held.proven == []


@pytest.mark.parametrize(("prints", "state"), [
    (said(rest="problem not verified: the disk is full\ncleaned yes\nexit 2"), State.UNDONE),
    (said(rest="problem not verified: the disk is full\ncleaned no\nexit 2"), State.UNKNOWN),
    ("", State.UNKNOWN),
])
def test_what_nobody_could_look_at_is_not_called_damage(
    held: Held, prints: str, state: State,
) -> None:
    held.host.prints = prints
    assert held.through(held.runner()).state is state
    assert held.proven == []


def test_one_that_is_aimed_at_a_live_instance_is_refused(held: Held) -> None:
    held.host.refuses = "refused: lies in the data directory of a live instance"
    assert held.through(held.runner()).state is State.REFUSED
    assert held.host.asked == 0
    assert not (held.folder / FILE).exists()


@pytest.mark.parametrize(("refuses", "state"), [
    ("", State.UNDONE), ("the scratch folder is there already", State.UNKNOWN),
    ("unreachable", State.UNKNOWN),
])
def test_a_runner_that_died_over_it_is_not_begun_again(
    held: Held, refuses: str, state: State,
) -> None:
    first = held.runner()
    first.stage.people_until("restore")
    first.stage.begin("restore")
    held.gone()
    held.host.refuses = refuses
    hands = held.runner()
    assert one(hands.status(["系统"])).state is (State.UNKNOWN if refuses else State.BEGUN)
    assert one(hands.undo(["系统"])).state is state
    assert held.host.asked == 0
    if not refuses:
        assert read(held.folder / FILE)[-1].kind is Kind.ENDED
