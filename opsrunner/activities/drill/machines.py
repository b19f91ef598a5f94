"""The section ``machines:`` of a scenario: on what a drill is held for real.

Hosts are names of the inventory, secrets names of the vault file (setting ``secrets_file``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from opsrunner.plan.models import Name, Strict
from opsrunner.policy.backup_secrets import Login
from opsrunner.sources.watcher.kinds.sql import Identifier

Seconds = Annotated[int, Field(ge=1, le=3600)]
Milliseconds = Annotated[int, Field(ge=10, le=60_000)]
# Stages by subject; those of one part are one play.
STAGES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "database_switchover": (("precheck", "fence", "promote", "repoint"), ("account",)),
    "database_restore": (("restore", "compare"),),
}


class Probe(Login):
    """The account that writes numbered rows through the application's address, and where.

    It may insert into and select from ``table`` and nothing else; the table is made beforehand.
    """

    database: Identifier
    table: Identifier = "opsrunner_watch"
    ca_file: Path | None = None
    interval_ms: Milliseconds = 200
    timeout_ms: Milliseconds = 1000


class Switchover(Strict):
    """Two hosts and the address that applications use; ``primary`` is so before the drill.

    Addresses of the hosts default to those of the inventory. Limits are those of the role
    ``switch_mariadb``, in seconds.
    """

    primary: Name
    standby: Name
    primary_address: str = ""
    standby_address: str = ""
    address: Annotated[str, Field(pattern=r"^[0-9.]+/[0-9]+$")]
    interface: Name = "eth0"
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    replication: Login
    probe: Probe
    max_lag: Seconds = 1
    max_transaction: Seconds = 5
    catch_up: Seconds = 5
    step_timeout: Seconds = 15
    bypass: tuple[Name, ...] = ("root@localhost", "mysql@localhost", "mariadb.sys@localhost")

    @model_validator(mode="after")
    def _two(self) -> Switchover:
        if self.primary == self.standby:
            raise ValueError("primary and standby are the same host")
        return self

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts that are touched."""
        return self.primary, self.standby

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that are needed."""
        return self.replication.secret, self.probe.secret


class Restore(Strict):
    """A backup set that is restored on a host into a scratch instance that is always new.

    ``folder`` is where the sets lie on that host, the newest is taken; ``scratch`` a folder that
    is not there yet, never in a live instance's data directory. ``seconds`` bounds all of it. The
    set's name is that of the ledger.
    """

    backup_set: Name
    host: Name
    folder: Annotated[str, Field(pattern=r"^/[^\x00-\x1f]*$")] = "/var/backups/opsrunner/mariadb"
    scratch: Annotated[str, Field(pattern=r"^/[^\x00-\x1f]*$")] = "/var/tmp/opsrunner-drill"  # noqa: S108 - the verifying program refuses a folder that is there
    seconds: Annotated[int, Field(ge=60, le=86_400)] = 14_400

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts that are touched."""
        return (self.host,)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that are needed: none."""
        return ()


class Machines(Strict):
    """What a scenario is held on, under the name of its subject."""

    database_switchover: Switchover | None = None
    database_restore: Restore | None = None

    @model_validator(mode="after")
    def _one(self) -> Machines:
        if (self.database_switchover is None) == (self.database_restore is None):
            raise ValueError("give exactly one of database_switchover, database_restore")
        return self

    @property
    def part(self) -> Switchover | Restore:
        """Return the one there is."""
        found = self.database_switchover or self.database_restore
        assert found is not None  # noqa: S101 - the validator's promise
        return found
