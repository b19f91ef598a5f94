"""Backup sets that are due -> one script a host, and what is wanted of each; pure but for reading.

The scripts run the verifying programs that the roles backup_mariadb and backup_files installed.
Nothing in them is secret: passwords stay in files of the host that only root can read.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from opsrunner.activities.backup.due import Due
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import Probe, build_script

PLAYBOOK = "backup_verify.yml"
_OBSERVE = Path("roles") / "observe_linux"
_FILES = Path("roles") / "verify_backup" / "files"
_LIB, _ETC = "/usr/local/lib/opsrunner", "/etc/opsrunner"
_SAID = 8 * 2**20  # bytes one verification may say, its manifest included
_CLEANING = 360  # seconds beyond its limit that a verification has to stop and clean up


@dataclass(frozen=True, slots=True)
class HostWork:
    """What one host verifies: its sets by the name of their probe, and the script that does it."""

    sets: Mapping[str, Due]
    script: str
    caps: Mapping[str, int]


def host_works(root: Path, wanted: Sequence[Due]) -> tuple[dict[str, HostWork], Limits]:
    """Given the project's root and what is to be verified, return each host's work, and the limits.

    Sets of one host are verified one after the other, each within its own limit.
    """
    by_host: dict[str, dict[str, Due]] = {}
    for one in wanted:
        sets = by_host.setdefault(one.on, {})
        sets[f"verify.{len(sets)}"] = one
    longest = max(sum(_seconds(one) + _CLEANING for one in sets.values())
                  for sets in by_host.values())
    most = max(map(len, by_host.values()))
    limits = Limits(host_seconds=longest, host_bytes=most * (_SAID + 2**16))
    return {host: _work(root, sets, limits) for host, sets in by_host.items()}, limits


def _work(root: Path, sets: Mapping[str, Due], limits: Limits) -> HostWork:
    probes = [Probe(name, _body(root, one), _seconds(one) + _CLEANING, _SAID)
              for name, one in sets.items()]
    script = build_script(root / _OBSERVE, (), limits, extra=probes)
    return HostWork(sets, script, dict.fromkeys(sets, _SAID))


def _seconds(one: Due) -> int:
    return int(one.set.backup.verification.within.total_seconds())


def _body(root: Path, one: Due) -> str:
    given = {
        "lib": _LIB, "etc": _ETC, "source": one.source, "level": str(int(one.level)),
        "scratch": one.set.backup.verification.scratch, "seconds": str(_seconds(one)),
        "host": one.set.host if one.on != one.set.host else "", "parts": " ".join(one.parts),
    }
    kind = "mariadb" if one.set.backup.databases else "files"
    return "\n".join([
        *(f"ops_{name}={shlex.quote(value)}" for name, value in given.items()),
        *((root / _FILES / f"{name}.sh").read_text("utf-8") for name in ("common", kind)),
    ])
