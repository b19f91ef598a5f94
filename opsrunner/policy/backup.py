"""``policies/backup/*.yml``: what is backed up, how often, where to, and how far it is proven.

One file is one or several systems. An entry under ``backups`` is a kind of backup of some hosts or
database instances; each host's paths and each instance make a backup set of its own, for each has
to be proven by itself. A secret has a name here and nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from opsrunner.errors import PolicyError, Problem
from opsrunner.plan.calendar import Zone
from opsrunner.plan.models import Line, Name, Strict
from opsrunner.policy.backup_secrets import Encryption, Login, SecretName
from opsrunner.policy.load import read_models
from opsrunner.policy.models import Id, Text
from opsrunner.policy.places import DataPath, Location
from opsrunner.schedule.cadence import Cadence
from opsrunner.schedule.duration import Duration, show_duration

FOLDER = "backup"
_WEEKS = 52
# What makes a backup that we did not make, and the products it is of.
JOBS: Final[Mapping[str, tuple[str, ...]]] = {
    "rman": ("oracle", "oracle-rac", "oracle-dataguard"),
    "expdp": ("oracle", "oracle-rac", "oracle-dataguard"),
    "mssql": ("sqlserver",),
    "mysqldump": ("mysql", "mariadb"),
    "cloud_snapshot": (),
    "restic": (),
}


class Level(IntEnum):
    """How far a backup is proven; a level includes those below it."""

    L0 = 0  # the job ended
    L1 = 1  # the repository was read
    L2 = 2  # the tool's own validation
    L3 = 3  # restored to a scratch place
    L4 = 4  # the content equals the manifest
    L5 = 5  # a timed drill

    @property
    def recoverable(self) -> bool:
        """Return whether the level proves that the data can be had back."""
        return self >= Level.L3


LevelName = Literal["L0", "L1", "L2", "L3", "L4", "L5"]


Keep = Annotated[int, Field(ge=0, le=3660)]
SomeNames = Annotated[tuple[Name, ...], Field(min_length=1)]
SomePaths = Annotated[tuple[DataPath, ...], Field(min_length=1)]


class Target(Strict):
    """Where copies go. ``append_only``: who writes there cannot remove what is there.

    ``address``: the name of a secret that is the location as the tool needs it, where that holds
    a password; ``location`` is what people read then.
    """

    location: Location
    append_only: bool = False
    address: SecretName | None = None


class Targets(Strict):
    """The copy at hand and the copy elsewhere; every backup has both."""

    local: Target
    offsite: Target


class Retention(Strict):
    """How many copies are kept of each age; all zero is refused."""

    daily: Keep = 0
    weekly: Keep = 0
    monthly: Keep = 0
    yearly: Keep = 0

    @model_validator(mode="after")
    def _some(self) -> Retention:
        if not any((self.daily, self.weekly, self.monthly, self.yearly)):
            raise ValueError("keeps nothing; say how many daily, weekly, monthly, yearly copies")
        return self


class Verification(Strict):
    """How far, and how often. ``weeks_a_year``: weeks of a year that must have a proof.

    ``offsite`` is how often the proof must come from the copy elsewhere, ``on`` the host that
    restores it (else the set's own), ``scratch`` the folder there that a new one is made in,
    ``within`` after how long a verification is given up. All data of a repository is read, in
    parts, within ``read_all_within``.
    """

    level: LevelName
    cadence: Cadence
    offsite: Cadence = Cadence(every="monthly")
    weeks_a_year: Annotated[int, Field(ge=1, le=_WEEKS)] = _WEEKS
    on: Name | None = None
    scratch: Annotated[str, Field(pattern=r"^/[A-Za-z0-9/._-]+$")] = "/var/tmp"  # noqa: S108 - a folder of its own is made in it
    within: Duration = timedelta(hours=4)
    read_all_within: Duration = timedelta(days=28)

    @model_validator(mode="after")
    def _often_enough(self) -> Verification:
        if self.cadence.a_year < self.weeks_a_year:
            every, weeks = self.cadence.every, self.weeks_a_year
            raise ValueError(f"{every!r} cannot give a proof in {weeks} weeks of a year")
        return self


class Backup(Strict):
    """Backups of one kind. ``paths`` by host, ``databases`` (instances) by host.

    ``logs``: how often transaction logs are saved between backups, where they are. ``login``:
    the database account; without it root logs in by the socket.
    ``report_within``: how long after a period's end the backup may still be put on record.
    ``volumes``: a host's volumes, or the host itself, as the cloud whose snapshots they are calls
    them.
    """

    title: Text
    paths: dict[Name, SomePaths] = Field(default_factory=dict)
    databases: dict[Name, SomeNames] = Field(default_factory=dict)
    volumes: dict[Name, SomeNames] = Field(default_factory=dict)
    made_by: Literal["opsrunner", "external"]
    job: Literal["rman", "expdp", "mssql", "mysqldump", "cloud_snapshot", "restic"] | None = None
    cadence: Cadence
    logs: Duration | None = None
    report_within: Duration = timedelta(days=1)
    retention: Retention
    targets: Targets
    encryption: Encryption
    login: Login | None = None
    verification: Verification

    @model_validator(mode="after")
    def _whole(self) -> Backup:
        faults = []
        if bool(self.paths) == bool(self.databases):
            faults.append("give paths or databases, one of the two")
        if (self.made_by == "external") != (self.job is not None):
            faults.append("job goes with made_by: external, and only with it")
        if self.made_by == "opsrunner" and not self.targets.offsite.append_only:
            faults.append("targets.offsite.append_only must be true: what makes backups must not "
                          "be able to remove them")
        if self.volumes and self.job != "cloud_snapshot":
            faults.append("volumes go with job: cloud_snapshot, and only with it")
        if strange := sorted(set(self.volumes) - {*self.paths, *self.databases}):
            faults.append(f"volumes of {', '.join(strange)}, of which nothing is backed up")
        if self.paths and self.logs:
            faults.append("logs are of databases")
        if self.login and (self.paths or self.made_by == "external"):
            faults.append("login is of databases that we back up ourselves")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def loses(self) -> timedelta:
        """Return how much can be lost at worst, by what is planned."""
        return self.logs or self.cadence.longest


class System(Strict):
    """One business system: what it may lose, and what is backed up of it."""

    title: Text
    importance: Literal["core", "important", "general"]
    owner: Line = ""
    rto: Duration
    rpo: Duration
    backups: Annotated[dict[Id, Backup], Field(min_length=1)]

    @model_validator(mode="after")
    def _keeps_its_word(self) -> System:
        late = [
            f"backups.{name}: {show_duration(backup.loses)} can be lost, the RPO is "
            f"{show_duration(self.rpo)}; back up more often, or say how often logs are saved"
            for name, backup in self.backups.items() if backup.loses > self.rpo
        ]
        if late:
            raise ValueError("; ".join(late))
        return self


class BackupFile(Strict):
    """One file of ``policies/backup/``. ``since``: the first day on which it holds."""

    timezone: Zone = "Asia/Shanghai"
    since: date
    systems: dict[Id, System] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackupSet:
    """What is proven by itself: one instance, or the paths of one host; ``id`` names it.

    ``content`` is the instance's name, or the paths.
    """

    id: str
    host: str
    content: tuple[str, ...]
    system_id: str
    system: System
    backup: Backup
    zone: ZoneInfo
    since: date

    @property
    def volumes(self) -> tuple[str, ...]:
        """Return what the cloud calls the host's volumes; none when the policy does not say."""
        return self.backup.volumes.get(self.host, ())

    @property
    def kind(self) -> str:
        """Return what makes it: the external job, or ``opsrunner``."""
        return self.backup.job or self.backup.made_by


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """All systems by id, their backup sets by id, and the hash of the files."""

    systems: Mapping[str, System]
    sets: Mapping[str, BackupSet]
    sha256: str
    files: Mapping[str, bytes]


def load_backup(policies: Path) -> BackupPolicy:
    """Given the policies folder, return what is to be backed up. Raise PolicyError with all faults.

    A system stands in one file; so every backup set has one id.
    """
    problems: list[Problem] = []
    paths = sorted((policies / FOLDER).glob("*.yml"))
    files = read_models(paths, BackupFile, problems)
    systems: dict[str, System] = {}
    sets: dict[str, BackupSet] = {}
    for path, file in files.items():
        message = "stands in another file too"
        problems += [
            Problem(str(path), f"systems.{name}", message)
            for name in file.systems if name in systems
        ]
        systems |= file.systems
        for one in _sets(file):
            if one.id in sets:
                problems.append(Problem(str(path), one.id, "is backed up twice under one name"))
            sets[one.id] = one
    if problems:
        raise PolicyError(problems)
    content = {path.name: path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, data in content.items():
        digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return BackupPolicy(systems, sets, digest.hexdigest(), content)


def _sets(file: BackupFile) -> Iterator[BackupSet]:
    zone = ZoneInfo(file.timezone)
    for system_id, system in file.systems.items():
        for name, backup in system.backups.items():
            kept = (system_id, system, backup, zone, file.since)
            for host, paths in backup.paths.items():
                yield BackupSet(f"{system_id}/{name}/{host}", host, paths, *kept)
            for host, instances in backup.databases.items():
                for instance in instances:
                    set_id = f"{system_id}/{name}/{host}/{instance}"
                    yield BackupSet(set_id, host, (instance,), *kept)
