"""Run ``playbooks/doctor.yml`` and hand over its events as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsrunner.errors import RunError
from opsrunner.secrets.store import Secret

ANSIBLE_PLAYBOOK = (sys.executable, "-m", "ansible", "playbook")
_CONNECT_SECONDS = 10
_SOCKETS = "cp"


@dataclass(frozen=True, slots=True)
class Call:
    """What to run: playbook, inventory, the hosts' names, how many at once, the vault's key."""

    playbook: Path
    inventory: Path
    hosts: Sequence[str]
    forks: int
    vault_password: Secret | None = None
    command: Sequence[str] = ANSIBLE_PLAYBOOK
    start_seconds: int = 60
    host_seconds: int = 90  # two commands of 30 s each at most, and connecting

    @property
    def seconds(self) -> int:
        """Return how long the whole run may take when every host uses all of its time."""
        return self.start_seconds + self.host_seconds * -(-len(self.hosts) // self.forks)


def run(call: Call) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Given a call, yield (host, task, result) for every result, in the order they come.

    Raise RunError when Ansible ends without having told of a single host.
    """
    told = False
    with tempfile.TemporaryDirectory(prefix="opsrunner-doctor-") as folder:
        errors = Path(folder, "stderr")
        with _process(call, Path(folder), errors) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe, asked for below
            for line in process.stdout:
                for event in _results(line):
                    told = True
                    yield event
        if not told:
            last = errors.read_text(errors="replace").strip().splitlines()[-1:]
            raise RunError(f"Ansible reached no host and said: {' '.join(last) or 'nothing'}")


def _results(line: bytes) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Given one line of Ansible's output, yield the results in it; other lines have none."""
    try:
        event = json.loads(line)
    except ValueError:
        return
    if isinstance(event, dict) and str(event.get("_event", "")).startswith("v2_runner_on_"):
        for host, result in event.get("hosts", {}).items():
            yield host, event["task"]["name"], result


@contextmanager
def _process(call: Call, folder: Path, errors: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start Ansible in a group of its own; on leaving, for whatever reason, the group ends."""
    limit = folder / "limit"
    limit.write_text("\n".join(call.hosts) + "\n")
    arguments = [*call.command, "--inventory", str(call.inventory), "--limit", f"@{limit}"]
    arguments += ["--forks", str(call.forks)]
    environment = {
        **os.environ,
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl",
        "ANSIBLE_TIMEOUT": str(_CONNECT_SECONDS),
        # A connection left open by an earlier run would hide a login that is refused today.
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / _SOCKETS),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
    }
    with errors.open("wb") as stderr, _password_pipe(call.vault_password) as pipe:
        if pipe is not None:  # a path that only this child can open, never the password itself
            arguments += ["--vault-password-file", f"/dev/fd/{pipe}"]
        process = subprocess.Popen(
            [*arguments, str(call.playbook)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            start_new_session=True,
            pass_fds=[] if pipe is None else [pipe],
        )
    watchdog = threading.Timer(call.seconds, _end, [process])
    watchdog.start()
    try:
        with process:
            try:
                yield process
            finally:
                _end(process)
    finally:
        watchdog.cancel()
        _disconnect(folder / _SOCKETS)


def _disconnect(folder: Path) -> None:
    """Given the folder of ssh's sockets, end the connections that ssh keeps open behind them."""
    for socket in folder.glob("*"):
        command = ["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "any-name"]
        subprocess.run(command, capture_output=True, timeout=_CONNECT_SECONDS, check=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Given the process, end its group if it still runs; ssh's masters are not in it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_CONNECT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _password_pipe(password: Secret | None) -> Iterator[int | None]:
    """Given a password, give a descriptor it can be read from once; None when there is none."""
    if password is None:
        yield None
        return
    reading, writing = os.pipe()
    os.write(writing, password.reveal().encode() + b"\n")
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)
