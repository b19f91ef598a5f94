"""Drills on two MariaDB servers by the real command line, watched by the real watcher."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from opsrunner.activities.drill.switchover.watching import FILE as WATCH
from opsrunner.plan.file import folder_of
from opsrunner.sources.watcher.kinds.sql import Sql, table
from opsrunner.sources.watcher.outage import Outage, measure
from opsrunner.sources.watcher.process import Watch, stop_file
from opsrunner.timeline.events import Event, Kind, Mark, mark, step
from opsrunner.timeline.journal import FILE, read
from tests.lab.approval import PLANNER, REVIEWER, Done, Office, ended
from tests.lab.fleet.control import Lab
from tests.lab.fleet.shell import wait_until
from tests.lab.mariadb import ONE, TWO, Pair, new_pair

pytestmark = pytest.mark.lab

SYSTEM, OUTAGE = "演练系统", 10.0
DUTIES = ["commander", "duty_officer", "dba", "network_admin", "app_owner", "recorder"]
ANSWERS = {
    "steps": {name: {} for name in ("alarm", "declare", "verify_business", "close")},
    "criteria": [{"verdict": "met"}] * 4, "conclusion": "按方案完成。",
    "findings": [{"title": "补充巡检项", "owner": f"p{PLANNER}", "due": "2026-12-31"}],
}


class Drills:
    """An office that may hold drills on a pair of servers."""

    def __init__(self, office: Office, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office, self.pair = office, pair
        self.primary, self.standby = (ONE, TWO) if pair.holders() == [ONE] else (TWO, ONE)
        people = office.policies / "people.yml"
        content = yaml.safe_load(people.read_text(encoding="utf-8"))
        content["people"][f"p{PLANNER}"]["duties"] = DUTIES
        people.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        path = office.policies / "drills" / "database_switchover.yml"
        scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
        scenario |= {"system": SYSTEM, "machines": {"database_switchover": {
            "primary": self.primary, "standby": self.standby, "address": f"{pair.virtual}/24",
            "replication": {"user": "repl", "secret": "drill/replication"},
            "probe": {"user": "watch", "secret": "drill/watch", "database": "app"},
        }}}
        path.write_text(yaml.safe_dump(scenario, allow_unicode=True), encoding="utf-8")
        self._secrets(office.folder, monkeypatch)
        self.answers = office.folder / "answers.yml"
        self.answers.write_text(yaml.safe_dump(ANSWERS, allow_unicode=True), encoding="utf-8")
        self.hosts = office.hosts(pair.lab, ONE, TWO)

    def _secrets(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        password, vault = folder / "vault.password", folder / "secrets.yml"
        password.touch(mode=0o600)
        password.write_text("only for the lab\n", encoding="utf-8")
        clear = yaml.safe_dump({
            "drill/replication": self.pair.secret, "drill/watch": self.pair.watch_secret,
        })
        lib = VaultLib([("default", VaultSecret(b"only for the lab"))])
        vault.write_bytes(lib.encrypt(clear.encode()))
        monkeypatch.setenv("OPSRUNNER_VAULT_PASSWORD_FILE", str(password))
        monkeypatch.setenv("OPSRUNNER_SECRETS_FILE", str(vault))

    def planned(self) -> str:
        """Return a drill that is planned and approved."""
        done = self.office.run(PLANNER, "drill", "switchover", SYSTEM, "-i", str(self.hosts),
                               "--format", "html", "--json")
        assert done.code == 0, done
        plan = str(done.said["plan"])
        approved = self.office.run(REVIEWER, "approve", plan, "--key",
                                   str(self.office.key(REVIEWER)))
        assert approved.code == 0, approved
        return plan

    def command(self, verb: str, plan: str) -> list[str]:
        """Return the command that holds a drill (``switchover``) or goes on with it."""
        return ["drill", verb, plan, "--answers", str(self.answers), "--json", "--format", "html",
                "--output", str(self.office.folder / "out" / plan)]

    def hold(self, plan: str, verb: str = "switchover") -> Done:
        """Hold a drill, or go on with it."""
        return self.office.run(PLANNER, *self.command(verb, plan))

    def killed(self, plan: str, when: Callable[[], bool], number: int = signal.SIGKILL) -> None:
        """Begin a drill and kill its runner at a moment."""
        runner = self.office.start(PLANNER, *self.command("switchover", plan))
        try:
            assert wait_until(lambda: when() or runner.poll() is not None, 300, 0.01)
        finally:
            os.kill(runner.pid, number)
        assert ended(runner).code < 0, "it was over before it could be killed"

    def undo(self, plan: str) -> Done:
        """Take a drill back."""
        return self.office.run(PLANNER, "undo", plan, "--json", "--format", "html", "--output",
                               str(self.office.folder / "out" / plan))

    def folder(self, plan: str) -> Path:
        """Return where the drill's time line and watch are."""
        return folder_of(self.office.store, plan)

    def events(self, plan: str) -> tuple[Event, ...]:
        """Return the drill's time line as it is now."""
        path = self.folder(plan) / FILE
        return read(path) if path.exists() else ()

    def begun(self, plan: str, name: str) -> bool:
        """Return whether a step has begun."""
        return step(self.events(plan), name)[0] is not None

    def alone(self, name: str) -> bool:
        """Return whether one server alone takes writes, with the address."""
        return (self.pair.holders(), self.pair.writable()) == ([name], [name])


