"""Run tools of the machine: fixed argument lists, output in the error, never a shell string."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from .instance import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Everything under this wrapper dies with its caller, however the caller dies, and takes
# its mounts along: a killed `up` leaves no builder at work and no mount behind.
CONTAINED = (
    "setpriv", "--pdeathsig", "KILL", "--",
    "unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--",
)  # fmt: skip


def run(*argv: str, stdin: str = "", timeout: float = 600, check: bool = True) -> str:
    """Given a command, return its output. Raise LabError with what it said when it fails."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{argv[0]} did not end within {timeout:.0f} s") from error
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed") from error
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise LabError(f"{' '.join(argv)[:300]} failed ({done.returncode}): {said}")
    return done.stdout


def run_logged(argv: Sequence[str], log: str, *, timeout: float = 900) -> None:
    """Run a long command with its output in a log file. Raise LabError naming the log."""
    with open(log, "ab") as sink:  # noqa: PTH123 - subprocess wants the raw handle
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, timeout=timeout, check=False
        )
    if done.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
            tail = "".join(lines.readlines()[-15:])
        raise LabError(f"{argv[len(CONTAINED)]} failed, see {log}:\n{tail}")


def wait_until(done: Callable[[], bool], seconds: float, pause: float = 0.01) -> bool:
    """Ask every `pause` seconds until `done()` or time is over; return the last answer."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def quiet(_message: str) -> None:
    """Say nothing: the default for callers that want no progress lines."""
