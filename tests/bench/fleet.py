"""The check of a real fleet against its floor: the same scripts over plain parallel ssh."""

from __future__ import annotations

import shlex
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# The floor is as low as ours: the same cheap key exchange.
SSH_CONFIG = Path(__file__).parents[2] / "opsrunner" / "sources" / "ssh_config"


@dataclass(frozen=True, slots=True)
class Target:
    """One lab host: where plain ssh finds it."""

    name: str
    address: str
    options: tuple[str, ...]


def targets(inventory: Path) -> list[Target]:
    """Given the lab's inventory, return its hosts."""
    data: dict[str, Any] = yaml.safe_load(inventory.read_text(encoding="utf-8"))["linux"]
    shared = data["vars"]
    options = (
        "-F", str(SSH_CONFIG), "-o", "BatchMode=yes", "-i", shared["ansible_ssh_private_key_file"],
        *shlex.split(shared["ansible_ssh_common_args"]),
    )
    return [
        Target(name, host["ansible_host"], options)
        for group in data["children"].values()
        for name, host in group["hosts"].items()
    ]


def floor(hosts: list[Target], scripts: dict[str, str], workers: int) -> float:
    """Given hosts and the script of each, run all over plain ssh at once; return seconds."""
    start = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda host: _one(host, scripts[host.name]), hosts))
    return time.monotonic() - start


def _one(host: Target, script: str) -> None:
    done = subprocess.run(
        ["ssh", *host.options, f"root@{host.address}", "/bin/sh -s"],
        input=script.replace("@OPS_MARK@", "0" * 32).encode(), capture_output=True, check=False,
    )
    if b"END" not in done.stdout:
        raise RuntimeError(f"{host.name}: {done.stderr[-300:]!r}")
