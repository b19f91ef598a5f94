"""The probe ``ssh.effective``: what the running sshd has not read since it was changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from opsrunner.sources.script import load_probes

FILES = Path(__file__).parents[3] / "roles" / "observe_linux" / "files"
SSHD = """#!/bin/sh
case $1 in
  -T) printf 'port 22\\npermitrootlogin no\\npidfile {pidfile}\\n' ;;
  -ddd) printf 'debug2: load_server_config: filename {config}\\r\\n' >&2 ;;
esac
"""


@dataclass(frozen=True)
class Daemon:
    """A running process called sshd, its configuration and its pid file."""

    folder: Path
    pid: int

    @property
    def config(self) -> Path:
        """Return its configuration."""
        return self.folder / "sshd_config"

    @property
    def pidfile(self) -> Path:
        """Return the file it writes at each start and reload."""
        return self.folder / "sshd.pid"

    def unread(self, named: str = "filename") -> list[str]:
        """Return the files that the probe says were not read; ``named``: how sshd names one."""
        program = self.folder / "fake"
        said = SSHD.format(pidfile=self.pidfile, config=self.config)
        program.write_text(said.replace("filename", named))
        program.chmod(0o755)
        script = [
            (FILES / "prelude.sh").read_text(), "need_root() { :; }",
            f"sshd_calls() {{ echo {program}; }}",
            load_probes(FILES / "probes")["ssh.effective"].body.replace(
                "/etc/ssh/sshd_config", str(self.config)),
        ]
        done = subprocess.run(
            ["/bin/sh", "-c", "\n".join(script)], capture_output=True, text=True, check=True,
            env=os.environ | {"OPS_MARK": "mark"},
        )
        plain, *parts = done.stdout.split("\n@mark - ")
        assert "permitrootlogin no\n" in plain
        return [line for part in parts for line in part.removeprefix("unread\n").splitlines()]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """Yield a daemon that read its file a minute ago, which was written an hour ago."""
    program = tmp_path / "sshd"
    shutil.copy("/bin/cat", program)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as waiting:
        found = Daemon(tmp_path, waiting.pid)
        found.config.write_text("PermitRootLogin no\n")
        found.pidfile.write_text(f"{waiting.pid}\n")
        os.utime(found.config, (1_700_000_000, 1_700_000_000))
        os.utime(found.pidfile, (1_700_003_600, 1_700_003_600))
        yield found
        waiting.kill()


def test_a_file_changed_since_the_last_reload_is_named(daemon: Daemon) -> None:
    assert daemon.unread() == []
    os.utime(daemon.config, (1_700_003_700, 1_700_003_700))
    assert daemon.unread() == [str(daemon.config)]
    os.utime(daemon.pidfile, (1_700_003_800, 1_700_003_800))
    assert daemon.unread() == []


def test_a_file_behind_a_link_counts_by_what_it_holds(daemon: Daemon) -> None:
    real = daemon.folder / "real"
    daemon.config.rename(real)
    daemon.config.symlink_to(real)
    assert daemon.unread() == []
    os.utime(real, (1_700_003_700, 1_700_003_700))
    assert daemon.unread() == [str(daemon.config)]


def test_a_file_gone_from_the_folder_beside_it_shows_by_the_folder(daemon: Daemon) -> None:
    drop_ins = daemon.folder / "sshd_config.d"
    drop_ins.mkdir()
    os.utime(drop_ins, (1_700_000_000, 1_700_000_000))
    assert daemon.unread() == []
    os.utime(drop_ins, (1_700_003_700, 1_700_003_700))
    assert daemon.unread() == [str(drop_ins)]


@pytest.mark.parametrize("said", ["", "0\n", "999999999\n", "none\n"])
def test_a_pid_file_left_behind_says_nothing(daemon: Daemon, said: str) -> None:
    daemon.pidfile.write_text(said)
    os.utime(daemon.pidfile, (1_600_000_000, 1_600_000_000))
    assert daemon.unread() == []


def test_without_a_pid_file_nothing_is_said(daemon: Daemon) -> None:
    daemon.pidfile.unlink()
    assert daemon.unread() == []


def test_an_sshd_that_names_no_file_is_taken_to_read_the_usual_one(daemon: Daemon) -> None:
    assert daemon.unread("reads") == []
    os.utime(daemon.config, (1_700_003_700, 1_700_003_700))
    assert daemon.unread("reads") == [str(daemon.config)]
