"""A switchover drill as the executor carries it out: one subject, the system.

    read     prechecks, nothing changed
    begin    people's steps, the watcher green, then one play: precheck, fence, promote, repoint
    confirm  the standby is the primary (asked of both servers) and the probe is green
    verify   every acknowledged row on both servers, the goals, the assessment
    status   both servers are asked, nothing else
    undo     nothing promoted: called off; promoted: switched over the other way round

After a crash nothing is repeated: what is decided is decided by how both servers stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from opsrunner.activities.drill.goals import missed
from opsrunner.activities.drill.stage import Stage
from opsrunner.activities.drill.switchover import watching
from opsrunner.activities.drill.switchover.pair import Played, Servers
from opsrunner.activities.drill.switchover.proof import Proof
from opsrunner.activities.drill.switchover.standing import Stand, Standing
from opsrunner.errors import EvidenceError, RunError
from opsrunner.plan.actor import Outcome
from opsrunner.plan.states import State
from opsrunner.secrets.store import Secret
from opsrunner.sources.tasks import TaskEvent
from opsrunner.sources.watcher.lines import Reading
from opsrunner.sources.watcher.process import Watch
from opsrunner.timeline.events import Mark, mark

_BLOCK = ("precheck", "fence", "promote", "repoint")
# The first word of a task's name -> the stage that it belongs to.
_STAGES = {"Check": "precheck", "Fence": "fence", "Promote": "promote", "Repoint": "repoint",
           "Account": "repoint"}


@dataclass(slots=True)
class SwitchoverActor:
    """One drill's hands. ``barred`` says why the hosts may not be touched now, "" when they may."""

    system: str
    pair: Servers
    stage: Stage
    folder: Path
    password: Callable[[], Secret]
    barred: Callable[[], str]
    tell: Callable[[str], None]

    # -- the executor's phases ---------------------------------------------------------------

    def read(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask whether anything speaks against it."""
        why = self.barred()
        if not why and self.stage.ended:
            why = "this drill was held to its end; plan another one"
        if not why and not (played := self.pair.check()).well:
            why = played.why
        yield self._said(State.REFUSED if why else State.PLANNED, why)

    def begin(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """See people's steps through, have the watcher green, switch over."""
        stage, part = self.stage, self.pair.part
        stage.people_until("precheck")
        if why := self.barred():  # people took their time
            stage.abandon(why)
            yield self._said(State.REFUSED, why)
            return
        stage.begin("precheck")
        try:
            watching.begin(part, self.pair.run, self.folder, self.password())
        except RunError as error:
            why = f"the probe is not green, nothing was touched: {error}"
            stage.abandon(why)
            yield self._said(State.REFUSED, why)
            return
        self.tell("the probe is green; switching over")
        played = self._block(self.pair.switch)
        stands = Stand.SWITCHED if played.well else (found := self.pair.standing()).stand
        if stands is Stand.SWITCHED:
            yield self._said(State.BEGUN, "" if played.well else played.why)
        elif stands is Stand.BEFORE:
            state = State.UNDONE if stage.began("fence") else State.REFUSED
            self._end(played.why)
            yield self._said(state, played.why)
        else:
            stage.remark(f"{found}. {played.why}")
            yield self._said(
                State.FAILED if stands is Stand.TWO_WRITERS else State.UNKNOWN,
                f"{found}. {played.why}",
            )

    def confirm(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask both servers; finish what was cut off behind the promotion; see the probe green."""
        found = self.pair.standing()
        if found.stand is not Stand.SWITCHED:
            yield self._said(_open(found), str(found))
            return
        self._catch_up(found)
        why = ""
        if mark(self.stage.events, Mark.GREEN) is None:
            try:
                self._watch().wait_green(watching.GREEN_SECONDS)
                self.stage.mark(Mark.GREEN, "the application's probe is acknowledged again")
            except (RunError, EvidenceError) as error:
                why = str(error)
                self.stage.remark(f"not seen green: {why}")
        yield self._said(State.CONFIRMED, why)

    def verify(
        self, _subjects: Sequence[str], undone: Mapping[str, Collection[str]],
    ) -> Iterator[Outcome]:
        """Account for every row, then have the drill judged. Nothing is taken back in parts."""
        del undone
        if not self.stage.is_done("account"):
            self.stage.people_until("account")
            self.stage.begin("account")
            self._account()
        result = self.stage.conclude()
        met = result != "unmet"
        why = "" if met else "the drill did not reach its goals: " + self._failed()
        yield self._said(State.VERIFIED if met else State.FAILED, why)

    def status(self, _subjects: Sequence[str]) -> Iterator[Outcome]:
        """Ask both servers how they stand."""
        found = self.pair.standing()
        touched = self.stage.began("precheck")
        if found.stand is Stand.BEFORE and not touched:
            yield self._said(State.PLANNED, str(found))
        elif found.stand is Stand.SWITCHED and self.stage.is_done("account"):
            yield self._said(State.CONFIRMED, str(found))
        else:
            yield self._said(_open(found), str(found))

    def undo(self, _subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Call the switchover off, or switch back, as the servers stand; never in parts."""
        del only
        before = self.pair.standing()
        if before.stand in (Stand.UNCLEAR, Stand.TWO_WRITERS):
            yield self._said(State.UNKNOWN, f"nothing was done: {before}")
            return
        switched = before.stand is Stand.SWITCHED
        played = self.pair.switch_back() if switched else self.pair.call_off()
        after = self.pair.standing()
        if after.stand is Stand.BEFORE:
            self._end(f"taken back: {before}")
            yield self._said(State.UNDONE, played.why if not played.well else "")
        elif after.stand is Stand.SWITCHED:
            yield self._said(State.CONFIRMED, played.why)
        else:
            yield self._said(State.UNKNOWN, f"{after}. {played.why}")

    # -- what only the commands ask ----------------------------------------------------------

    def preview(self, _subjects: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Say what an undo would meet: how both servers stand."""
        del only
        found = self.pair.standing()
        states = {Stand.BEFORE: State.UNDONE, Stand.FENCED: State.CONFIRMED,
                  Stand.SWITCHED: State.CONFIRMED}
        yield self._said(states.get(found.stand, State.UNKNOWN), str(found))

    def forget(self, subjects: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Keep nothing on the hosts: there is nothing to forget."""
        for name in subjects:
            yield name, True

    def reading(self) -> Reading | None:
        """Return what the watcher saw so far, None when there was none."""
        return self._watch().read() if self._watch().journal.exists() else None

    # -- parts -------------------------------------------------------------------------------

    def _said(self, state: State, reason: str = "") -> Outcome:
        return Outcome(self.system, state, reason)

    def _watch(self) -> Watch:
        return Watch(self.folder / watching.FILE)

    def _block(self, play: Callable[[Callable[[TaskEvent], None]], Played]) -> Played:
        """Have the play run; each task that begins moves the time line on."""
        now, said = ["precheck"], {"precheck": "nothing speaks against it"}

        def heard(event: TaskEvent) -> None:
            stage = _STAGES.get(event.task.partition(" |")[0], now[0])
            if event.status == "started" and _BLOCK.index(stage) > _BLOCK.index(now[0]):
                self.stage.end(now[0], said.get(now[0], ""))
                self.stage.begin(stage)
                now[0] = stage
                self.tell(stage)
            elif event.status == "ok" and stage != "precheck" and event.said:
                said[stage] = " ".join(event.said.split())  # the proof: a position, a state

        played = play(heard)
        why = said.get(now[0], "") if played.well else played.why
        self.stage.end(now[0], why, well=played.well)
        return played

    def _catch_up(self, found: Standing) -> None:
        """Given a pair that is switched, end the steps that nobody ended, and repoint if needed."""
        for stage in ("precheck", "fence", "promote"):
            self.stage.end(stage, f"found so when the runner was back: {found}")
        if self.stage.is_done("repoint"):
            return
        if found.old.replica == "YesYes":
            self.stage.end("repoint", f"found so when the runner was back: {found}")
            return
        self.stage.begin("repoint")
        played = self.pair.finish(lambda _: None)
        self.stage.end("repoint", played.why if not played.well else "", well=played.well)

    def _account(self) -> None:
        """Stop the watcher, account for its rows on both servers, say whether the goals are met."""
        try:
            reading = self._watch().stop()
        except EvidenceError as error:
            self.stage.end("account", f"outage unmeasured: {error}", well=False)
            return
        rows = watching.rows(self.pair.part, self.pair.run, self.password())
        watching.keep_rows(self.folder, rows)
        proof = Proof(reading, rows)
        incident = mark(self.stage.events, Mark.INCIDENT)
        if incident and (moment := proof.recovered(incident.at)):
            self.stage.mark(Mark.RECOVERED, proof.told(), moment)
        self.tell(proof.told())
        wrong = proof.faults() + missed(self.stage.drill.scenario.goals, self.stage.events)
        self.stage.end("account", "; ".join([proof.told(), *wrong]), well=not wrong)

    def _end(self, why: str) -> None:
        """End the watch and the time line of a drill that came to nothing."""
        with suppress(EvidenceError):
            self._watch().stop()
        self.stage.abandon(why)

    def _failed(self) -> str:
        said = [event.text for event in self.stage.events
                if event.data.get("outcome") == "failed" or event.data.get("verdict") == "unmet"]
        return "; ".join(text for text in said if text) or "see the report"


def _open(found: Standing) -> State:
    """Given a pair that may be anywhere between begin and end, return the state to go on from."""
    known = found.stand in (Stand.BEFORE, Stand.FENCED, Stand.SWITCHED)
    return State.BEGUN if known else State.UNKNOWN
