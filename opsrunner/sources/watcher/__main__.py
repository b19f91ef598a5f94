"""The watcher's process: ``python -m opsrunner.sources.watcher``, started by ``process.start``.

Standard input brings one line of JSON with the order, and then the password, up to the end; so
nothing of it stands in arguments or the environment. One line goes back: ``ready``, or what is
wrong. It outlives whoever started it: a runner that was killed finds it by its journal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from opsrunner.errors import OpsrunnerError
from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.aim import Order, require, target
from opsrunner.sources.watcher.journal import WatchJournal
from opsrunner.sources.watcher.lines import FORMAT
from opsrunner.sources.watcher.loop import run
from opsrunner.sources.watcher.process import clocks, stop_file

_ended: list[str] = []


def main() -> int:
    """Read the order, watch until told to stop; return 0, or 1 when the journal has no end."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _ended.append("terminated"))
    told = json.loads(sys.stdin.readline())
    password = sys.stdin.read()
    try:
        order, path = require(told["order"]), Path(told["journal"])
        asked = target(order, Secret("watcher", password) if password else None)
        journal = WatchJournal(path)
        journal.put(_header(order))
    except OpsrunnerError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write("ready\n")
    _let_go_of_terminal()
    stop = stop_file(path)
    try:
        run(order, asked, journal, lambda: _why(stop))
        journal.close()
    except OpsrunnerError:
        return 1  # the missing end says it
    return 0


def _header(order: Order) -> dict[str, object]:
    wall, moment, boot = clocks()
    return {
        "format": FORMAT, "watch": order.watch, "aim": dict(order.aim),
        "interval_ms": order.interval_ms, "timeout_ms": order.timeout_ms,
        "boot": boot, "wall": wall, "began": moment, "pid": os.getpid(),
    }


def _why(stop: Path) -> str:
    if _ended:
        return _ended[0]
    return "stopped" if stop.exists() else ""


def _let_go_of_terminal() -> None:
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


if __name__ == "__main__":
    sys.exit(main())
