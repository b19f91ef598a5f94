"""Fill a working folder for the role ``observe_linux``, as the runner does before a check.

``python -m tests.lab.prepare DIR HOST,HOST``: scripts with a few probes for each host.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from opsrunner.sources.limits import Limits
from opsrunner.sources.script import build_script
from opsrunner.sources.workdir import fill

ROLE = Path(__file__).parents[2] / "roles" / "observe_linux"
PROBES = ("accounts.passwd", "ssh.effective", "system.release")


def main(folder: Path, hosts: list[str]) -> None:
    """Given a folder and hosts, write scripts and index anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    fill(folder, dict.fromkeys(hosts, build_script(ROLE, PROBES, Limits())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","))
