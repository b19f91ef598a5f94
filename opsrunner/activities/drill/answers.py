"""A file of answers that stands for the moderator: for tests, and where no terminal is.

The clock is the real one all the same: a file says what was done, never when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from opsrunner.activities.drill import walk
from opsrunner.activities.drill.planning import Drill
from opsrunner.activities.drill.scenario import Step, StepId
from opsrunner.errors import InputError, Problem
from opsrunner.plan.models import Name, Strict, Words
from opsrunner.plan.people import People
from opsrunner.policy.load import read_models
from opsrunner.timeline.events import Outcome

Text = Annotated[str, Field(max_length=2000)]


class StepAnswer(Strict):
    """A step: ``who`` defaults to the first with that duty."""

    who: Name | None = None
    outcome: Outcome = Outcome.DONE
    remark: Text = ""


class Criterion(Strict):
    """Whether a criterion was met."""

    verdict: walk.Verdict
    remark: Text = ""


class Finding(Strict):
    """What is to be mended, by whom (a person's id or name), until when."""

    title: Name
    owner: Name
    due: date


class Answers(Strict):
    """One file: every step by id, every criterion in the scenario's order."""

    steps: dict[StepId, StepAnswer]
    criteria: tuple[Criterion, ...]
    findings: tuple[Finding, ...] = ()
    conclusion: Annotated[Text, Field(min_length=1)]


def load_answers(path: Path, drill: Drill, people: People) -> FromFile:
    """Given a file, the drill and the people, return who answers. Raise InputError with all faults.

    Every step and criterion must be answered: what nobody said is not taken for done.
    """
    problems: list[Problem] = []
    found = read_models([path], Answers, problems).get(path)
    if not isinstance(found, Answers):
        raise InputError(problems)
    known = [step.id for step in drill.by_people]
    problems += [
        Problem(str(path), f"steps.{name}", "is missing; every step needs an answer")
        for name in known if name not in found.steps
    ]
    problems += [
        Problem(str(path), f"steps.{name}", "is no step that people do")
        for name in found.steps if name not in known
    ]
    if len(found.criteria) != len(drill.scenario.criteria):
        message = f"has {len(found.criteria)}, the scenario {len(drill.scenario.criteria)}"
        problems.append(Problem(str(path), "criteria", message))
    for place, finding in enumerate(found.findings):
        try:
            people.by_name(finding.owner)
        except InputError as error:
            problems += [
                Problem(str(path), f"findings.{place}.owner", one.message)
                for one in error.problems
            ]
    if problems:
        raise InputError(problems)
    return FromFile(found, drill, people)


class FromFile:
    """A moderator that reads the file."""

    def __init__(self, answers: Answers, drill: Drill, people: People) -> None:
        self._answers, self._drill, self._people = answers, drill, people

    def begin(self, place: int, wanted: Step) -> str:  # noqa: ARG002 - the moderator's shape
        """Return who does the step."""
        first = self._drill.people[wanted.role][0]
        return self._answers.steps[wanted.id].who or named(self._people, first)

    def end(self, wanted: Step) -> walk.Ended:
        """Return how the step ended."""
        answer = self._answers.steps[wanted.id]
        return walk.Ended(answer.outcome, answer.remark)

    def judge(self, place: int, criterion: Words) -> walk.Judged:  # noqa: ARG002 - as above
        """Return whether the criterion was met."""
        said = self._answers.criteria[place - 1]
        return walk.Judged(said.verdict, said.remark)

    def problems(self) -> Iterator[walk.Problem]:
        """Yield what is to be mended."""
        for one in self._answers.findings:
            owner = named(self._people, self._people.by_name(one.owner))
            yield walk.Problem(one.title, owner, one.due.isoformat())

    def conclude(self) -> str:
        """Return the conclusion."""
        return self._answers.conclusion


def named(people: People, person: str) -> str:
    """Given the people and a person's id, return their name; one who is gone keeps the id."""
    return people.people[person].name if person in people.people else person
