"""Scenarios: the six real ones hold, and all that is wrong with others is said at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError

from opsrunner.activities.drill.scenario import (
    Scenario,
    Subject,
    chosen,
    load_scenarios,
    unfilled,
)
from opsrunner.errors import InputError, PolicyError
from opsrunner.plan.people import People, load_people
from opsrunner.timeline.events import Mark, Phase
from tests.unit.activities.drill.held import POLICIES, people


def test_there_is_a_real_scenario_for_each_subject_and_its_roles_are_filled() -> None:
    found = load_scenarios(POLICIES)
    assert {one.subject for one in found.values()} == set(get_args(Subject))
    for name, one in found.items():
        assert unfilled(name, one, load_people(POLICIES)) == []
        assert {step.phase for step in one.steps} == set(Phase), name
        assert {Mark.INCIDENT, Mark.DECLARED, Mark.GREEN} <= {step.mark for step in one.steps}, name
        assert any(step.inject for step in one.steps), name
        assert set(one.roles) >= {step.role for step in one.steps}, name
        assert one.recovery_minutes is not None
        assert one.goals.rto_minutes is not None
        assert one.recovery_minutes <= one.goals.rto_minutes, name


def policies(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Given a folder and a change of a sound scenario, return policies with the changed one."""
    shutil.copytree(POLICIES / "drills", folder / "drills")
    for other in (folder / "drills").glob("*.yml"):
        if other.stem != "host_failure":
            other.unlink()
    path = folder / "drills" / "host_failure.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("change", "said"), [
    (lambda s: s["steps"].append(dict(s["steps"][-1])), "step close stands twice"),
    (lambda s: s["steps"][0].update(role="cook"), "role cook of a step is not under roles"),
    (lambda s: s["steps"].reverse(), "steps go back to an earlier phase"),
    (lambda s: s["steps"][2].update(mark="declared"), "mark declared is set by 2 steps"),
    (lambda s: s["goals"].update(rto_minutes=60), "its steps take 115 minutes to be green"),
    (lambda s: s["steps"][0].update(minutes=0), "steps.0.minutes"),
    (lambda s: s["steps"][0].update(phase="lunch"), "steps.0.phase"),
    (lambda s: s["title"].pop("en"), "title.en: missing"),
    (lambda s: s.update(colour="red"), "colour: unknown key"),
    (lambda s: s.pop("safety"), "safety: missing"),
])
def test_what_cannot_be_meant_is_refused(
    change: Callable[[dict[str, Any]], object], said: str, tmp_path: Path,
) -> None:
    assert load_scenarios(policies(tmp_path / "sound", lambda _: None))
    with pytest.raises(PolicyError) as error:
        load_scenarios(policies(tmp_path / "wrong", change))
    assert said in str(error.value)


def test_the_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    folder = policies(tmp_path, lambda s: (s.pop("aim"), s.update(system="")))
    (folder / "drills" / "other.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        load_scenarios(folder)
    said = str(error.value)
    for part in ("host_failure.yml: aim: missing", "host_failure.yml: system", "other.yml: line"):
        assert part in said


def test_each_role_that_nobody_has_is_named() -> None:
    held = load_scenarios(POLICIES)["network_outage"]
    without = {key: one for key, one in people().people.items() if key != "zhao"}
    assert unfilled("network_outage", held, people()) == []
    found = unfilled("network_outage", held, People("people.yml", without))
    assert [one.key for one in found] == ["duties: app_owner", "duties: liaison"]


def test_a_scenario_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(InputError, match="there are: database_restore, database_switchover, host"):
        chosen(load_scenarios(POLICIES), "flood")


MACHINES = {"database_switchover": {
    "primary": "db1", "standby": "db2", "address": "10.0.0.9/24",
    "replication": {"user": "repl", "secret": "drill/repl"},
    "probe": {"user": "watch", "secret": "drill/watch", "database": "app"},
}}


def switchover() -> dict[str, Any]:
    """Return the scenario of a switchover, on machines."""
    path = POLICIES / "drills" / "database_switchover.yml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found | {"machines": deepcopy(MACHINES)}


def test_a_switchover_may_be_held_on_machines() -> None:
    found = Scenario.model_validate(switchover())
    assert found.machines is not None
    assert found.machines.part.hosts == ("db1", "db2")


def _between(content: dict[str, Any]) -> None:
    steps = content["steps"]
    place = next(n for n, step in enumerate(steps) if step.get("does") == "promote")
    steps.insert(place, {**steps[0], "id": "ask", "phase": "handling", "mark": None})


def _without_fence(content: dict[str, Any]) -> None:
    content["steps"] = [step for step in content["steps"] if step.get("does") != "fence"]


def _by_a_person(content: dict[str, Any]) -> None:
    next(step for step in content["steps"] if step.get("does"))["actor"] = "person"


@pytest.mark.parametrize(("change", "said"), [
    (_between, "are one play; no other step stands between them"),
    (_without_fence, "must be precheck, fence, promote, repoint, account, each once"),
    (_by_a_person, "does precheck, which is a machine's"),
    (lambda c: c.update(subject="host"), "machines has no section host"),
    (lambda c: c["machines"].clear(), "give exactly one of"),
    (lambda c: c["machines"]["database_switchover"].update(standby="db1"), "the same host"),
    (lambda c: c["machines"]["database_switchover"].update(address="10.0.0.9"), "pattern"),
])
def test_machines_that_cannot_be_meant_are_refused(
    change: Callable[[dict[str, Any]], None], said: str,
) -> None:
    content = switchover()
    change(content)
    with pytest.raises(ValidationError, match=re.escape(said)):
        Scenario.model_validate(content)
