"""A process that writes a time line as fast as it can, to be killed: says what is durable.

Arguments: the time line, and perhaps a limit of the file's size in bytes.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.timeline.events import Kind, Phase
from opsrunner.timeline.journal import TimeLine


def write(path: Path) -> None:
    """Given a time line, write steps for ever; print each once it is durable."""
    with TimeLine.begin(path, plan="p", digest="d", run="r1") as line:
        print("ready", flush=True)  # noqa: T201 - read by the test
        line.enter(Phase.WARNING)
        for number in range(100_000):
            for kind, data in ((Kind.BEGUN, {}), (Kind.DONE, {"outcome": "done"})):
                line.put(kind, step=f"s{number}", who="张三", text="说明" * 20, data=data)
                print(number, kind, flush=True)  # noqa: T201 - read by the test


if __name__ == "__main__":
    if len(sys.argv) > 2:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        write(Path(sys.argv[1]))
    except EvidenceError as error:
        sys.exit(f"EvidenceError: {error}")
