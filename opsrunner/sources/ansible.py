"""One slice of hosts through Ansible: a playbook in, one event per host out.

``ansible-runner`` runs in a thread of its own and its handler only puts events into a queue,
because a slow handler stalls the run. Every host gets exactly one event, even when Ansible
ends without a word about it.
"""

from __future__ import annotations

import os
import queue
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsrunner.errors import RunError
from opsrunner.secrets.store import Secret

PROMPT = r"^Vault password:\s*?$"
_SHIM = Path(__file__).parent / "bin"
_FINAL = {
    "runner_on_ok": "ok",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}
# One command a host needs no shared connection: one left over would hide a refused login, and
# the answer is compressed already. A host that freezes is noticed after 45 s.
_SSH = (
    f"-F {shlex.quote(str(Path(__file__).parent / 'ssh_config'))} -o ControlMaster=no"
    " -o ControlPath=none -o ServerAliveInterval=15 -o ServerAliveCountMax=3"
)


@dataclass(frozen=True, slots=True)
class HostEvent:
    """What became of one host: ``started``, ``ok``, ``failed``, ``unreachable`` or ``lost``."""

    host: str
    status: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """What to run: the project's root, the playbook in it, the inventory and extra variables.

    ``task_seconds`` is after how long one host is given up; 0 is never. ``connection_attempts``
    are made a second apart when a host refuses.

    The vault's password is typed at Ansible's prompt: no argument, environment or file holds it.
    """

    root: Path
    name: str
    inventory: Path
    variables: Mapping[str, Any]
    forks: int
    task_seconds: int = 0
    connection_attempts: int = 1
    vault_password: Secret | None = None


def run_playbook(playbook: Playbook, hosts: Sequence[str], private: Path) -> Iterator[HostEvent]:
    """Given a playbook, its hosts and a private folder with a ``limit`` file, yield host events.

    Raise RunError when Ansible could not be started or stopped before any host.
    """
    events: queue.Queue[tuple[str, Any]] = queue.Queue()
    thread = threading.Thread(target=_run, args=(playbook, private, events), daemon=True)
    thread.start()
    waiting = dict.fromkeys(hosts)
    said: list[str] = []
    while True:
        name, data = events.get()
        if not name:
            break
        event = _host_event(name, data)
        if event is None:
            said += [data["stdout"]] if data and data.get("stdout") else []
        elif event.status == "started" or event.host in waiting:
            if event.status != "started":
                waiting.pop(event.host)
            yield event
    thread.join()
    if len(waiting) == len(hosts) and hosts:
        raise RunError(f"Ansible reached no host: {_last_words(said, data)}")
    for host in waiting:
        yield HostEvent(host, "lost", "Ansible ended without a result for this host")


def _run(playbook: Playbook, private: Path, events: queue.Queue[tuple[str, Any]]) -> None:
    import ansible_runner  # noqa: PLC0415 - half a second that only a run has to pay

    def enqueue(event: Mapping[str, Any]) -> bool:
        events.put((event["event"], _slim(event)))
        return False  # the event needs no file of its own

    vault = playbook.vault_password
    try:
        result = ansible_runner.interface.run(
            private_data_dir=str(private),
            project_dir=str(playbook.root),
            playbook=str(playbook.root / "playbooks" / playbook.name),
            inventory=str(playbook.inventory),
            limit=f"@{private / 'limit'}",
            extravars=dict(playbook.variables),
            envvars=environment(playbook),
            cmdline=f"--forks {playbook.forks}" + (" --ask-vault-pass" if vault else ""),
            passwords={PROMPT: vault.reveal()} if vault else {},
            event_handler=enqueue,
            quiet=True,
            rotate_artifacts=0,
            suppress_env_files=True,
        )
        events.put(("", f"{result.status}, exit code {result.rc}"))
    except Exception as error:  # noqa: BLE001 - the thread's only way to tell the caller
        events.put(("", f"{type(error).__name__}: {error}"))


def environment(playbook: Playbook) -> dict[str, str]:
    """Given a playbook, return what Ansible's environment holds besides the caller's."""
    return {
        "PATH": f"{_SHIM}:{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(playbook.root / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SSH_ARGS": f"{_SSH} -o ConnectionAttempts={playbook.connection_attempts}",
        "ANSIBLE_TASK_TIMEOUT": str(playbook.task_seconds),
    }


def _slim(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event.get("event_data") or {}
    result = data.get("res") or {}
    return {
        "host": data.get("host"),
        "message": str(result.get("msg") or result.get("module_stderr") or "")[:1000],
        "timedout": bool(result.get("timedout")),
        "stdout": str(event.get("stdout", ""))[:2000],
    }


def _host_event(name: str, data: Mapping[str, Any] | None) -> HostEvent | None:
    if not data or not data.get("host"):
        return None
    if name == "runner_on_start":
        return HostEvent(data["host"], "started")
    if name not in _FINAL:
        return None
    status = "timeout" if data["timedout"] else _FINAL[name]
    return HostEvent(data["host"], status, data["message"])


def _last_words(said: Sequence[str], result: object) -> str:
    text = " ".join(" ".join(said).split())
    return f"{text[-500:]} ({result})" if text else str(result)
