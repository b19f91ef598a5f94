"""The hosts of one transaction: read exactly, begin, confirm, undo, ask; one round trip each.

Each method sends one script to every host at once and yields what came of it as it comes. A host
that says nothing after a change was begun is ``unknown``, never ``refused``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from opsrunner.changes import transaction
from opsrunner.changes.answer import Answer, read
from opsrunner.changes.answer import Outcome as Said
from opsrunner.changes.operations import Changes
from opsrunner.changes.outcomes import outcome_of, outcome_of_preview, outcome_of_status
from opsrunner.changes.reading import Target, read_script, read_state
from opsrunner.changes.state import HostState
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.plan.actor import Outcome
from opsrunner.remedies.base import Reads
from opsrunner.sources.ansible import HostEvent, Playbook
from opsrunner.sources.exchange import Reply, exchange
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import Probe, build_script
from opsrunner.sources.wire import frames

_FEW = 1024  # bytes of a user's number
_TRIES = 4  # a second apart: sshd may be reloading under the login that is to prove it
ROLE = Path("roles") / "observe_linux"


@dataclass(frozen=True, slots=True)
class Fleet:
    """How the hosts of one inventory are reached, and the transaction's id on each of them."""

    playbook: Playbook
    limits: Limits
    targets: Mapping[str, Target]
    tx: str
    undo_after: int  # seconds until a host takes itself back
    on_event: Callable[[HostEvent], None] = lambda _: None

    def read(self, reads: Mapping[str, Reads]) -> Iterator[tuple[str, HostState | str]]:
        """Given what to read of which host, yield its state, or ``CODE: detail`` why not.

        Nothing of what is read leaves memory. Raise RunError when Ansible could not run,
        InputError when something may not be read.
        """
        role = self.playbook.root / ROLE
        readings = {
            host: read_script(role, wanted, self.targets[host].families, self.limits)
            for host, wanted in reads.items()
        }
        for reply in self._send({host: reading.script for host, reading in readings.items()}):
            if reply.stream is None:
                yield reply.host, str(reply.reason)
                continue
            seen = frames(reply.stream, reply.mark, readings[reply.host].caps)
            try:
                state = read_state(seen, reads[reply.host], self.targets[reply.host])
            except CannotTell as reason:
                yield reply.host, str(reason)
            else:
                yield reply.host, state if state.root else _not_root(state)

    def second_way(self, hosts: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Log in on each host as the account its inventory names besides, and become root.

        Yield why that failed, "" when it did not.
        """
        probe = Probe("second.way", "id -u\n")
        script = build_script(self.playbook.root / ROLE, (), self.limits, extra=[probe])
        other = replace(self.playbook, name="second_login.yml")
        for reply in exchange(other, dict.fromkeys(hosts, script), self.limits, self.on_event):
            seen = frames(reply.stream or b"", reply.mark, {probe.name: _FEW})
            found = seen.get(probe.name)
            rooted = found is not None and found.stdout.strip() == b"0"
            yield reply.host, "" if rooted else reply.reason or "it does not become root"

    def begin(self, changes: Mapping[str, Changes]) -> Iterator[Outcome]:
        """Given each host's changes, have it snapshot, arm its timed undo, and apply them."""
        scripts = {
            host: transaction.begin_script(one, self.tx, undo_after=self.undo_after)
            for host, one in changes.items()
        }
        yield from self._outcomes(scripts)

    def confirm(self, hosts: Sequence[str]) -> Iterator[Outcome]:
        """Log in afresh on each host, look, and disarm."""
        script = transaction.confirm_script(self.tx)
        yield from self._outcomes(dict.fromkeys(hosts, script), attempts=_TRIES)

    def undo(self, hosts: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Have each host take the transaction back, or only these targets of it.

        A host that took back just these is ``confirmed``: the rest of it stands.
        """
        script = transaction.undo_script(self.tx, only=tuple(only))
        for reply in self._send(dict.fromkeys(hosts, script)):
            yield outcome_of(reply.host, _answer(reply), in_part=bool(only))

    def preview(self, hosts: Sequence[str], only: Sequence[str] = ()) -> Iterator[Outcome]:
        """Ask each host what an undo would meet there; changes nothing.

        ``confirmed``: all is as the change left it; ``failed``: the differences are in its data.
        """
        script = transaction.preview_script(self.tx, only=tuple(only))
        for reply in self._send(dict.fromkeys(hosts, script)):
            yield outcome_of_preview(reply.host, _answer(reply))

    def status(self, hosts: Sequence[str]) -> Iterator[Outcome]:
        """Ask each host how the transaction stands; changes nothing."""
        for reply in self._send(dict.fromkeys(hosts, transaction.status_script(self.tx))):
            yield outcome_of_status(reply.host, _answer(reply), self.tx)

    def clean(self, hosts: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Have each host forget the finished transaction; yield whether it did."""
        for reply in self._send(dict.fromkeys(hosts, transaction.clean_script(self.tx))):
            yield reply.host, _answer(reply).outcome is Said.DONE

    def _outcomes(self, scripts: Mapping[str, str], attempts: int = 1) -> Iterator[Outcome]:
        for reply in self._send(scripts, attempts):
            yield outcome_of(reply.host, _answer(reply))

    def _send(self, scripts: Mapping[str, str], attempts: int = 1) -> Iterator[Reply]:
        limits = replace(self.limits, host_seconds=max(self.limits.host_seconds, self.undo_after))
        playbook = replace(self.playbook, connection_attempts=attempts)
        yield from exchange(playbook, scripts, limits, self.on_event)


def _not_root(state: HostState) -> str:
    """Return why nothing could be changed there, before anything is begun."""
    reason = CannotTell(Reason.DENIED, f"{state.login} does not become root: set ansible_become")
    return str(reason)


def _answer(reply: Reply) -> Answer:
    if reply.stream is None:
        return Answer("", "", Said.UNKNOWN, reason=str(reply.reason))
    return read(reply.stream, reply.mark)
