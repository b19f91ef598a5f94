"""A run that is killed or stopped: recorded as interrupted, and nothing of it goes on."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.errors import InputError
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from tests.integration.project import Project, gone, make_project, under_way

INTERRUPTED = 130
ANSIBLE = "ansible-playbook"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project of its own."""
    return make_project(tmp_path)


def test_killed_while_recording(project: Project) -> None:
    with under_way(project) as process:
        assert project.processes(ANSIBLE)
        assert [run.status for run in Store.open(project.store).runs()] == ["running"]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert gone(project, ANSIBLE)
    listed = project.run("runs", "--json")
    assert (listed.code, [run["status"] for run in listed.json]) == (0, ["interrupted"])
    shown = project.run("show", "latest")
    assert shown.code == 3
    assert "interrupted: nothing of it is believed" in shown.err


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="it is what ties them together")
def test_killed_it_takes_its_ssh_clients_along(project: Project) -> None:
    ssh = project.executable("ssh", "[ $# -gt 2 ] || exit 0; exec sleep 100")
    path = f"{Path(ssh).parent}:{os.environ['PATH']}"
    project = replace(project, environment={"PATH": path})
    far = {"ops_platform": "debian-12", "ansible_host": "192.0.2.1"}
    with under_way(project, far) as process:
        assert not gone(project, "sleep", seconds=1), "the client runs"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert gone(project, "sleep")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_stopped(project: Project, number: signal.Signals) -> None:
    with under_way(project) as process:
        os.kill(process.pid, number)
        assert process.stderr is not None
        said = process.stderr.read()  # at once: the host that hangs is not waited for
        assert process.wait() == INTERRUPTED
        assert said == "Stopped; what was under way is recorded as interrupted.\n"
        assert gone(project, ANSIBLE)
    store = Store.open(project.store)
    (run,) = store.runs()
    assert run.status == "interrupted"
    with pytest.raises(InputError, match="nothing of it is believed"):
        store.subject_records(run.id)
    assert verify(store).ok
