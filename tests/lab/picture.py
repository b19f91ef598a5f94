"""Pictures of lab hosts' trees: ``python -m tests.lab.picture DIR KEY HOST,HOST``.

``KEY`` is the controller's key as the inventory names it; the lab is the one it lies in.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.faults import Node

# What changes without anybody's wish: logs and login records, what daemons note down, folders
# that systemd makes for a service's start, what stand-ins have for a kernel (rewritten whenever
# somebody looks), the database that rpm makes for itself where it is a stranger, on Debian.
RECORDS = (
    "/var/log/", "/var/lib/rsyslog/", "/var/lib/systemd/", "/var/lib/sudo/", "/var/lib/lastlog",
    "/var/lib/chrony/", "/var/spool/anacron/", "/var/tmp/systemd-private-",  # noqa: S108 - a host's
    "/var/lib/lab-standin/", "/root/.rpmdb",
)
_KERNEL = "var/lib/lab-standin/sysctl.json"


def lab_of(key: Path) -> Lab:
    """Given the path of a lab's key, return the lab."""
    return Lab(key.parents[1].name)


def kept(lab: Lab, host: str) -> dict[str, Node]:
    """Given a lab and a host, return its tree, logs and login records aside.

    Under ``kernel`` stand the kernel parameters that the stand-in keeps.
    """
    tree = {path: node for path, node in faults.tree(lab, host).items()
            if not path.startswith(RECORDS)}
    said = json.loads((faults.merged_root(lab, host) / _KERNEL).read_bytes())["values"]
    live = {key: value for key, value in said.items() if value != _machines(key)}
    return {**tree, "kernel": Node("", 0, 0, 0, (), json.dumps(live, sort_keys=True))}


def _machines(key: str) -> str | None:
    """Return this machine's value of a kernel parameter: what a host says that sets none."""
    try:
        return (Path("/proc/sys") / key.replace(".", "/")).read_text("utf-8").rstrip("\n")
    except OSError:
        return None


def differing(
    before: dict[str, Node], after: dict[str, Node],
) -> dict[str, tuple[Node | None, Node | None]]:
    """Given two pictures, return both nodes of every path that is not the same in them."""
    return {
        path: (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)
    }


def main(folder: Path, key: Path, hosts: list[str]) -> None:
    """Given a folder, a lab's key and its hosts, keep their pictures in the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lab = lab_of(key)
    for host in hosts:
        (folder / host).write_bytes(pickle.dumps((str(key), kept(lab, host))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(","))
