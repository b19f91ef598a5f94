"""Read-only commands on many hosts, one round trip: business checks that only a host can answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from opsrunner.models import Frame
from opsrunner.plan.asking import HostAnswer, HostCommand
from opsrunner.sources.ansible import Playbook
from opsrunner.sources.exchange import exchange
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import Probe, build_script
from opsrunner.sources.wire import frames

_ROLE = Path("roles") / "observe_linux"
_CAP = 64 * 1024  # bytes of one answer: a business check looks for a word, not for a dump
_CUT = (124, 137)


def run_on_hosts(
    playbook: Playbook, commands: Sequence[HostCommand], limits: Limits,
) -> Iterator[HostAnswer]:
    """Given commands, run all of a host's in one round trip; yield an answer to each.

    What could not be run has no exit code, and its output says why. Raise RunError when Ansible
    could not run.
    """
    by_host: dict[str, list[HostCommand]] = {}
    for command in commands:
        by_host.setdefault(command.subject, []).append(command)
    scripts = {host: _script(playbook.root / _ROLE, every, limits)
               for host, every in by_host.items()}
    for reply in exchange(playbook, scripts, limits):
        every = by_host[reply.host]
        caps = {_name(number): _CAP for number in range(len(every))}
        seen = {} if reply.stream is None else frames(reply.stream, reply.mark, caps)
        for number, command in enumerate(every):
            yield _answer(command, seen.get(_name(number)), reply.reason)


def _script(role: Path, commands: Sequence[HostCommand], limits: Limits) -> str:
    probes = [
        Probe(_name(number), _body(command), limit=command.seconds, cap=_CAP)
        for number, command in enumerate(commands)
    ]
    return build_script(role, (), limits, extra=probes)


def _body(command: HostCommand) -> str:
    """Return the command as sh runs it: its words quoted, its input piped, as its user."""
    words = shlex.join(command.argv)
    if command.user:
        words = f"su -s /bin/sh {shlex.quote(command.user)} -c {shlex.quote(words)}"
    source = f"printf %s {shlex.quote(command.stdin)}" if command.stdin else ":"
    return f"{source} | {words} 2>&1\n"


def _answer(command: HostCommand, frame: Frame | None, reason: str | None) -> HostAnswer:
    if frame is None or frame.exit_code is None:
        said = reason or "the host said nothing of it"
        return HostAnswer(command.subject, command.name, None, said)
    if frame.exit_code in _CUT:
        said = f"did not end within {command.seconds} s"
        return HostAnswer(command.subject, command.name, None, said)
    text = frame.stdout.decode("utf-8", "backslashreplace")
    return HostAnswer(command.subject, command.name, frame.exit_code, text)


def _name(number: int) -> str:
    return f"command.{number}"
