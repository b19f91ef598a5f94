"""The time line of a drill with machines, kept by whoever acts: people's steps and machines'.

The journal of the plan says how far the carrying out is; this says what happened when. A step
that was under way when the runner died is ended by whoever finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.scenario import Step
from opsrunner.activities.drill.walk import Moderator, assess, result, walk_step
from opsrunner.timeline.events import Event, Kind, Mark, Outcome, mark, step
from opsrunner.timeline.journal import TimeLine, read

WHO = "opsrunner"


@dataclass(slots=True)
class Stage:
    """One drill, the file of its time line, who leads it (by name) and who answers for people.

    ``run`` names the evidence run that takes up the work, asked when the time line is opened.
    """

    drill: Drill
    path: Path
    digest: str
    run: Callable[[], str]
    moderator: Moderator
    leader: str
    _line: TimeLine | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """Return what the time line holds, nothing when the drill was not begun."""
        if self._line is not None:
            return tuple(self._line.events)
        return read(self.path) if self.path.exists() else ()

    @property
    def ended(self) -> bool:
        """Return whether the drill is over."""
        return bool(self.events) and self.events[-1].kind is Kind.ENDED

    @property
    def line(self) -> TimeLine:
        """Return the time line, opened by this process. Raise InputError, EvidenceError."""
        if self._line is None:
            run = self.run()
            self._line = (
                TimeLine.resume(self.path, digest=self.digest, run=run) if self.events
                else TimeLine.begin(
                    self.path, plan=self.drill.plan.id, digest=self.digest, run=run,
                )
            )
        return self._line

    def close(self) -> None:
        """Let go of the time line."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def began(self, does: str) -> bool:
        """Given a stage, return whether it is known to have begun."""
        return step(self.events, self._step(does).id)[0] is not None

    def is_done(self, does: str) -> bool:
        """Given a stage, return whether it has ended, well or not."""
        return step(self.events, self._step(does).id)[1] is not None

    def begin(self, does: str) -> None:
        """Given a stage, write down that it begins; one that began is left alone."""
        wanted = self._step(does)
        if not self.began(does):
            self.line.enter(wanted.phase)
            self.line.put(Kind.BEGUN, step=wanted.id, who=WHO)

    def end(self, does: str, text: str = "", *, well: bool = True) -> None:
        """Given a stage, write down how it ended; one that has ended is left alone."""
        self.begin(does)
        if not self.is_done(does):
            outcome = Outcome.DONE if well else Outcome.FAILED
            self.line.put(
                Kind.DONE, step=self._step(does).id, who=WHO, text=text[:2000],
                data={"outcome": outcome.value},
            )

    def remark(self, text: str) -> None:
        """Given what happened besides, write it down."""
        self.line.put(Kind.REMARK, who=WHO, text=text[:2000])

    def mark(self, name: Mark, text: str, moment: str = "") -> None:
        """Given a mark, why, and its moment when it was not now, set it unless it is set."""
        if mark(self.events, name) is None:
            data = {"name": name.value} | ({"moment": moment} if moment else {})
            self.line.put(Kind.MARK, who=WHO, text=text, data=data)

    def people_until(self, does: str) -> None:
        """Given a stage, see people's steps before it through, with the marks that they set."""
        for place, wanted in enumerate(self.drill.scenario.steps, start=1):
            if wanted.does == does:
                return
            self._person(place, wanted)

    def conclude(self) -> str:
        """See the last steps of people through, have the drill judged; return its result."""
        if not self.ended:
            for place, wanted in enumerate(self.drill.scenario.steps, start=1):
                self._person(place, wanted)
            assess(self.drill, self.line, self.moderator, self.leader)
        return result(self.events)

    def abandon(self, why: str) -> None:
        """Given why, end the drill: the stage that it came to has failed."""
        if self.ended:
            return
        left = [one.does for one in self.drill.scenario.steps
                if one.does and not self.is_done(one.does)]
        for does in left[:1]:
            self.end(does, why, well=False)
        data = {"result": result(self.events)}
        self.line.put(Kind.ENDED, who=self.leader, text=why[:2000], data=data)

    def _person(self, place: int, wanted: Step) -> None:
        if wanted.does:
            return
        walk_step(self.line, place, wanted, self.moderator)
        # The machine's own probe says when it is green and what was recovered.
        if wanted.mark in (Mark.INCIDENT, Mark.DECLARED):
            self.mark(wanted.mark, wanted.title.zh)

    def _step(self, does: str) -> Step:
        return next(one for one in self.drill.scenario.steps if one.does == does)
