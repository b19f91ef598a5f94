"""A playbook of many tasks on few hosts: one event for each task as it begins and ends.

``ansible.py`` asks many hosts one thing; here the order of tasks is what matters. The play dies
with its caller; what a host has been told by then is carried out there all the same.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from opsrunner.errors import RunError
from opsrunner.sources.ansible import PROMPT, Playbook, environment
from opsrunner.sources.workdir import workdir

_STATUS = {
    "runner_on_start": "started",
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}
_LONG = 20_000  # characters of what one task printed


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """A task that began or ended on a host: ``started``, ``ok``, ``failed``, ``unreachable``.

    ``said`` is its standard output, or why it failed. ``ignored``: the play goes on all the same.
    """

    host: str
    task: str
    status: str
    said: str = ""
    ignored: bool = False


# A playbook's file name, its variables and more options -> its events, as of ``run_tasks``.
Play = Callable[[str, Mapping[str, Any], str], Iterator[TaskEvent]]


def player(playbook: Playbook) -> Play:
    """Given root, inventory and vault password, return what plays any playbook with them."""

    def play(name: str, variables: Mapping[str, Any], options: str) -> Iterator[TaskEvent]:
        return run_tasks(replace(playbook, name=name, variables=variables), options)

    return play


def run_tasks(playbook: Playbook, options: str = "") -> Iterator[TaskEvent]:
    """Given a playbook and more options for it, yield its events as they come.

    The last one has no host: ``ok`` when the play ended well, else ``failed`` with why. Raise
    RunError when Ansible could not be started.
    """
    events: queue.Queue[TaskEvent] = queue.Queue()
    thread = threading.Thread(target=_run, args=(playbook, options, events), daemon=True)
    thread.start()
    last = ""
    while (event := events.get()).host:
        last = event.task
        yield event
    thread.join()
    if event.status == "broken" or (event.status == "failed" and not last):
        raise RunError(f"Ansible ran no task: {event.said}")
    yield event


def _run(playbook: Playbook, options: str, events: queue.Queue[TaskEvent]) -> None:
    import ansible_runner  # noqa: PLC0415 - half a second that only a run has to pay

    said: list[str] = []

    def enqueue(event: Mapping[str, Any]) -> bool:
        found = _event(event)
        if found:
            events.put(found)
        elif event["event"] in {"verbose", "warning", "error"}:
            said.append(str(event.get("stdout", "")))
        return False  # the event needs no file of its own

    vault = playbook.vault_password
    try:
        with workdir() as private:
            # The connections of one play are kept for it: in a critical section seconds count.
            kept = f" -o ControlMaster=auto -o ControlPath={private}/%C -o ControlPersist=30s"
            around = environment(playbook)
            around["ANSIBLE_SSH_ARGS"] = _without_control(around["ANSIBLE_SSH_ARGS"]) + kept
            result = ansible_runner.interface.run(
                private_data_dir=str(private),
                project_dir=str(playbook.root),
                playbook=str(playbook.root / "playbooks" / playbook.name),
                inventory=str(playbook.inventory),
                extravars=dict(playbook.variables),
                envvars=around,
                cmdline=f"--forks {playbook.forks} {options}"
                + (" --ask-vault-pass" if vault else ""),
                passwords={PROMPT: vault.reveal()} if vault else {},
                event_handler=enqueue,
                quiet=True,
                rotate_artifacts=0,
                suppress_env_files=True,
            )
        ended = "ok" if result.rc == 0 else "failed"
        why = " ".join(" ".join(said).split())[-500:]
        events.put(TaskEvent("", "", ended, f"{why} ({result.status}, exit code {result.rc})"))
    except Exception as error:  # noqa: BLE001 - the thread's only way to tell the caller
        events.put(TaskEvent("", "", "broken", f"{type(error).__name__}: {error}"))


def _without_control(arguments: str) -> str:
    for one in (" -o ControlMaster=no", " -o ControlPath=none"):
        arguments = arguments.replace(one, "")
    return arguments


def _event(event: Mapping[str, Any]) -> TaskEvent | None:
    data = event.get("event_data") or {}
    status = _STATUS.get(event["event"])
    if status is None or not data.get("host"):
        return None
    result = data.get("res") or {}
    said = result.get("stdout") if status == "ok" else _why(result)
    return TaskEvent(
        str(data["host"]), str(data.get("task", "")).rpartition(" : ")[2], status,
        str(said or "")[:_LONG], bool(data.get("ignore_errors")),
    )


def _why(result: Mapping[str, Any]) -> str:
    """Return why a task failed: what it printed as an error, else what Ansible says of it."""
    return " ".join(str(result.get("stderr") or result.get("msg") or "").split())
