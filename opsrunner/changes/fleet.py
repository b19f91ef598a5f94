"""Many hosts read exactly, at once, each in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from opsrunner.changes.reading import Target, read_script, read_state
from opsrunner.changes.state import HostState
from opsrunner.facts.base import CannotTell
from opsrunner.remedies.base import Reads
from opsrunner.sources.ansible import HostEvent, Playbook
from opsrunner.sources.exchange import exchange
from opsrunner.sources.limits import Limits
from opsrunner.sources.wire import frames

ROLE = Path("roles") / "observe_linux"


def read_hosts(
    playbook: Playbook,
    reads: Mapping[str, Reads],
    targets: Mapping[str, Target],
    limits: Limits,
    on_event: Callable[[HostEvent], None] = lambda _: None,
) -> Iterator[tuple[str, HostState | str]]:
    """Given what to read of which host, yield each host's name and state, or the reason why not.

    The reason is ``CODE: detail``. Nothing of what is read leaves memory. Raise RunError when
    Ansible could not run, InputError when something may not be read.
    """
    role = playbook.root / ROLE
    readings = {
        host: read_script(role, wanted, targets[host].families, limits)
        for host, wanted in reads.items()
    }
    scripts = {host: reading.script for host, reading in readings.items()}
    for reply in exchange(playbook, scripts, limits, on_event):
        if reply.stream is None:
            yield reply.host, str(reply.reason)
            continue
        seen = frames(reply.stream, reply.mark, readings[reply.host].caps)
        try:
            yield reply.host, read_state(seen, reads[reply.host], targets[reply.host])
        except CannotTell as reason:
            yield reply.host, str(reason)
