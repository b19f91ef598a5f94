"""Backup policy and inventory -> the jobs of each host: which role, with which variables.

A host has at most one job of a kind, as its role has one configuration. What is not installed here
is left out and says why. A secret is a name in angle brackets here and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from opsrunner.models import Subject
from opsrunner.plan.models import LeftOut, Words
from opsrunner.policy.backup import BackupSet, Target
from opsrunner.subjects.templates import is_unfilled

_PRODUCTS = ("mariadb", "mysql")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job: the role that installs it; what of it is where on a host."""

    role: str
    name: str  # of programs and files
    tools: tuple[str, ...]  # one of these must be there

    @property
    def program(self) -> str:
        """Return the program that backs up."""
        return f"/usr/local/lib/opsrunner/{self.name}"

    @property
    def settings(self) -> str:
        """Return the program's settings, its only argument."""
        return f"/etc/opsrunner/{self.name}.conf"

    @property
    def service(self) -> str:
        """Return the systemd unit that runs the program."""
        return f"opsrunner-{self.name}.service"

    @property
    def status(self) -> str:
        """Return the file that says how the last one ended."""
        return f"/var/lib/opsrunner/{self.role}.json"


@dataclass(frozen=True, slots=True)
class Store:
    """A repository that a job writes to: its settings on the host, and where it is."""

    settings: str
    place: str

    @property
    def marker(self) -> str:
        """Return the file that is there where it is a folder of the host, "" elsewhere."""
        return f"{self.place.rstrip('/')}/config" if self.place.startswith("/") else ""


FILES: Final = Kind("backup_files", "backup-files", ("restic",))
MARIADB: Final = Kind("backup_mariadb", "backup-mariadb", ("mariadb", "mysql"))
KINDS: Final[Mapping[str, Kind]] = {kind.role: kind for kind in (FILES, MARIADB)}


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one host: its kind, the backup set it makes, the role's variables."""

    kind: Kind
    set_id: str
    title: Words
    variables: Mapping[str, Any]


def stores_of(kind: Kind, variables: Mapping[str, Any]) -> tuple[Store, ...]:
    """Given a kind of job and its role's variables, return the repositories it writes to."""
    settings = {"repository": kind.settings,
                "offsite_repository": f"{kind.settings.removesuffix('.conf')}-offsite.conf"}
    return tuple(
        Store(file, place) for name, file in settings.items()
        if (place := str(variables.get(f"{kind.role}_{name}", "")))
    )


def placeholder(name: str) -> str:
    """Given a secret's name, return what stands for it where it must not be."""
    return f"<secret {name}>"


def jobs_of(host: Subject, sets: Sequence[BackupSet]) -> tuple[list[Job], list[LeftOut]]:
    """Given a host and its backup sets, return its jobs and what is left out, with the reason."""
    jobs: dict[str, Job] = {}
    left = []
    for one in sets:
        why = _refusal(host, one)
        job = None if why else _job(host, one)
        if job and job.kind.role in jobs:
            why = Words(zh=f"本机已有同类备份 {jobs[job.kind.role].set_id}，一台主机同类只装一个",
                        en=f"the host has {jobs[job.kind.role].set_id} of this kind already")
        if job and (names := [name for name, value in job.variables.items() if is_unfilled(value)]):
            why = Words(zh=f"清单中 {'、'.join(names)} 是模板或加密值，取值未知",
                        en=f"the inventory gives {', '.join(names)} as a template or encrypted")
        if why or not job:
            left.append(left_out(one.id, why or Words(zh="未知", en="unknown")))
        else:
            jobs[job.kind.role] = job
    return list(jobs.values()), left


def left_out(
    set_id: str, why: Words,
    reason: Literal["precondition", "nothing_to_do", "unknown"] = "precondition",
) -> LeftOut:
    """Given a backup set and why nothing is done for it, return that."""
    title = Words(zh=f"备份集 {set_id}", en=f"backup set {set_id}")
    return LeftOut(rule="", title=title, reason=reason, detail=why)


def _refusal(host: Subject, one: BackupSet) -> Words | None:
    backup = one.backup
    if backup.made_by == "external":
        return Words(zh=f"由其他工具（{backup.job}）备份，只读取其结果，不安装",
                     en=f"others make it ({backup.job}): results are read, nothing is installed")
    declared = {item["name"]: item["product"] for item in host.attributes.get("databases", [])}
    for name in one.content if backup.databases else ():
        product = declared.get(name)
        if product is None:
            return Words(zh=f"清单未声明该主机的数据库实例 {name}",
                         en=f"the inventory declares no instance {name} on it")
        if product not in _PRODUCTS:
            return Words(zh=f"{name} 是 {product}，只支持 MariaDB 和 MySQL",
                         en=f"{name} is {product}; only MariaDB and MySQL are backed up")
    return None


def _job(host: Subject, one: BackupSet) -> Job:
    kind = MARIADB if one.backup.databases else FILES
    own = dict(_of_inventory(host, kind))
    title = one.backup.title
    return Job(kind, one.id, Words(zh=title.zh, en=title.en), {**own, **dict(_wanted(one))})


def _of_inventory(host: Subject, kind: Kind) -> Iterator[tuple[str, Any]]:
    """Yield what the inventory says of the role; the policy's own word is laid over it."""
    for name, value in host.attributes.items():
        if name.startswith(f"{kind.role}_") and "password" not in name:
            yield name, value


def _wanted(one: BackupSet) -> Iterator[tuple[str, Any]]:
    backup = one.backup
    role = (MARIADB if backup.databases else FILES).role
    yield f"{role}_offsite_repository", _address(backup.targets.offsite)
    yield f"{role}_offsite_password", placeholder(backup.encryption.secret)
    yield f"{role}_offsite_initialize", False  # a step of its own, never the role's
    if not backup.databases:
        yield "backup_files_repository", _address(backup.targets.local)
        yield "backup_files_password", placeholder(backup.encryption.secret)
        yield "backup_files_paths", list(one.content)
        yield "backup_files_initialize", False
        return
    yield "backup_mariadb_directory", backup.targets.local.location
    yield "backup_mariadb_keep", max(1, backup.retention.daily)
    if backup.login:
        yield "backup_mariadb_user", backup.login.user
        yield "backup_mariadb_password", placeholder(backup.login.secret)
    else:
        yield "backup_mariadb_user", ""
        yield "backup_mariadb_password", ""
    if backup.logs:
        yield "backup_mariadb_logs", True


def _address(target: Target) -> str:
    """Return where copies go as the tool needs it, or the name of the secret that says so."""
    return placeholder(target.address) if target.address else target.location
