"""Tasks of a real playbook on this machine: in order, with what they said, or why they failed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.errors import RunError
from opsrunner.sources.ansible import Playbook
from opsrunner.sources.tasks import TaskEvent, run_tasks


def play(root: Path, *tasks: dict[str, Any], options: str = "") -> list[TaskEvent]:
    """Run tasks on this machine; return the events."""
    (root / "playbooks").mkdir()
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (root / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"here": here}}}))
    content = [{"hosts": "here", "gather_facts": False, "tasks": list(tasks)}]
    (root / "playbooks" / "play.yml").write_text(yaml.safe_dump(content))
    playbook = Playbook(root, "play.yml", root / "hosts.yml", {"word": "well"}, 1)
    return list(run_tasks(playbook, options))


def test_each_task_begins_and_ends_with_what_it_said(tmp_path: Path) -> None:
    found = play(
        tmp_path,
        {"name": "One | Say it", "command": "echo {{ word }}"},
        {"name": "Two | Fail", "command": "sh -c 'echo no >&2; exit 3'", "ignore_errors": True},
        {"name": "Three | End", "fail": {"msg": "because"}},
    )
    assert found[:-1] == [
        TaskEvent("here", "One | Say it", "started"),
        TaskEvent("here", "One | Say it", "ok", "well"),
        TaskEvent("here", "Two | Fail", "started"),
        TaskEvent("here", "Two | Fail", "failed", "no", ignored=True),
        TaskEvent("here", "Three | End", "started"),
        TaskEvent("here", "Three | End", "failed", "because"),
    ]
    assert (found[-1].host, found[-1].status) == ("", "failed")


def test_a_dry_run_ends_well_and_does_nothing(tmp_path: Path) -> None:
    task = {"name": "Touch", "command": f"touch {tmp_path}/touched"}
    assert play(tmp_path, task, options="--check")[-1].status == "ok"
    assert not (tmp_path / "touched").exists()


def test_a_play_that_cannot_be_read_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="Ansible ran no task"):
        play(tmp_path, {"name": "Odd", "no_such_module_at_all": {}})
