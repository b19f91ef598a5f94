"""Run a command and say what it cost: wall time, CPU time and peak memory of its whole tree."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and CPU (user and system, children included), peak bytes, exit code.

    The peak adds up the private memory of every process of the tree, sampled ten times a second.
    """

    wall: float
    cpu: float
    peak: int
    code: int
    output: str


def run(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> Cost:
    """Given a command, its environment and folder, run it to its end and return what it cost."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        command, env=dict(environ), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    watcher.join()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, peak[0], process.returncode, output)


def _watch(process: subprocess.Popen[str], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_memory(pid) for pid in _tree(process.pid)))
        time.sleep(_SAMPLE)


def _tree(root: int) -> list[int]:
    found, index = [root], 0
    while index < len(found):
        try:
            tasks = Path(f"/proc/{found[index]}/task")
            for task in tasks.iterdir():
                found += [int(pid) for pid in (task / "children").read_text().split()]
        except OSError:
            pass
        index += 1
    return found


def _memory(pid: int) -> int:
    """Return the process's proportional share of memory: shared pages are counted once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