@pytest.fixture(scope="module")
def started(databases: Lab) -> Pair:
    databases.reset()
    pair = new_pair(databases)
    pair.watch_secret = f"w{pair.secret[3:]}"
    aim = Sql(address="-", user="watch", database="app")
    secret = pair.watch_secret.replace("\\", "\\\\").replace("'", "''")
    pair.sql(ONE, f"{table(aim)}; CREATE USER watch@'%' IDENTIFIED BY '{secret}';"
                  " GRANT SELECT, INSERT ON app.opsrunner_watch TO watch@'%'")
    assert wait_until(pair.together, 20, 0.1)
    return pair


@pytest.fixture
def drills(
    started: Pair, office: Office, monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Drills]:
    found = Drills(office, started, monkeypatch)
    assert found.alone(found.primary)
    yield found
    for journal in office.store.glob(f"plans/*/{WATCH}"):  # of a test that failed
        stop_file(journal).touch()


@pytest.mark.alone
def test_a_drill_is_held_measured_recorded_and_taken_back(drills: Drills) -> None:
    plan = drills.planned()
    done = drills.hold(plan)
    assert done.code == 0, done
    assert done.state(SYSTEM) == "verified", done
    assert drills.alone(drills.standby)
    events, watch = drills.events(plan), Watch(drills.folder(plan) / WATCH)
    found = measure(watch.read())
    assert isinstance(found, Outage), found
    assert found.seconds <= OUTAGE
    assert not watch.lives()
    phases = [event.data["phase"] for event in events if event.kind is Kind.PHASE]
    assert phases == ["warning", "response", "handling", "recovery"]
    begun = [event.step for event in events if event.kind is Kind.BEGUN]
    assert begun == ["alarm", "declare", "precheck", "fence", "promote", "repoint",
                     "verify_business", "account", "close"]
    assert {name for name in Mark if mark(events, name)} == set(Mark)
    account = step(events, "account")[1]
    assert account is not None
    assert "0 lost on 2 server(s)" in account.text
    for name in (ONE, TWO):
        kept = drills.pair.sql(name, "SELECT COUNT(DISTINCT watch, n) FROM app.opsrunner_watch")
        assert int(kept) >= sum(one.acknowledged for one in watch.read().attempts)
    report = (drills.office.folder / "out" / plan / "drill-report.html").read_text("utf-8")
    assert "实战演练" in report
    assert drills.office.run(PLANNER, "verify").code == 0
    listed = json.loads(drills.office.run(PLANNER, "drill", "findings", "--json").out)
    assert [one["title"] for one in listed] == ["补充巡检项"]
    told = done.out + done.err + planted(drills.office.folder)
    for secret in (drills.pair.secret, drills.pair.watch_secret):
        assert secret[3:11] not in told
    back = drills.undo(plan)
    assert back.code == 0, back
    assert back.state(SYSTEM) == "undone"
    assert drills.alone(drills.primary)


def planted(folder: Path) -> str:
    """Return all that is on disk below a folder, but the keys and the encrypted file."""
    said = subprocess.run(["tar", "-C", str(folder), "--exclude=keys", "-cf", "-", "."],
                          capture_output=True, check=True).stdout
    return said.decode("utf-8", "replace")


@pytest.mark.parametrize("at", ["fence", "repoint"])
def test_a_runner_killed_in_mid_drill_is_gone_on_with(drills: Drills, at: str) -> None:
    plan = drills.planned()
    drills.killed(plan, lambda: drills.begun(plan, at))
    events = drills.events(plan)
    assert events, "the time line is whole"
    done = drills.hold(plan, "resume")
    assert drills.events(plan)[:len(events)] == events
    assert drills.events(plan)[-1].kind is Kind.ENDED
    assert drills.office.run(PLANNER, "verify").code == 0
    # A kill that comes late, on a busy machine, finds the promotion done.
    assert done.state(SYSTEM) in ({"verified", "undone"} if at == "fence" else {"verified"}), done
    undone = done.state(SYSTEM) == "undone"
    assert drills.alone(drills.primary if undone else drills.standby)
    assert wait_until(drills.pair.together, 20, 0.1)


def test_a_drill_whose_watcher_died_is_unmeasured(drills: Drills) -> None:
    plan = drills.planned()
    runner = drills.office.start(PLANNER, *drills.command("switchover", plan))
    assert wait_until(lambda: drills.begun(plan, "fence"), 300, 0.01)
    os.kill(Watch(drills.folder(plan) / WATCH).read().header.pid, signal.SIGKILL)
    done = ended(runner)
    assert (done.code, done.state(SYSTEM)) == (2, "failed"), done
    assert "outage unmeasured: the watcher did not end properly" in done.reason(SYSTEM)
    report = (drills.office.folder / "out" / plan / "drill-report.html").read_text("utf-8")
    assert "未测得" in report
    assert drills.alone(drills.standby)


def test_what_speaks_against_it_is_refused_and_nothing_is_touched(drills: Drills) -> None:
    plan = drills.planned()
    unattended = drills.office.run(PLANNER, "drill", "switchover", plan)
    assert unattended.code == 3
    assert "--answers" in unattended.err
    drills.pair.sql(drills.standby, "STOP SLAVE SQL_THREAD")
    before = drills.pair.sql(drills.primary, "SELECT @@gtid_binlog_pos")
    done = drills.hold(plan)
    drills.pair.sql(drills.standby, "START SLAVE")
    assert (done.code, done.state(SYSTEM)) == (2, "refused"), done
    assert "Slave_SQL_Running: No" in done.reason(SYSTEM)
    assert drills.pair.sql(drills.primary, "SELECT @@gtid_binlog_pos") == before
    assert not drills.events(plan)
    assert drills.alone(drills.primary)
