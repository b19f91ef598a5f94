"""State of the stand-ins on a host: one JSON file per tool, and what a reboot forgets."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

STATE = Path("/var/lib/lab-standin")
FACTS = Path("/usr/lib/lab-standin/identity.json")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def identity() -> str:
    """Return the name of this host's identity."""
    return str(json.loads(FACTS.read_text(encoding="utf-8"))["name"])


def boot_id() -> str:
    """Return what is different after every boot."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def load(tool: str, fresh: dict[str, Any]) -> dict[str, Any]:
    """Given a tool and its state right after boot, return its state now."""
    try:
        kept = json.loads((STATE / f"{tool}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return dict(fresh)
    if not isinstance(kept, dict) or kept.get("boot") != boot_id():
        return dict(fresh)
    return {**fresh, **kept}


def save(tool: str, state: dict[str, Any]) -> None:
    """Keep a tool's state until the next boot; on a read-only host until the tool ends.

    The real tool keeps it in the kernel, so asking it works with a read-only root too.
    """
    try:
        STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = STATE / f".{tool}.{os.getpid()}"
        scratch.write_text(json.dumps({**state, "boot": boot_id()}), encoding="utf-8")
        scratch.replace(STATE / f"{tool}.json")
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
