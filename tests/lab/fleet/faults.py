"""What tests do to hosts: break them, run things on them, and take their picture.

Every function takes the lab and a host's name. A reset undoes all of it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import boot, network, processes
from .instance import LabError
from .shell import wait_until

if TYPE_CHECKING:
    from .control import Lab
    from .instance import Host

NOT_KEPT = ("proc", "sys", "dev", "run", "tmp")
CLOCK_GRAIN = 2.0  # seconds; a hundred times that of any kernel


@dataclass(frozen=True)
class Node:
    """One path of a host's merged tree; `content` is a hash, a link's target or empty."""

    kind: str
    mode: int
    uid: int
    gid: int
    xattrs: tuple[tuple[str, bytes], ...]
    content: str


_KNOWN: dict[str, tuple[tuple[int, ...], Node]] = {}  # path -> what it was known by, its picture


def _leader(lab: Lab, host: Host) -> int:
    """Return a host's PID 1. Raise LabError when it does not run."""
    leader = boot.leader_pid(lab.instance, host)
    if leader is None:
        raise LabError(f"{host.name} is not running")
    return leader


def link_down(lab: Lab, name: str) -> None:
    """Pull a host's cable: connections hang, new ones get no answer."""
    network.set_link(lab.instance, lab.record.host(name), up=False)


def link_up(lab: Lab, name: str) -> None:
    """Plug a host's cable in again."""
    network.set_link(lab.instance, lab.record.host(name), up=True)


def freeze(lab: Lab, name: str) -> None:
    """Hang a host: its kernel still accepts connections, no process answers them."""
    leader = _leader(lab, lab.record.host(name))
    for pid in processes.members(leader):
        processes.send(pid, signal.SIGSTOP)


def thaw(lab: Lab, name: str) -> None:
    """Let a frozen host go on."""
    leader = _leader(lab, lab.record.host(name))
    for pid in processes.members(leader):
        processes.send(pid, signal.SIGCONT)


def kill(lab: Lab, name: str) -> None:
    """Kill a host at once, as a power cut does; its disk stays as it was."""
    boot.stop(lab.instance, lab.record.host(name))


def reboot(lab: Lab, name: str) -> None:
    """Restart a host and wait until it can be logged in to."""
    lab.reboot(name)


def run(
    lab: Lab, name: str, script: str, *, timeout: float = 60, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a shell script on a host as root, not over the network (works with the link down)."""
    leader = _leader(lab, lab.record.host(name))
    done = subprocess.run(
        [
            "nsenter", f"--target={leader}", "--mount", "--uts", "--ipc", "--net", "--pid",
            "--root", "--wd=/root", "env", "-i", "HOME=/root", "USER=root", "LC_ALL=C",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "/bin/sh", "-s",
        ],
        input=script, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if check and done.returncode != 0:
        raise LabError(f"{name}: script ended with {done.returncode}: {done.stderr[-1000:]}")
    return done


def ssh(
    lab: Lab, name: str, command: str, *, user: str = "root", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command over ssh as a user with the controller's key."""
    now = lab.record
    argv = boot.ssh_command(lab.instance, now.host(name).address(now.subnet), user)
    return subprocess.run(
        [*argv, command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip


def write_file(lab: Lab, name: str, path: str, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file on a host: owner root, exactly this mode."""
    target = merged_root(lab, name) / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.chown(target, 0, 0)
    target.chmod(mode)


def merged_root(lab: Lab, name: str) -> Path:
    """Return the folder where a host's merged tree is mounted on this machine."""
    return lab.instance.host_dir(lab.record.host(name)) / "merged"


def tree(lab: Lab, name: str) -> dict[str, Node]:
    """Return the whole merged tree of a host, path -> Node, without the kernel's folders."""
    top = str(merged_root(lab, name))
    found: dict[str, Node] = {}
    for folder, folders, files in os.walk(top):
        if folder == top:
            folders[:] = [name for name in folders if name not in NOT_KEPT]
        for entry in [*folders, *files]:
            path = f"{folder}/{entry}"
            found[path.removeprefix(top)] = _node(path)
    return found


def _node(path: str) -> Node:
    """Return the picture of one path; what the kernel says is unchanged is not read again.

    No change leaves a path's ctime as it was, and nobody can set it. One that follows the last
    within the clock's grain could be missed, so a path that has just changed is read again.
    """
    began, facts = time.time(), os.lstat(path)
    stamp = (facts.st_ino, facts.st_ctime_ns, facts.st_mtime_ns, facts.st_size, facts.st_mode,
             facts.st_uid, facts.st_gid)  # fmt: skip
    known = _KNOWN.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    node = _look(path, facts)
    if began - facts.st_ctime > CLOCK_GRAIN:
        _KNOWN[path] = stamp, node
    return node


def _look(path: str, facts: os.stat_result) -> Node:
    """Read the picture of one path."""
    kind = stat.filemode(facts.st_mode)[0]
    names = sorted(os.listxattr(path, follow_symlinks=False))
    xattrs = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    content = ""
    if kind == "l":
        content = str(Path(path).readlink())
    elif kind == "-":
        with Path(path).open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
    return Node(kind, stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid, xattrs, content)


def wait_gone(lab: Lab, name: str, seconds: float = 10) -> bool:
    """Tell whether a host stops running within a time (after a reboot or halt of its own)."""
    host = lab.record.host(name)
    return wait_until(lambda: boot.leader_pid(lab.instance, host) is None, seconds, 0.05)
