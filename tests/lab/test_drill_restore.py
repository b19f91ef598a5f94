"""A restore drill on a lab host by the real command line: proven, refused, damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.plan.file import folder_of
from opsrunner.timeline.events import Mark, mark
from opsrunner.timeline.journal import FILE, read
from tests.lab.approval import PLANNER, REVIEWER, Done, Office
from tests.lab.backups import CONFIG, SECRET, back_up, flip, install, run, sql
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.mariadb import ONE
from tests.lab.test_backup import DATA

pytestmark = pytest.mark.lab

SYSTEM, SET = "演练系统", f"drilled/daily/{ONE}/main"
SCRATCH = "/var/tmp/opsrunner-drill"  # noqa: S108 - a folder on a lab host
DUTIES = ["commander", "duty_officer", "dba", "app_owner", "liaison", "recorder"]


@pytest.fixture(scope="module")
def saved(databases: Lab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, str]:
    """Return the lab, and a backup set on its first host."""
    databases.reset()
    faults.write_file(databases, ONE, "/etc/mysql/mariadb.conf.d/70-log.cnf", CONFIG)
    faults.run(databases, ONE, "systemctl restart mariadb", check=True)
    sql(databases, DATA.replace("{secret}", SECRET.replace("\\", "\\\\").replace("'", "''")))
    install(databases, tmp_path_factory.mktemp("install"), "mariadb")
    return databases, back_up(databases)


class Drills:
    """An office that may hold restore drills of the set."""

    def __init__(self, office: Office, lab: Lab) -> None:
        self.office, self.lab = office, lab
        self._edit("people.yml", self._people)
        self.aim(SCRATCH)
        for path in (office.policies / "backup").glob("*.yml"):
            path.unlink()
        policy = yaml.safe_load(Path("policies/backup/example.yml").read_text("utf-8"))
        (office.policies / "backup" / "lab.yml").write_text(
            yaml.safe_dump(_policy(policy), allow_unicode=True), encoding="utf-8")
        self.hosts = office.hosts(lab, ONE)
        self.answers = office.folder / "answers.yml"
        steps = ("alarm", "report_up", "declare", "notify_users", "stop_writes", "assess",
                 "repoint", "verify_business", "close")
        self.answers.write_text(yaml.safe_dump({
            "steps": {name: {} for name in steps}, "criteria": [{"verdict": "met"}] * 4,
            "conclusion": "达到预期。",
        }, allow_unicode=True), encoding="utf-8")

    def aim(self, scratch: str) -> None:
        """Have drills restore to this folder."""
        machines = {"database_restore": {"backup_set": SET, "host": ONE, "scratch": scratch}}
        self._edit("drills/database_restore.yml",
                   lambda found: found.update(system=SYSTEM, machines=machines))

    def newest_level(self) -> str | None:
        """Return the level that the ledger says this week's copy of the set is proven to."""
        folder = self.office.folder / "ledger"
        done = self.office.run(PLANNER, "backup", "ledger", "--format", "json", "--output",
                               str(folder))
        assert done.code in (0, 2), done
        found = json.loads((folder / "backup-ledger.json").read_bytes())["sets"][0]["cells"][-1]
        level: str | None = found["level"]
        return level

    def _people(self, content: dict[str, Any]) -> None:
        content["people"][f"p{PLANNER}"]["duties"] = DUTIES

    def _edit(self, name: str, change: Any) -> None:  # noqa: ANN401 - a function of a mapping
        path = self.office.policies / name
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def held(self) -> tuple[str, Done]:
        """Plan, approve and hold a drill; return its plan and how it ended."""
        done = self.office.run(PLANNER, "drill", "restore", SYSTEM, "-i", str(self.hosts),
                               "--format", "html", "--json")
        assert done.code == 0, done
        plan = str(done.said["plan"])
        key = str(self.office.key(REVIEWER))
        assert self.office.run(REVIEWER, "approve", plan, "--key", key).code == 0
        return plan, self.office.run(
            PLANNER, "drill", "restore", plan, "--answers", str(self.answers), "--json",
            "--format", "html", "--output", str(self.office.folder / "out" / plan),
        )


def _policy(example: dict[str, Any]) -> dict[str, Any]:
    """Given the example, return a policy of one set that opsrunner makes on the lab's host."""
    systems = example["systems"].values()
    name, daily = next(
        (name, one) for system in systems for name, one in system["backups"].items()
        if one["made_by"] == "opsrunner"
    )
    system = next(one for one in systems if name in one["backups"])
    daily.pop("paths", None)
    daily["databases"] = {ONE: ["main"]}
    return {**example, "systems": {"drilled": {**system, "backups": {"daily": daily}}}}


@pytest.fixture
def drills(saved: tuple[Lab, str], office: Office) -> Drills:
    return Drills(office, saved[0])


def test_a_restore_is_timed_and_proven_to_level_5(drills: Drills) -> None:
    plan, done = drills.held()
    assert (done.code, done.state(SYSTEM)) == (0, "verified"), done
    events = read(folder_of(drills.office.store, plan) / FILE)
    assert {name for name in Mark if mark(events, name)} == set(Mark)
    assert drills.newest_level() == "L5"
    assert drills.office.run(PLANNER, "verify").code == 0
    assert run(drills.lab, f"ls -d {SCRATCH}").returncode != 0


def test_one_that_is_aimed_at_the_live_instance_is_refused(drills: Drills) -> None:
    drills.aim("/var/lib/mysql/drill")
    plan, done = drills.held()
    assert (done.code, done.state(SYSTEM)) == (2, "refused"), done
    assert "lies in the data directory of a live instance" in done.reason(SYSTEM)
    assert not (folder_of(drills.office.store, plan) / FILE).exists()
    assert run(drills.lab, "ls -d /var/lib/mysql/drill").returncode != 0


def test_a_damaged_set_fails_the_drill(drills: Drills, saved: tuple[Lab, str]) -> None:
    dump = f"{saved[1]}/dump.sql.gz"
    assert run(drills.lab, flip(dump)).returncode == 0
    _, done = drills.held()
    assert run(drills.lab, flip(dump)).returncode == 0
    assert (done.code, done.state(SYSTEM)) == (2, "failed"), done
    assert "damaged since it was written: dump.sql.gz" in done.reason(SYSTEM)
    assert drills.newest_level() is None
