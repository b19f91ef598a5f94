"""``policies/drills/*.yml``: scenarios; the file's name is the id.

A scenario says who does what in which phase, how long it should take and what proves it. Roles
are duties of people in ``policies/people.yml``: a drill whose role nobody has cannot begin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from opsrunner.activities.drill.machines import STAGES, Machines
from opsrunner.errors import InputError, PolicyError, Problem
from opsrunner.plan.models import Name, Strict, Words
from opsrunner.plan.people import Duty, People
from opsrunner.policy.load import read_models
from opsrunner.timeline.events import Mark, Phase

FOLDER = "drills"
Subject = Literal[
    "database_restore", "database_switchover", "host", "network", "web_site", "security_incident",
]
StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Minutes = Annotated[int, Field(ge=1, le=10_080)]
Stage = Literal["precheck", "fence", "promote", "repoint", "account", "restore", "compare"]


class Role(Strict):
    """Who it is in words, and what they answer for."""

    title: Words
    task: Words


class Step(Strict):
    """One step, by a machine or by a person in ``role``; a machine's step has one who watches it.

    ``minutes`` is what it should take, ``proof`` what shows that it was done. ``inject`` is what
    the moderator says at the table. ``mark`` is the moment that its end marks. ``does`` is the
    stage of a drill with machines that the step is; at the table it says nothing.
    """

    id: StepId
    phase: Phase
    title: Words
    actor: Literal["machine", "person"] = "person"
    role: Duty
    minutes: Minutes
    proof: Words
    inject: Words | None = None
    mark: Mark | None = None
    does: Stage | None = None

    @model_validator(mode="after")
    def _machine(self) -> Step:
        if self.does and self.actor != "machine":
            raise ValueError(f"does {self.does}, which is a machine's: say actor: machine")
        return self


class Goals(Strict):
    """What is to be reached; what is not given is not a goal of this drill."""

    rto_minutes: Minutes | None = None
    rpo_minutes: Annotated[int, Field(ge=0, le=100_000)] | None = None


class Scenario(Strict):
    """One scenario; every text in both languages."""

    title: Words
    subject: Subject
    system: Name
    aim: Words
    basis: Annotated[tuple[Words, ...], Field(min_length=1)]
    situation: Words
    goals: Goals = Goals()
    preconditions: Annotated[tuple[Words, ...], Field(min_length=1)]
    safety: Annotated[tuple[Words, ...], Field(min_length=1)]
    roles: Annotated[dict[Duty, Role], Field(min_length=1)]
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    criteria: Annotated[tuple[Words, ...], Field(min_length=1)]
    machines: Machines | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Scenario:
        wrong = [
            f"step {name} stands twice" for name, count
            in Counter(step.id for step in self.steps).items() if count > 1
        ]
        used = {step.role for step in self.steps}
        wrong += [f"role {name} of a step is not under roles" for name in sorted(used)
                  if name not in self.roles]
        order = list(Phase)
        places = [order.index(step.phase) for step in self.steps]
        if places != sorted(places):
            wrong.append("steps go back to an earlier phase")
        marks = Counter(step.mark for step in self.steps if step.mark)
        wrong += [f"mark {name} is set by {count} steps" for name, count in marks.items()
                  if count > 1]
        wrong += staged(self)
        goal, takes = self.goals.rto_minutes, self.recovery_minutes
        if goal is not None and takes is not None and takes > goal:
            wrong.append(f"its steps take {takes} minutes to be green, the goal is {goal}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def recovery_minutes(self) -> int | None:
        """Return the minutes planned from declared to green, None when a mark is missing."""
        places = {step.mark: place for place, step in enumerate(self.steps) if step.mark}
        if Mark.DECLARED not in places or Mark.GREEN not in places:
            return None
        on_the_way = self.steps[places[Mark.DECLARED] + 1:places[Mark.GREEN] + 1]
        return sum(step.minutes for step in on_the_way)


def staged(scenario: Scenario) -> list[str]:
    """Given a scenario, return what keeps it from being held with machines; none when it has none.

    The stages of its subject stand once each and in their order; what is one play has no step
    of a person in between.
    """
    if scenario.machines is None:
        return []
    if getattr(scenario.machines, scenario.subject, None) is None:
        return [f"machines has no section {scenario.subject}, which is the subject"]
    parts = STAGES[scenario.subject]
    wanted = [name for part in parts for name in part]
    does: list[str | None] = [step.does for step in scenario.steps]
    if [name for name in does if name] != wanted:
        return [f"steps with does: must be {', '.join(wanted)}, each once and in this order"]
    return [
        f"{', '.join(part)} are one play; no other step stands between them"
        for part in parts if does.index(part[-1]) - does.index(part[0]) != len(part) - 1
    ]


def load_scenarios(policies: Path) -> dict[str, Scenario]:
    """Given the policies folder, return the scenarios by id.

    Raise PolicyError with every problem of every file.
    """
    problems: list[Problem] = []
    files = read_models(sorted((policies / FOLDER).glob("*.yml")), Scenario, problems)
    if problems:
        raise PolicyError(problems)
    return {path.stem: scenario for path, scenario in files.items()}


def unfilled(name: str, scenario: Scenario, people: People) -> list[Problem]:
    """Given a scenario and the people, return a problem for each role that is nobody's duty."""
    return [
        Problem(people.file, f"duties: {role}", f"is nobody's duty, and {name} has that role")
        for role in scenario.roles if not people.with_duty(role)
    ]


def chosen(scenarios: Mapping[str, Scenario], name: str) -> Scenario:
    """Given scenarios and an id, return it. Raise InputError with the ids there are."""
    if name not in scenarios:
        known = ", ".join(scenarios) or "none"
        raise InputError([Problem("SCENARIO", name, f"no such scenario; there are: {known}")])
    return scenarios[name]
