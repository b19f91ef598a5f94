"""Hosts -> observations: one read-only round trip each, failure to look included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from opsrunner.models import Observation
from opsrunner.sources.ansible import HostEvent, Playbook
from opsrunner.sources.exchange import Reply, exchange
from opsrunner.sources.limits import Limits
from opsrunner.sources.wire import frames


def collect(
    playbook: Playbook,
    scripts: Mapping[str, str],
    caps: Mapping[str, Mapping[str, int]],
    limits: Limits,
    on_event: Callable[[HostEvent], None] = lambda _: None,
) -> Iterator[Observation]:
    """Given script texts and the caps of their probes by host, yield each host's observation.

    They come as they finish. ``on_event`` hears of every start and end. Raise RunError when
    Ansible itself could not run.
    """
    for reply in exchange(playbook, scripts, limits, on_event):
        yield observation(reply, caps[reply.host])


def observation(reply: Reply, caps: Mapping[str, int]) -> Observation:
    """Given a host's reply and the caps of its probes, return what was observed."""
    seen = {} if reply.stream is None else frames(reply.stream, reply.mark, caps)
    return Observation(
        subject=reply.host,
        reached=reply.stream is not None,
        reason=reply.reason,
        frames=seen,
        started=reply.started,
        ended=reply.ended,
    )
