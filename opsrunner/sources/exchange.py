"""Scripts out to many hosts, answers back, over Ansible: what a check and a change both ride on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from opsrunner.models import Reason
from opsrunner.sources.ansible import HostEvent, Playbook, run_playbook
from opsrunner.sources.limits import Limits
from opsrunner.sources.wire import unpack
from opsrunner.sources.workdir import fill, workdir

SLICE = 300  # hosts a run of ansible-playbook: enough to fill the forks, few enough to lose
# What sudo, su, doas and the kernel say when they refuse, in the locales of our fleets.
_DENIED = re.compile(
    r"\b(sudo|su|doas|become|privileges?|password|not allowed|not permitted|denied)\b"
    r"|密码|口令|权限|无权|不允许",
    re.IGNORECASE,
)
# What stands before the words that matter: Ansible's preamble, ssh's frame of @ signs.
_PREAMBLE = re.compile(
    r"^.*?can be reached over ssh: |^Failed to connect .*? via ssh: |@{4,}|\B@\B",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one host sent back: the stream between the marks and its one-time word, or why not.

    ``stream`` is None when the script did not run, and then ``reason`` is ``CODE: detail``.
    Times are UTC, ISO 8601.
    """

    host: str
    stream: bytes | None
    mark: str
    reason: str | None
    started: str
    ended: str


def exchange(
    playbook: Playbook,
    scripts: Mapping[str, str],
    limits: Limits,
    on_event: Callable[[HostEvent], None] = lambda _: None,
) -> Iterator[Reply]:
    """Given script texts by host, yield each host's reply as it comes, every host exactly once.

    ``on_event`` hears of every start and end. Raise RunError when Ansible itself could not run.
    """
    hosts = list(scripts)
    for start in range(0, len(hosts), SLICE):
        part = hosts[start : start + SLICE]
        with workdir() as folder:
            answers = fill(folder, {host: scripts[host] for host in part})
            variables = {**playbook.variables, "observe_linux_workdir": str(folder)}
            job = replace(playbook, variables=variables, task_seconds=limits.cut_seconds)
            for event in run_playbook(job, part, folder):
                on_event(event)
                if event.status == "started":
                    continue
                answer = answers[event.host]
                if event.status != "ok" or not answer.exists():
                    yield _silent(event.host, reason_of(event))
                else:
                    raw = answer.read_bytes()
                    answer.unlink()
                    yield _reply(event.host, raw, limits)


def _reply(host: str, answer: bytes, limits: Limits) -> Reply:
    head, _, raw = answer.partition(b"\n")
    header: dict[str, Any] = json.loads(head)
    ended = datetime.fromisoformat(header["started"]) + timedelta(seconds=header["seconds"])
    stream = unpack(raw, header["mark"], limit=limits.host_bytes)
    return Reply(
        host=host,
        stream=stream,
        mark=header["mark"],
        reason=_not_run(header) if stream is None else None,
        started=header["started"],
        ended=_utc(ended),
    )


def _not_run(header: Mapping[str, object]) -> str:
    """Return why the script did not begin: most often the privilege was refused."""
    said = " ".join(str(header["stderr"]).split())[-200:] or f"exit code {header['rc']}"
    denied = header["rc"] != 0 and _DENIED.search(said)
    return f"{Reason.DENIED if denied else Reason.PROBE_FAILED}: {said}"


def reason_of(event: HostEvent) -> str:
    """Given how a host ended, return the reason of its findings, ``CODE: what was said``."""
    said = " ".join(_PREAMBLE.sub(" ", " ".join(event.message.split())).split())[:200]
    if event.status == "timeout":
        return f"{Reason.TIMEOUT}: the host did not answer within its limit"
    if event.status == "unreachable":
        return f"{Reason.UNREACHABLE}: {said}"
    if event.status == "lost":
        return f"{Reason.INTERRUPTED}: {said}"
    code = Reason.DENIED if _DENIED.search(said) else Reason.PROBE_FAILED
    return f"{code}: {said}"


def _silent(host: str, reason: str) -> Reply:
    now = _utc(datetime.now(UTC))
    return Reply(host, stream=None, mark="", reason=reason, started=now, ended=now)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
