"""One backup, asked of a real shell with programs that stand in for the host's."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.backup.jobs import FILES, Kind
from opsrunner.activities.backup.run.script import Action, read_look, script

PROGRAM = """#!/bin/sh
. "$1"
exec 9>"$status.lock"
flock -n 9 || exit 75
began=$(date +%s)
sleep "${pause:-0}"
[ -z "$silent" ] || exit 1
printf '{"result": "%s", "reason": "%s", "began": %s}\\n' "$result" "$reason" "$began" >"$status"
"""


class Host:
    """A folder with an installed program; no systemd knows its service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = folder / "status.json"
        self.program(PROGRAM)
        self.settings("result=done")

    def program(self, text: str) -> None:
        """Install a program."""
        path = self.folder / "program"
        path.write_text(text)
        path.chmod(0o755)

    def settings(self, *lines: str) -> None:
        """Write its settings."""
        text = [f"status={self.status}", "silent=", "result=", "reason=", *lines, ""]
        (self.folder / "settings").write_text("\n".join(text))

    def ask(self, action: Action) -> str:
        """Run the script as a host does, its paths moved into the folder."""
        text = script(action, "backup_run-20261122-abcdef", FILES)
        for old, new in ((FILES.program, self.folder / "program"), (FILES.status, self.status),
                         (FILES.settings, self.folder / "settings"),
                         ("/var/lib/opsrunner", self.folder)):
            text = text.replace(old, str(new))
        done = subprocess.run(["/bin/sh", "-s"], input=text, capture_output=True, text=True,
                              timeout=20, check=True)
        return done.stdout.strip()

    def end(self) -> str:
        """Wait until the program has ended; return the last look."""
        for _ in range(200):
            said = self.ask("look")
            if read_look(said).ended or not read_look(said).asked:
                return said
            time.sleep(0.05)
        raise AssertionError(said)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    if not shutil.which("flock"):
        pytest.skip("no flock here")
    return Host(tmp_path)


def test_started_once_waited_for_and_forgotten(host: Host) -> None:
    assert (host.ask("ready"), host.ask("look")) == ("ready", "none")
    assert (host.ask("start"), host.ask("start")) == ("started", "started")
    found = read_look(host.end())
    assert (found.asked, found.ended, found.why) == (True, "done", "")
    assert host.ask("forget") == "forgotten"
    assert host.ask("look") == "none"


def test_one_that_fails_says_why(host: Host) -> None:
    host.settings("result=failed", "reason='disk full'")
    host.ask("start")
    assert (read_look(host.end()).ended, read_look(host.end()).why) == ("failed", "disk full")


def test_an_older_status_is_none_of_this_backup(host: Host) -> None:
    host.status.write_text(json.dumps({"result": "done", "began": 1}))
    host.settings("silent=yes")
    host.ask("start")
    found = read_look(host.end())
    assert (found.ended, "left no status" in found.why) == ("unknown", True)


def test_one_that_runs_is_not_joined(host: Host) -> None:
    host.settings("result=done", "pause=30")
    other = subprocess.Popen([str(host.folder / "program"), str(host.folder / "settings")])
    try:
        while not (host.folder / "status.json.lock").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        assert (host.ask("ready"), host.ask("start"), host.ask("look")) == ("busy", "busy", "none")
    finally:
        other.kill()
        other.wait()


def test_what_is_not_installed_is_a_problem(host: Host) -> None:
    (host.folder / "program").unlink()
    assert host.ask("start") == "problem it is not installed"
    assert not list(host.folder.glob("run-*")), "nothing was begun"


@given(st.text())
def test_whatever_a_host_says_nothing_becomes_done(said: str) -> None:
    assert read_look(said).ended in ("", "unknown", "failed")


def test_kinds_name_what_the_roles_install() -> None:
    roles = Path(__file__).parents[5] / "roles"
    for kind in (FILES, Kind("backup_mariadb", "backup-mariadb", ())):
        unit = (roles / kind.role / "templates" / f"{kind.service}.j2").read_text("utf-8")
        start = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
        # The files' own service may be given the settings of the copy elsewhere behind them.
        assert start.partition("{{")[0] == f"ExecStart={kind.program} {kind.settings}"
