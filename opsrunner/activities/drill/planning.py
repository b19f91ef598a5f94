"""A scenario and people -> the plan of a drill, in the shape every activity's plan has; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from opsrunner.activities.drill.doing import DANGERS, changes
from opsrunner.activities.drill.machines import Machines
from opsrunner.activities.drill.scenario import Scenario
from opsrunner.activities.drill.scenario import Step as ScenarioStep
from opsrunner.errors import InputError, Problem
from opsrunner.plan.file import new_id, utc
from opsrunner.plan.models import Danger, Plan, Step, SubjectPlan, Words
from opsrunner.plan.people import People
from opsrunner.wording import wrong

ACTIVITY = "drill"
TABLETOP, MACHINES = "tabletop", "machines"
_AT_THE_TABLE = Words(zh="桌面推演，不操作系统", en="at the table, nothing is touched")
_NO_DANGER = Danger(level="none", why=_AT_THE_TABLE)
_READS = Words(zh="只读或由人执行", en="only reads, or is done by people")
_NO_HARM = Danger(level="none", why=_READS)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who plans, from where, and what stands on every document; the inventory that has hosts."""

    planner: str
    login: str
    code_version: str
    ticket: str = ""
    valid_days: int = 30
    inventory: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill's plan says beyond a plan's own members: the scenario and who has which role."""

    plan: Plan
    name: str
    scenario: Scenario
    people: dict[str, tuple[str, ...]]  # role -> ids of policies/people.yml

    @property
    def form(self) -> str:
        """Return how it is held: ``tabletop``, or ``machines``."""
        return str(self.plan.options["form"])

    @property
    def by_people(self) -> tuple[ScenarioStep, ...]:
        """Return the steps that a moderator sees through: at the table all of them."""
        return tuple(
            step for step in self.scenario.steps if self.form == TABLETOP or not step.does
        )


def plan_tabletop(
    name: str, scenario: Scenario, people: People, cause: Cause, now: datetime,
) -> Plan:
    """Given a scenario, people, a cause and the time, return the plan of a drill at the table."""
    return _plan(name, scenario, people, cause, now, TABLETOP)


def plan_machines(
    name: str, scenario: Scenario, people: People, cause: Cause, now: datetime,
) -> Plan:
    """Given a scenario with machines whose addresses are filled in, return the plan to hold it."""
    return _plan(name, scenario, people, cause, now, MACHINES)


def with_addresses(scenario: Scenario, addresses: Mapping[str, str]) -> Scenario:
    """Given a scenario with machines and hosts' addresses, return it with those it leaves out."""
    pair = scenario.machines.database_switchover if scenario.machines else None
    if pair is None:
        return scenario
    filled = pair.model_copy(update={
        "primary_address": pair.primary_address or addresses.get(pair.primary, ""),
        "standby_address": pair.standby_address or addresses.get(pair.standby, ""),
    })
    return scenario.model_copy(update={"machines": Machines(database_switchover=filled)})


def policy_sha256(scenario: Scenario) -> str:
    """Given a scenario, return the digest that says whether it is still the one planned from."""
    content = scenario.model_dump(mode="json")
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plan(
    name: str, scenario: Scenario, people: People, cause: Cause, now: datetime, form: str,
) -> Plan:
    steps = tuple(
        Step(
            id=one.id, title=one.title, actor=one.actor,
            danger=_NO_DANGER if form == TABLETOP else DANGERS.get(one.does or "", _NO_HARM),
            changes=() if form == TABLETOP else tuple(changes(one.does, scenario)),
        )
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
        inventory=cause.inventory,
        source_run="",
        policy_sha256=policy_sha256(scenario),
        code_version=cause.code_version,
        options={
            "form": form, "name": name, "scenario": scenario.model_dump(mode="json"),
            "people": {role: people.with_duty(role) for role in scenario.roles},
        },
        subjects=(SubjectPlan(
            kind="system", id=scenario.system, platform="-", profile="-", steps=steps,
        ),),
    )


def drill_of(plan: Plan) -> Drill:
    """Given a plan, return the drill it is of. Raise InputError when it is of another activity."""
    if plan.activity != ACTIVITY or plan.options.get("form") not in (TABLETOP, MACHINES):
        raise InputError([Problem(plan.id, "activity", "is no plan of a drill")])
    options = plan.options
    try:
        scenario = Scenario.model_validate(options["scenario"])
    except ValidationError as error:  # planned by another version
        raise InputError([
            Problem(plan.id, f"options.scenario.{key}", why) for key, why in wrong(error)
        ]) from None
    people = {role: tuple(ids) for role, ids in options["people"].items()}
    return Drill(plan, options["name"], scenario, people)
