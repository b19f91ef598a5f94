"""``sshd_calls`` of the prelude: how each sshd of a host is run, from its command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

PRELUDE = Path(__file__).parents[3] / "roles" / "observe_linux" / "files" / "prelude.sh"


@contextmanager
def process(title: str) -> Iterator[int]:
    """Run something that waits under this title."""
    waiting = subprocess.Popen([title], executable="/bin/cat", stdin=subprocess.PIPE)
    with waiting:
        yield waiting.pid
        waiting.kill()


def calls(tmp_path: Path, *titles: str) -> list[str]:
    with ExitStack() as stack:
        folder = tmp_path / "bin"
        folder.mkdir()
        pids = [stack.enter_context(process(title)) for title in titles]
        (folder / "sshd").write_text("#!/bin/sh\n")
        said = "; ".join(["true", *(f"echo {pid}" for pid in pids)])
        for program in folder.iterdir():
            program.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-c", f"{PRELUDE.read_text()}\npids_of() {{ {said}; }}\nsshd_calls"],
            env={"PATH": f"{folder}:{os.environ['PATH']}"}, capture_output=True, text=True,
            check=True,
        )
    return done.stdout.replace(str(folder), "BIN").splitlines()


@pytest.mark.parametrize(("title", "call"), [
    ("/usr/sbin/sshd -D", "/usr/sbin/sshd"),
    ("sshd: /usr/sbin/sshd -D -f /x [listener] 0 of 10-100 startups", "/usr/sbin/sshd -f/x"),
    ("/opt/sshd -Df /x -p 22 -oA=b -o B c", "/opt/sshd -f/x -oA=b -oB=c"),
])
def test_a_daemon_is_asked_with_its_own_options(tmp_path: Path, title: str, call: str) -> None:
    assert calls(tmp_path, title) == [call]


def test_two_daemons_are_two_and_their_sessions_are_none(tmp_path: Path) -> None:
    found = calls(
        tmp_path, "/usr/sbin/sshd -D", "sshd: root@pts/0", "/usr/sbin/sshd -f /b",
        "/usr/sbin/sshd -D -R",
    )
    assert found == ["/usr/sbin/sshd", "/usr/sbin/sshd -f/b"]


def test_a_title_that_was_cut_loses_the_option_it_ends_in(tmp_path: Path) -> None:
    found = calls(tmp_path, "sshd: /usr/sbin/sshd -D -oCiphers=a -oMACs=hma")
    assert found[0].startswith("/usr/sbin/sshd -oCiphers=a")
    assert "-oMACs=hma" not in found[0].split()


def test_where_none_runs_the_one_that_would_is_asked(tmp_path: Path) -> None:
    assert calls(tmp_path, "sshd: ops [priv]")[0].startswith("BIN/sshd")


def test_processes_are_found_by_their_whole_name_without_pgrep(tmp_path: Path) -> None:
    program = tmp_path / "odd (name) here."  # the kernel keeps 15 bytes of it
    shutil.copy("/bin/cat", program)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as waiting:
        there = f"{waiting.pid}\n"
        for asked, found in (("odd (name) here", there), ("odd (name)", ""), ("o*", "")):
            done = subprocess.run(
                ["/bin/sh", "-c", f"{PRELUDE.read_text()}\npids_of nobody '{asked}'"],
                env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False,
            )
            assert (done.stdout, done.stderr) == (found, ""), asked
        waiting.kill()
