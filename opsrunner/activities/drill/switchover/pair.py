"""The two hosts of a switchover through the playbooks of the role ``switch_mariadb``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from opsrunner.activities.drill.machines import Switchover
from opsrunner.activities.drill.switchover.standing import Server, Standing, server
from opsrunner.errors import RunError
from opsrunner.sources.tasks import Play, TaskEvent

OnTask = Callable[[TaskEvent], None]
_ASK_PRIMARY, _ASK_STANDBY = "Standing | Ask the primary", "Standing | Ask the standby"


def _unheard(_: TaskEvent) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Played:
    """How a play ended: well, or with what its last task said."""

    well: bool
    why: str = ""


class Servers(Protocol):
    """What a drill asks of the two servers; ``Pair`` is the one there is."""

    @property
    def part(self) -> Switchover:
        """Return which hosts, addresses and accounts."""

    @property
    def run(self) -> str:
        """Return the switchover's name."""

    def check(self) -> Played:
        """Ask whether anything speaks against switching over; changes nothing."""

    def switch(self, heard: OnTask) -> Played:
        """Switch over; ``heard`` is called with every task as it begins and ends."""

    def finish(self, heard: OnTask) -> Played:
        """Repoint the old primary after a switchover that was cut off behind the promotion."""

    def call_off(self) -> Played:
        """Release the old primary unless the standby was promoted; late steps are refused then."""

    def switch_back(self) -> Played:
        """Switch over the other way round, under a name of its own."""

    def standing(self) -> Standing:
        """Ask both servers how they stand; one that cannot be asked says why. Changes nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair, and the name of its switchover, which steps of it bear on the hosts.

    ``play`` plays a playbook; ``secrets_file`` is where Ansible reads the replication password by
    its name.
    """

    part: Switchover
    run: str
    play: Play
    secrets_file: Path

    def check(self) -> Played:
        """Ask whether anything speaks against switching over; changes nothing."""
        return self._play("switchover.yml", options="--check")

    def switch(self, heard: OnTask) -> Played:
        """Switch over; ``heard`` is called with every task as it begins and ends."""
        return self._play("switchover.yml", heard)

    def finish(self, heard: OnTask) -> Played:
        """Repoint the old primary after a switchover that was cut off behind the promotion."""
        return self._play("switchover_finish.yml", heard)

    def call_off(self) -> Played:
        """Release the old primary unless the standby was promoted; late steps are refused then."""
        return self._play("switchover_back.yml")

    def switch_back(self) -> Played:
        """Switch over the other way round, under a name of its own."""
        part = self.part
        other = part.model_copy(update={
            "primary": part.standby, "standby": part.primary,
            "primary_address": part.standby_address, "standby_address": part.primary_address,
        })
        return replace(self, part=other, run=f"{self.run}-back").switch(_unheard)

    def standing(self) -> Standing:
        """Ask both servers how they stand; one that cannot be asked says why. Changes nothing."""
        found = {
            _ASK_PRIMARY: Server(why="was not asked"), _ASK_STANDBY: Server(why="was not asked"),
        }

        def heard(event: TaskEvent) -> None:
            if event.task in found and event.status == "ok":
                found[event.task] = server(event.said)
            elif event.task in found and event.status != "started":
                found[event.task] = Server(why=f"{event.status}: {event.said}"[:300])

        try:
            self._play("switchover_state.yml", heard)
        except RunError as error:
            return Standing(Server(why=str(error)), Server(why=str(error)))
        return Standing(found[_ASK_PRIMARY], found[_ASK_STANDBY])

    def _play(self, name: str, heard: OnTask = _unheard, options: str = "") -> Played:
        why = ""
        for event in self.play(name, self._variables(), options):
            if not event.host:
                return Played(event.status == "ok", why or event.said)
            if event.status in {"failed", "unreachable"} and not event.ignored:
                why = event.said
            heard(event)
        raise RunError(f"{name} ended without a word")  # a play ends with one

    def _variables(self) -> dict[str, Any]:
        part = self.part
        secret = part.replication.secret
        return {
            "switch_mariadb_run": self.run,
            "switch_mariadb_primary": part.primary,
            "switch_mariadb_standby": part.standby,
            "switch_mariadb_primary_address": part.primary_address,
            "switch_mariadb_standby_address": part.standby_address,
            "switch_mariadb_address": part.address,
            "switch_mariadb_interface": part.interface,
            "switch_mariadb_port": part.port,
            "switch_mariadb_replication_user": part.replication.user,
            # A call, not the secret: Ansible resolves it in its own process.
            "switch_mariadb_replication_password":
                f"{{{{ lookup('secret', '{secret}', file={str(self.secrets_file)!r}) }}}}",
            "switch_mariadb_max_lag": part.max_lag,
            "switch_mariadb_max_transaction": part.max_transaction,
            "switch_mariadb_catch_up": part.catch_up,
            "switch_mariadb_step_timeout": part.step_timeout,
            "switch_mariadb_bypass": list(part.bypass),
        }
