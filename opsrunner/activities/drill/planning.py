"""A scenario and people -> the plan of a drill, in the shape every activity's plan has; pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from opsrunner.activities.drill.scenario import Scenario
from opsrunner.errors import InputError, Problem
from opsrunner.plan.file import new_id, utc
from opsrunner.plan.models import Danger, Plan, Step, SubjectPlan, Words
from opsrunner.plan.people import People
from opsrunner.wording import wrong

ACTIVITY = "drill"
TABLETOP = "tabletop"
_AT_THE_TABLE = Words(zh="桌面推演，不操作系统", en="at the table, nothing is touched")
_NO_DANGER = Danger(level="none", why=_AT_THE_TABLE)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who plans, from where, and what stands on every document."""

    planner: str
    login: str
    code_version: str
    ticket: str = ""
    valid_days: int = 30


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill's plan says beyond a plan's own members: the scenario and who has which role."""

    plan: Plan
    name: str
    scenario: Scenario
    people: dict[str, tuple[str, ...]]  # role -> ids of policies/people.yml

    @property
    def form(self) -> str:
        """Return how it is held: ``tabletop``."""
        return str(self.plan.options["form"])


def plan_tabletop(
    name: str, scenario: Scenario, people: People, cause: Cause, now: datetime,
) -> Plan:
    """Given a scenario, people, a cause and the time, return the plan of a drill at the table."""
    content = scenario.model_dump(mode="json")
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    steps = tuple(
        Step(id=one.id, title=one.title, actor=one.actor, danger=_NO_DANGER)
        for one in scenario.steps
    )
    return Plan(
        id=new_id(ACTIVITY, now),
        activity=ACTIVITY,
        planner=cause.planner,
        planner_login=cause.login,
        created=utc(now),
        expires=utc(now + timedelta(days=cause.valid_days)),
        ticket=cause.ticket,
        inventory="",
        source_run="",
        policy_sha256=hashlib.sha256(text.encode()).hexdigest(),
        code_version=cause.code_version,
        options={
            "form": TABLETOP, "name": name, "scenario": content,
            "people": {role: people.with_duty(role) for role in scenario.roles},
        },
        subjects=(SubjectPlan(
            kind="system", id=scenario.system, platform="-", profile="-", steps=steps,
        ),),
    )


def drill_of(plan: Plan) -> Drill:
    """Given a plan, return the drill it is of. Raise InputError when it is of another activity."""
    if plan.activity != ACTIVITY or plan.options.get("form") != TABLETOP:
        raise InputError([Problem(plan.id, "activity", "is no plan of a drill at the table")])
    options = plan.options
    try:
        scenario = Scenario.model_validate(options["scenario"])
    except ValidationError as error:  # planned by another version
        raise InputError([
            Problem(plan.id, f"options.scenario.{key}", why) for key, why in wrong(error)
        ]) from None
    people = {role: tuple(ids) for role, ids in options["people"].items()}
    return Drill(plan, options["name"], scenario, people)
