"""A restore drill as the executor carries it out; no live data is touched.

    read     may it be restored there? nothing changed
    begin    people's steps, then the restore, the comparison, the marks
    confirm  it came to its end: what is there to disarm
    verify   people's last steps, the assessment; a restore that was whole is proven to level 5
    status   does a restore still run, did one end
    undo     the scratch instance is gone; there is nothing else

What was cut off is not begun a second time: another drill is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from opsrunner.activities.drill.goals import missed
from opsrunner.activities.drill.machines import Restore
from opsrunner.activities.drill.restore.answer import Answer, parse
from opsrunner.activities.drill.stage import Stage
from opsrunner.errors import RunError
from opsrunner.evidence.files import write_durably
from opsrunner.plan.actor import Outcome
from opsrunner.plan.states import State
from opsrunner.timeline.events import Mark

FILE = "restore.txt"  # what the restore printed, beside the plan


class Place(Protocol):
    """Where it is restored; ``host.Host`` is the one there is."""

    @property
    def part(self) -> Restore:
        """Return which set, host and folder."""

    def check(self) -> str:
        """Return what speaks against restoring there, "" when nothing does. Changes nothing."""

    def restore(self) -> str:
        """Restore; return what was printed. Raise RunError when nobody knows."""


@dataclass(slots=True)
class RestoreActor:
    """One drill's hands. ``proven`` puts a whole restore on record for its backup set."""

    system: str
    place: Place
    stage: Stage
    folder: Path
    barred: Callable[[], str]
    proven: Callable[[Answer], None]
    tell: Callable[[str], None]

    def read(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask whether anything speaks against it."""
        why = self.barred()
        if not why and self.stage.ended:
            why = "this drill was held to its end; plan another one"
        why = why or self.place.check()
        yield Outcome(self.system, State.REFUSED if why else State.PLANNED, why)

    def begin(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """See people's steps through, then restore and compare."""
        stage = self.stage
        stage.people_until("restore")
        if why := self.barred():  # people took their time
            stage.abandon(why)
            yield Outcome(self.system, State.REFUSED, why)
            return
        stage.begin("restore")
        self.tell(f"restoring on {self.place.part.host}")
        try:
            said = self.place.restore()
        except RunError as error:
            stage.remark(str(error))
            yield Outcome(self.system, State.UNKNOWN, str(error))
            return
        write_durably(self.folder / FILE, said.encode())
        found = parse(said)
        self.tell(found.told())
        if found.level is None:
            stage.abandon(f"not restored: {found.told()}")
            state = State.UNDONE if found.clean else State.UNKNOWN
            yield Outcome(self.system, state, found.told())
            return
        self._compare(found)
        yield Outcome(self.system, State.BEGUN, found.why)

    def confirm(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Say whether the restore came to its end."""
        over = self.stage.is_done("compare")
        why = "" if over else "the restore was cut off"
        yield Outcome(self.system, State.CONFIRMED if over else State.BEGUN, why)

    def verify(
        self, _subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Have the drill judged; put what is proven on record."""
        del undone
        met = self.stage.conclude() != "unmet"
        found = self.answer()
        if met and found.whole:
            self.proven(found)
        said = [event.text for event in self.stage.events if event.data.get("outcome") == "failed"]
        why = "" if met else "the drill did not reach its goals: " + "; ".join(said)
        yield Outcome(self.system, State.VERIFIED if met else State.FAILED, why)

    def status(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Find out whether one was begun, has ended, or may still run."""
        if not self.stage.began("restore"):
            yield Outcome(self.system, State.PLANNED, "no restore was begun")
        elif self.stage.is_done("compare"):
            yield Outcome(self.system, State.CONFIRMED, "the restore has ended")
        elif why := self.place.check():
            said = f"a restore may still run on {self.place.part.host}: {why}"
            yield Outcome(self.system, State.UNKNOWN, said)
        else:
            yield Outcome(self.system, State.BEGUN, "cut off; nothing is left of the restore")

    def undo(self, _subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """See that nothing is left: the scratch instance is removed by who made it."""
        del only
        why = self.place.check()
        if why:  # also what could not be looked at
            yield Outcome(self.system, State.UNKNOWN, why)
            return
        if self.stage.events:
            self.stage.abandon("the restore was cut off")
        yield Outcome(self.system, State.UNDONE)

    def preview(self, _subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Say what an undo would meet: nothing is kept of a restore."""
        del only
        yield Outcome(self.system, State.UNDONE, "nothing is kept of a restore")

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Keep nothing on the host: there is nothing to forget."""
        for name in subjects:
            yield name, True

    def answer(self) -> Answer:
        """Return how far the restore came, by what it printed."""
        path = self.folder / FILE
        return parse(path.read_text("utf-8")) if path.exists() else Answer(why="nothing was kept")

    def _compare(self, found: Answer) -> None:
        """Given how far it came, set the marks and say whether the goals are reached."""
        stage = self.stage
        stage.end("restore", found.told(), well=(found.level or 0) >= 3 and found.clean)  # noqa: PLR2004 - level 3 is "restored"
        stage.begin("compare")
        if found.whole:
            stage.mark(Mark.GREEN, "every table was read back through the restored instance")
        if found.recovered:
            stage.mark(Mark.RECOVERED, f"set {found.set}", found.recovered.isoformat())
        wrong = [found.why] if found.why else []
        wrong += missed(stage.drill.scenario.goals, stage.events)
        stage.end("compare", "; ".join([found.told(), *wrong]), well=not wrong)
