"""Find and end the processes of a lab by what they are, not by a record of them.

The truth about what runs is /proc: a host's supervisor is the systemd-nspawn whose
command line carries the machine name; its only child is the host's PID 1.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .shell import wait_until

PROC = Path("/proc")
_FOUND: dict[str, int] = {}  # machine -> its nspawn when last asked


def command_line(pid: int) -> list[str]:
    """Return the arguments of a process; none when it is gone."""
    try:
        raw = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").split("\0")


def alive(pid: int) -> bool:
    """Tell whether a process still runs; a zombie does not."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def supervisors(machine_prefix: str) -> dict[str, int]:
    """Given the beginning of machine names, return machine name -> pid of its nspawn."""
    found: dict[str, int] = {}
    for entry in os.scandir(PROC):
        if not entry.name.isdigit():
            continue
        arguments = command_line(int(entry.name))
        if not arguments[0:1] or not arguments[0].endswith("systemd-nspawn"):
            continue
        for argument in arguments:
            if argument.startswith(f"--machine={machine_prefix}") and alive(int(entry.name)):
                found[argument.partition("=")[2]] = int(entry.name)
    return found


def supervisor(machine: str) -> int | None:
    """Given a machine's whole name, return the pid of its nspawn, None when it does not run.

    The pid that was found last is looked at before all of /proc.
    """
    pid = _FOUND.get(machine)
    if pid is None or f"--machine={machine}" not in command_line(pid) or not alive(pid):
        pid = supervisors(machine).get(machine)
    if pid is None:
        _FOUND.pop(machine, None)
    else:
        _FOUND[machine] = pid
    return pid


def namespace(pid: int, kind: str) -> str:
    """Return a namespace of a process as the kernel names it, "" when the process is gone."""
    try:
        return str(Path(f"/proc/{pid}/ns/{kind}").readlink())
    except OSError:
        return ""


def leader_of(supervisor: int) -> int | None:
    """Return the pid (seen from here) of the PID 1 that a nspawn runs; None before it exists."""
    try:
        text = (PROC / str(supervisor) / "task" / str(supervisor) / "children").read_text("ascii")
    except OSError:
        return None
    own = namespace(supervisor, "pid")
    for child in text.split():
        # nspawn has a helper child for a moment; only PID 1 has a pid namespace of its own.
        if namespace(int(child), "pid") not in ("", own):
            return int(child)
    return None


def members(leader: int) -> list[int]:
    """Return every process in a host's pid namespace, PID 1 first."""
    space = namespace(leader, "pid")
    pids = [int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit()]
    found = [pid for pid in pids if space and namespace(pid, "pid") == space]
    return sorted(found, key=lambda pid: (pid != leader, pid))


def orphans(machine_prefix: str) -> list[int]:
    """Return the PID 1s of machines whose nspawn was killed: their control group names them."""
    found = []
    for entry in os.scandir(PROC):
        if not entry.name.isdigit():
            continue
        try:
            groups = (PROC / entry.name / "cgroup").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        if f"/{machine_prefix}" in groups and alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is no error."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end_machine(supervisor: int) -> None:
    """Kill a host at once. Its PID 1 goes first, so that nspawn tidies up after itself."""
    leader = leader_of(supervisor)
    if leader is not None:
        send(leader, signal.SIGKILL)
    if not wait_until(lambda: not alive(supervisor), 3):
        send(supervisor, signal.SIGKILL)
        wait_until(lambda: not alive(supervisor), 3)
    if leader is not None:
        wait_until(lambda: not alive(leader), 3)


def kill(pid: int) -> None:
    """Kill a process and wait until it is gone."""
    send(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), 3)
