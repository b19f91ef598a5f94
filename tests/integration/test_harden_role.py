"""The role harden_linux begins nothing where a second way in is declared and not proven."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Harden without the role
      harden: {state: present}
"""


@pytest.fixture
def play(tmp_path: Path) -> Path:
    """Return a playbook that asks the action alone."""
    path = tmp_path / "play.yml"
    path.write_text(PLAY, encoding="utf-8")
    return path


def hardened(tmp_path: Path, playbook: str | Path, **variables: str) -> tuple[int, list[Any]]:
    """Run a dry run on this machine; return the exit code and what each task said."""
    inventory = tmp_path / "hosts.yml"
    host = {"ansible_connection": "local", "ops_platform": "debian-12", **variables}
    inventory.write_text(json.dumps({"all": {"hosts": {"here": host}}}), encoding="utf-8")
    environ = {**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
               "ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
               "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote")}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), "--check",
         str(playbook)],
        cwd=REPOSITORY, env=environ, capture_output=True, text=True, timeout=120, check=False,
    )
    (first,) = json.loads(done.stdout)["plays"]
    return done.returncode, [task["hosts"]["here"] for task in first["tasks"]]


def test_without_a_second_login_the_role_goes_on(tmp_path: Path) -> None:
    code, (skipped, result) = hardened(tmp_path, "playbooks/harden.yml")
    assert code == 0, result
    assert skipped["skipped"]
    assert not result["changed"]


def test_a_second_login_that_no_connection_can_try_ends_the_host(tmp_path: Path) -> None:
    code, said = hardened(tmp_path, "playbooks/harden.yml", ops_second_login="rescue")
    assert code != 0
    assert len(said) == 1, "something was begun all the same"
    assert "second login rescue is not tried" in said[0]["msg"]


def test_the_action_alone_refuses_what_nobody_proved(tmp_path: Path, play: Path) -> None:
    code, (said,) = hardened(tmp_path, play, ops_second_login="rescue")
    assert code != 0
    assert "ops_second_login: rescue was not proven" in said["msg"]
    assert hardened(tmp_path, play)[0] == 0  # the control
