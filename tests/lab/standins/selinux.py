"""getenforce, setenforce, sestatus: the mode of the configuration at boot, then of setenforce."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from . import state

CONFIG = Path("/etc/selinux/config")


def configured(key: str = "SELINUX") -> str:
    """Return a value of /etc/selinux/config, "disabled" without one."""
    try:
        lines = CONFIG.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "disabled"
    found = [line.partition("=")[2].strip() for line in lines if line.startswith(f"{key}=")]
    return found[-1] if found else "disabled"


def current() -> dict[str, Any]:
    """Return the live state; the first to ask after a boot fixes the boot's mode."""
    now = state.load("selinux", {"mode": configured()})
    state.save("selinux", now)
    return now


def boot() -> int:
    """Fix the mode that the kernel came up with; run once at boot."""
    current()
    return 0


def getenforce() -> int:
    """Print the mode."""
    sys.stdout.write(str(current()["mode"]).capitalize() + "\n")
    return 0


def setenforce() -> int:
    """Set enforcing or permissive."""
    now = current()
    wanted = {"1": "enforcing", "0": "permissive"}.get(
        sys.argv[1] if len(sys.argv) == 2 else "", " ".join(sys.argv[1:]).lower()
    )
    if now["mode"] == "disabled":
        sys.stderr.write("setenforce: SELinux is disabled\n")
        return 1
    if wanted not in ("enforcing", "permissive"):
        sys.stderr.write("usage:  setenforce [ Enforcing | Permissive | 1 | 0 ]\n")
        return 1
    now["mode"] = wanted
    state.save("selinux", now)
    return 0


def sestatus() -> int:
    """Print the state as sestatus does."""
    mode = str(current()["mode"])
    rows = [("SELinux status", "disabled")]
    if mode != "disabled":
        rows = [
            ("SELinux status", "enabled"),
            ("SELinuxfs mount", "/sys/fs/selinux"),
            ("SELinux root directory", "/etc/selinux"),
            ("Loaded policy name", configured("SELINUXTYPE")),
            ("Current mode", mode),
            ("Mode from config file", configured()),
            ("Policy MLS status", "enabled"),
            ("Policy deny_unknown status", "allowed"),
            ("Max kernel policy version", "31"),
        ]
    for label, value in rows:
        sys.stdout.write(f"{label + ':':<32}{value}\n")
    return 0
