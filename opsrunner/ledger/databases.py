"""The database ledger (数据库台账): one row an instance the inventory declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opsrunner.ledger.model import Cell, Mark, Table, declared, missing, observed
from opsrunner.ledger.observed import LISTENERS, PACKAGES, Missing, Observed, look
from opsrunner.ledger.software_names import DATABASES, installed
from opsrunner.models import Reason, Subject
from opsrunner.report.labels import Label

PRODUCTS: Final[Mapping[str, str]] = {
    "oracle": "Oracle",
    "oracle-rac": "Oracle RAC",
    "oracle-dataguard": "Oracle Data Guard",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "postgresql": "PostgreSQL",
    "sqlserver": "SQL Server",
    "dameng": "达梦 DM",
    "kingbase": "人大金仓 KingbaseES",
}
_ROLES: Final[Mapping[str, Label]] = {
    "single": Label("单机", "Single"),
    "primary": Label("主库", "Primary"),
    "standby": Label("备库", "Standby"),
    "node": Label("集群节点", "Cluster node"),
}
_COLUMNS = (
    declared("name", "实例", "Instance", 18),
    declared("host", "主机", "Host", 18),
    declared("system", "业务系统", "System", 26),
    declared("address", "地址", "Address", 15),
    declared("product", "产品", "Product", 20),
    declared("version", "版本（登记）", "Version (declared)", 19),
    observed("version_observed", "软件包版本", "Package version", 28),
    declared("port", "端口", "Port", 8),
    observed("listening", "端口监听", "Port listens", 28),
    declared("role", "角色", "Role", 18),
    declared("purpose", "用途", "Purpose", 24),
    declared("owner", "责任岗位", "Owner", 18),
)
# Oracle and the like come with installers of their own, not as packages.
_NOT_PACKAGED = Missing(f"{Reason.NOT_COLLECTED}: 非软件包安装 not installed as a package")


def table(hosts: Sequence[Subject], seen: Observed | None) -> Table:
    """Given the hosts and what a run saw, return the ledger."""
    rows = [
        _row(host, instance, seen)
        for host in hosts
        for instance in host.attributes.get("databases", [])
    ]
    return Table("databases", Label("数据库台账", "Databases"), _COLUMNS, rows)


def _row(host: Subject, instance: Mapping[str, Any], seen: Observed | None) -> list[Cell]:
    own = host.attributes
    role = _ROLES.get(instance.get("role", ""))
    return [
        Cell(instance["name"]),
        Cell(host.id),
        *(Cell(own.get(key)) for key in ("system", "address")),
        Cell(PRODUCTS[instance["product"]]),
        Cell(instance.get("version")),
        _version(instance, look(seen, host.id, PACKAGES)),
        Cell(instance.get("port")),
        listens(instance.get("port"), look(seen, host.id, LISTENERS)),
        Cell(str(role) if role else None),
        Cell(instance.get("purpose") or own.get("purpose")),
        Cell(own.get("owner")),
    ]


def _version(instance: Mapping[str, Any], packages: Mapping[str, Any] | Missing) -> Cell:
    """Given an instance and the host's packages, return the version its package has."""
    if isinstance(packages, Missing):
        return missing(packages)
    patterns = DATABASES.get(instance["product"])
    if patterns is None:
        return missing(_NOT_PACKAGED)
    version = installed(packages, patterns)
    return same(instance.get("version"), version) if version else missing(_NOT_PACKAGED)


def same(declared_version: str | None, version: str) -> Cell:
    """Given a declared and an observed version, return the observed one marked."""
    if declared_version is None:
        return Cell(version, Mark.UNDECLARED)
    return Cell(version, Mark.SAME if declared_version == version else Mark.DIFFERENT)


def listens(port: int | None, listeners: Sequence[Mapping[str, Any]] | Missing) -> Cell:
    """Given a declared port and the host's listeners, return whether something listens there."""
    if port is None:
        return Cell()
    if isinstance(listeners, Missing):
        return missing(listeners)
    tcp = {one.get("port") for one in listeners if str(one.get("protocol")).startswith("tcp")}
    if port in tcp:
        return Cell("在监听 Listens", Mark.SAME)
    return Cell("未监听 Does not listen", Mark.DIFFERENT)
