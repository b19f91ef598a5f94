"""The runner's side of a watcher: start it, wait for it, end it, find it again after a crash."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opsrunner.errors import EvidenceError, RunError
from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.aim import Order
from opsrunner.sources.watcher.journal import lives, read
from opsrunner.sources.watcher.lines import Reading

_START_SECONDS = 20.0
_PAUSE = 0.05
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")  # of the environment; it may hold secrets
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def clocks() -> tuple[str, int, str]:
    """Return now by the wall (UTC), by the monotonic clock in ns, and which start that counts."""
    wall = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        boot = _BOOT.read_text("ascii").strip()
    except OSError:
        boot = ""
    return wall, time.monotonic_ns(), boot


def stop_file(journal: Path) -> Path:
    """Given a journal, return the file whose being there asks its watcher to end."""
    return journal.with_name(f"{journal.name}.stop")


@dataclass(frozen=True, slots=True)
class Watch:
    """A watcher by its journal, whoever started it: ``start`` makes it, or the path of one."""

    journal: Path

    def lives(self) -> bool:
        """Return whether the watcher runs. Raise EvidenceError when its journal is gone."""
        return lives(self.journal)

    def read(self) -> Reading:
        """Return what it has seen so far. Raise EvidenceError."""
        return read(self.journal)

    def wait_green(self, seconds: float) -> None:
        """Wait for an acknowledged attempt from now on; a drill begins with one.

        Raise RunError when there is none in that time, or the watcher has died.
        """
        now, until = time.monotonic_ns(), time.monotonic() + seconds
        while True:
            attempts = self.read().attempts
            if any(one.acknowledged and one.sent >= now for one in attempts):
                return
            failed = f": {attempts[-1].error}" if attempts and attempts[-1].error else ""
            if not self.lives():
                raise RunError(f"the watcher of {self.journal} has died{failed}")
            if time.monotonic() > until:
                raise RunError(f"nothing acknowledged within {seconds:g} s{failed}")
            time.sleep(_PAUSE)

    def stop(self, seconds: float = 30) -> Reading:
        """Ask the watcher to end, wait for it and return what it saw.

        One that has died, or does not end, is no error here: its journal has no end, and nothing
        is measured. Raise EvidenceError when the journal cannot be read.
        """
        try:
            stop_file(self.journal).touch()
        except OSError as error:
            raise EvidenceError(f"cannot stop the watch: {error}") from error
        until = time.monotonic() + seconds
        while self.lives() and time.monotonic() < until:
            time.sleep(_PAUSE)
        return self.read()


def start(order: Order, journal: Path, password: Secret | None = None) -> Watch:
    """Given a checked order, a file for the journal and a password, return the watch, running.

    Raise RunError with what the watcher says is wrong.
    """
    told = json.dumps({"order": order.model_dump(mode="json"), "journal": str(journal.absolute())})
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", __package__],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment, cwd="/", start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - they are pipes
    assert process.stdout is not None  # noqa: S101 - they are pipes
    with process.stdin as pipe, process.stdout as answers:
        try:
            pipe.write(f"{told}\n{password.reveal() if password else ''}".encode())
            pipe.close()
        except BrokenPipeError:
            pass  # it has died; what it said, if anything, comes next
        answered, _, _ = select.select([answers], [], [], _START_SECONDS)
        said = answers.readline().decode("utf-8", "replace").strip() if answered else ""
        if said != "ready":
            process.kill()
            rest = answers.read().decode("utf-8", "replace").strip()
            process.wait()
            why = f"{said} {rest}".strip() or "it said nothing"
            raise RunError(f"the watcher did not start: {why}")
    _children.append(process)
    return Watch(journal)


_children: list[subprocess.Popen[bytes]] = []  # kept, so that no warning calls them forgotten
