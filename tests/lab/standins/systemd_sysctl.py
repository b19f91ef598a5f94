"""systemd-sysctl: the real one sets net.*, and kernel-wide keys go to the state file."""

from __future__ import annotations

import subprocess
import sys

from . import state
from .sysctl import fresh, settings, shared, system_files, write

REAL = "/usr/lib/lab-standin/real/systemd-sysctl"


def main() -> int:
    """Run as systemd-sysctl; what the real one cannot write in a container is no failure."""
    subprocess.run([REAL, *sys.argv[1:]], check=False, stderr=subprocess.DEVNULL)
    now = state.load("sysctl", fresh())
    for path in system_files():
        # systemd reads /etc/sysctl.conf only through its link in sysctl.d.
        if str(path) == "/etc/sysctl.conf":
            continue
        for key, value, _ in settings(path):
            if shared(key):
                try:
                    write(now, key, value)
                except OSError:
                    continue
    state.save("sysctl", now)
    return 0
