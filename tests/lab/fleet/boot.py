"""Boot a prepared root as a machine and wait until it can be logged in to."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import network, processes
from .instance import Host, Instance, LabError
from .shell import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Each host gets control groups of its own: with the shared ones two systemds would take
# each other's services for their own.
ENTER_GROUPS = (
    'for g in $1; do mkdir -p "$g" && echo $$ > "$g/cgroup.procs"; done; shift; exec "$@"'
)
BOOT_SECONDS = 40


def group_dirs(machine: str) -> list[Path]:
    """Return the control groups of a machine: systemd's own hierarchy and the unified one."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    found = []
    for line in mounts:
        _, where, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(where) / machine)
    return found


def remove_groups(machine: str) -> None:
    """Remove a dead machine's control groups, leaves first."""
    for top in group_dirs(machine):
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)  # noqa: PTH106 - Path.rmdir is no better on a control group
            except OSError:
                continue


def nspawn_command(instance: Instance, host: Host, root: Path) -> list[str]:
    """Return the command that boots a host."""
    machine = instance.machine(host)
    nspawn = [
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
        "--private-network", "--console=pipe", "--link-journal=no", "--resolv-conf=off",
        "--timezone=off", "--system-call-filter=@keyring",
        f"--machine={machine}", f"--hostname={host.name}",
        f"--directory={root}",
    ]  # fmt: skip
    groups = " ".join(str(folder) for folder in group_dirs(machine))
    # setsid --fork: the host belongs to the machine, not to the pytest or make that began it.
    return ["setsid", "--fork", "sh", "-c", ENTER_GROUPS, "boot", groups, *nspawn]


def start(instance: Instance, host: Host, root: Path, subnet: str) -> None:
    """Boot a host and connect it. Raise LabError when no PID 1 with a network appears."""
    log = instance.host_dir(host) / "console.log"
    outside = processes.namespace(os.getpid(), "net")
    leaders: list[int] = []

    def ready() -> bool:
        leader = leader_pid(instance, host)
        if leader is None or processes.namespace(leader, "net") in ("", outside):
            return False
        leaders.append(leader)
        return True

    with log.open("wb") as sink, _release_file(root):
        subprocess.run(
            nspawn_command(instance, host, root),
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=True,
        )  # fmt: skip
        wait_until(ready, 10)
    if not leaders:
        raise LabError(f"{host.name} did not start: {log.read_text(errors='replace')[-500:]}")
    network.plug_in(instance, host, leaders[-1], subnet)


@contextmanager
def _release_file(root: Path) -> Iterator[None]:
    """Give a root without os-release (CentOS 6) one for the moment in which nspawn asks for it."""
    path = root / "usr" / "lib" / "os-release"
    if path.exists() or (root / "etc" / "os-release").exists():
        yield
        return
    path.write_text("ID=lab\n", encoding="ascii")
    try:
        yield
    finally:
        path.unlink()


def leader_pid(instance: Instance, host: Host) -> int | None:
    """Return the pid of a host's PID 1 as seen from here, None when the host is not running."""
    supervisor = processes.supervisor(instance.machine(host))
    return None if supervisor is None else processes.leader_of(supervisor)


def stop(instance: Instance, host: Host) -> None:
    """Kill a host at once and take its cable and control groups away."""
    machine = instance.machine(host)
    supervisor = processes.supervisor(machine)
    if supervisor is not None:
        processes.end_machine(supervisor)
    network.unplug(instance, host)
    remove_groups(machine)


def ssh_command(instance: Instance, address: str, user: str = "root") -> list[str]:
    """Return the ssh command line for a user of a host, host key checked."""
    return [
        "ssh", "-F", "/dev/null", "-i", str(instance.key_file), "-o", "BatchMode=yes",
        "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
        "-o", f"UserKnownHostsFile={instance.known_hosts}", "-o", "GlobalKnownHostsFile=/dev/null",
        "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=2", "-o", "LogLevel=ERROR",
        f"{user}@{address}",
    ]  # fmt: skip


def _banner(address: str) -> bool:
    """Tell whether sshd greets at this address."""
    try:
        with socket.create_connection((address, 22), timeout=0.5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def answers(command: Sequence[str], seconds: float = 10) -> bool:
    """Tell whether an ssh command line gets a login."""
    try:
        done = subprocess.run(
            [*command, "true"], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def wait_for_login(instance: Instance, host: Host, subnet: str) -> None:
    """Wait until an unprivileged user can log in: only then is the boot over.

    Raise LabError with the end of the console log when that does not happen.
    """
    address = host.address(subnet)
    log = instance.host_dir(host) / "console.log"
    command = ssh_command(instance, address, "opsadm")
    up = wait_until(lambda: _banner(address), BOOT_SECONDS, 0.02)
    _cover_command_line(instance, host)
    if not up or not wait_until(lambda: answers(command), BOOT_SECONDS, 0.05):
        raise LabError(f"{host.name} does not answer: {log.read_text(errors='replace')[-500:]}")


def _cover_command_line(instance: Instance, host: Host) -> None:
    """Lay the identity's kernel command line over the machine's, which says nothing of the host.

    Only now: nspawn cannot bind below /proc, and the host's mounts must be settled.
    """
    leader = leader_pid(instance, host)
    source = "/usr/lib/lab-standin/cmdline"
    if leader is not None and (instance.host_dir(host) / "merged" / source[1:]).exists():
        where = ("nsenter", f"--target={leader}", "--mount", "--root")
        run(*where, "mount", "--bind", source, "/proc/cmdline", check=False)
