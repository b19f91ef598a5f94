"""The moderator at the terminal: Enter when a step begins, Enter when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import get_args

import typer

from opsrunner.activities.drill import walk
from opsrunner.activities.drill.answers import named
from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.scenario import Step
from opsrunner.errors import InputError, Problem
from opsrunner.plan.models import Words
from opsrunner.plan.people import People
from opsrunner.report.text import visible
from opsrunner.timeline.events import Outcome

VERDICTS: tuple[walk.Verdict, ...] = get_args(walk.Verdict)


NOBODY = "has steps of people: hold it at a terminal, or by opsrunner drill with --answers FILE"


class Absent:
    """Nobody is there to be asked: each call raises InputError, and the drill can be resumed."""

    def begin(self, place: int, wanted: Step) -> str:
        """Refuse."""
        raise InputError([Problem(wanted.id, str(place), NOBODY)])

    def end(self, wanted: Step) -> walk.Ended:
        """Refuse."""
        raise InputError([Problem(wanted.id, "", NOBODY)])

    def judge(self, place: int, criterion: Words) -> walk.Judged:
        """Refuse."""
        raise InputError([Problem(f"criterion {place}", criterion.en, NOBODY)])

    def problems(self) -> Iterator[walk.Problem]:
        """Refuse."""
        raise InputError([Problem("problems", "", NOBODY)])

    def conclude(self) -> str:
        """Refuse."""
        raise InputError([Problem("conclusion", "", NOBODY)])


class Terminal:
    """Asks on the terminal; what is typed is kept as it is, control characters made visible."""

    def __init__(
        self, drill: Drill, people: People, ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Given a drill, the people, and what makes the terminal ready for a question."""
        self._drill, self._people, self._ready = drill, people, ready

    def begin(self, place: int, wanted: Step) -> str:
        """Show the step, wait until it begins; return who does it."""
        self._ready()
        scenario = self._drill.scenario
        typer.echo(f"\n[{place}/{len(scenario.steps)}] {wanted.phase} | {wanted.title.zh}")
        typer.echo(f"      {wanted.title.en}")
        if wanted.inject:
            typer.echo(f"  >>  {wanted.inject.zh}")
        typer.echo(f"  role {scenario.roles[wanted.role].title.zh}, {wanted.minutes} min, "
                   f"proof: {wanted.proof.zh}")
        first = named(self._people, self._drill.people[wanted.role][0])
        return _asked("  Enter when it begins; who", first)

    def end(self, wanted: Step) -> walk.Ended:  # noqa: ARG002 - the moderator's shape
        """Wait until the step under way has ended."""
        outcome = _asked("  Enter when it ends", Outcome.DONE.value, list(Outcome))
        return walk.Ended(Outcome(outcome), _asked("  remark", ""))

    def judge(self, place: int, criterion: Words) -> walk.Judged:
        """Ask whether a criterion was met."""
        self._ready()
        typer.echo(f"\ncriterion {place}: {criterion.zh}")
        said = _asked("  verdict", None, VERDICTS)
        verdict = next(one for one in VERDICTS if one == said)
        return walk.Judged(verdict, _asked("  remark", ""))

    def problems(self) -> Iterator[walk.Problem]:
        """Ask for problems until an empty title."""
        typer.echo("\nWhat is to be mended? An empty title ends the list.")
        while title := _asked("problem", ""):
            yield walk.Problem(title, self._owner(), _due())

    def conclude(self) -> str:
        """Ask for the conclusion."""
        return _asked("conclusion", "演练按方案完成。")

    def _owner(self) -> str:
        while True:
            try:
                return named(self._people, self._people.by_name(_asked("  owner", None)))
            except InputError as error:
                typer.echo(f"  {error}")


def _due() -> str:
    while True:
        try:
            return date.fromisoformat(_asked("  due (YYYY-MM-DD)", None)).isoformat()
        except ValueError:
            typer.echo("  must be a day, such as 2026-12-31")


def _asked(text: str, default: str | None, choices: Sequence[str] = ()) -> str:
    """Given a question, what Enter alone says (None: nothing), and choices, return the answer."""
    shown = f"{text} ({', '.join(choices)})" if choices else text
    while True:
        typed = typer.prompt(shown, default=default, show_default=bool(default))
        said = visible(str(typed)).strip()
        if not choices or said in choices:
            return said
        typer.echo(f"  must be one of {', '.join(choices)}")
