"""What the machine must be and have before a lab can exist on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .instance import LabError
from .shell import run

if TYPE_CHECKING:
    from collections.abc import Callable

# tool looked for -> Debian package that brings it
PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "createrepo_c": "createrepo-c",
    "rpmbuild": "rpm",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "sshpass": "sshpass",
    "unshare": "util-linux",
    "openssl": "openssl",
    "patchelf": "patchelf",
}


def unfit() -> str:
    """Return why this machine cannot run a lab in one sentence, "" when it can."""
    if os.geteuid() != 0:
        return "the lab needs root (network, mounts, systemd-nspawn)"
    release = Path("/etc/os-release")
    if not release.is_file() or "debian" not in release.read_text(encoding="utf-8").lower():
        return "the lab needs Debian (mmdebstrap, apt)"
    if not Path("/sys/fs/cgroup").is_dir():
        return "the lab needs control groups at /sys/fs/cgroup"
    return ""


def require() -> None:
    """Raise LabError when this machine cannot run a lab."""
    reason = unfit()
    if reason:
        raise LabError(reason)


def install_packages(say: Callable[[str], None]) -> None:
    """Install the Debian packages of the tools that are missing."""
    missing = sorted({package for tool, package in PACKAGES.items() if not shutil.which(tool)})
    if not missing:
        return
    say(f"installing {' '.join(missing)}")
    apt = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq")
    run(*apt, "update", check=False)
    run("env", "DEBIAN_FRONTEND=noninteractive", *apt, "install", "-y",
        "--no-install-recommends", *missing)  # fmt: skip


INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_WANTED = 4096  # each host's systemd, journald and dbus need some 15 of the shared 128


def raise_limits(memory: Path) -> None:
    """Raise the one machine-wide limit that a fleet meets; remember in `memory` what it was."""
    now = int(INOTIFY.read_text(encoding="ascii"))
    if now < INOTIFY_WANTED:
        memory.write_text(f"{now}\n", encoding="ascii")
        INOTIFY.write_text(f"{INOTIFY_WANTED}\n", encoding="ascii")


def restore_limits(memory: Path) -> None:
    """Put the limit back when the last lab of the machine is gone."""
    if memory.is_file():
        INOTIFY.write_text(memory.read_text(encoding="ascii"), encoding="ascii")
        memory.unlink()
