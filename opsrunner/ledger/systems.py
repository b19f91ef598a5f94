"""The operating-system ledger (操作系统台账): one row a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opsrunner.ledger.model import Cell, LedgerColumn, Mark, Table, declared, gap, marked, observed
from opsrunner.ledger.observed import RELEASE, Missing, Observed, look
from opsrunner.models import Subject
from opsrunner.report.labels import Label
from opsrunner.subjects.platforms import platform_of

IMPORTANCE: Final[Mapping[str, Label]] = {
    "core": Label("核心", "Core"),
    "important": Label("重要", "Important"),
    "general": Label("一般", "General"),
}
_COLUMNS = (
    declared("host", "主机", "Host", 18),
    declared("system", "业务系统", "System", 26),
    declared("address", "地址", "Address", 15),
    declared("platform", "平台", "Platform", 15),
    declared("os", "操作系统（登记）", "OS (declared)", 28),
    observed("os_observed", "操作系统", "OS", 30),
    observed("kernel", "内核", "Kernel", 28),
    observed("machine", "架构", "Machine", 19),
    LedgerColumn("check", Label("核对", "Check"), 22, observed=True),
    declared("cpu", "CPU（核）", "CPU cores", 11),
    declared("memory_gb", "内存（GB）", "Memory GB", 12),
    declared("disk_gb", "磁盘（GB）", "Disk GB", 12),
    declared("purpose", "用途", "Purpose", 22),
    declared("importance", "重要程度", "Importance", 14),
    declared("owner", "责任岗位", "Owner", 18),
    declared("location", "位置", "Location", 22),
)


def table(hosts: Sequence[Subject], seen: Observed | None) -> Table:
    """Given the hosts and what a run saw, return the ledger."""
    rows = [_row(host, look(seen, host.id, RELEASE)) for host in hosts]
    return Table("systems", Label("操作系统台账", "Operating systems"), _COLUMNS, rows)


def _row(host: Subject, release: Mapping[str, Any] | Missing) -> list[Cell]:
    own = host.attributes
    importance = IMPORTANCE.get(own.get("importance", ""))
    return [
        Cell(host.id),
        *(Cell(own.get(key)) for key in ("system", "address")),
        Cell(host.platform),
        Cell(own.get("os")),
        *_seen(host, release),
        *(Cell(own.get(key)) for key in ("cpu", "memory_gb", "disk_gb", "purpose")),
        Cell(str(importance) if importance else None),
        *(Cell(own.get(key)) for key in ("owner", "location")),
    ]


def _seen(host: Subject, release: Mapping[str, Any] | Missing) -> list[Cell]:
    """Given a host and its observed release, return OS, kernel, machine and whether they agree."""
    if isinstance(release, Missing):
        return gap(release, 4)
    name = release.get("pretty") or release.get("line")
    version = str(release.get("version_id") or release.get("major") or "")
    agrees = platform_of(str(release.get("id") or ""), version) == host.platform
    return [
        Cell(name),
        Cell(release.get("kernel")),
        Cell(release.get("machine")),
        marked(Mark.SAME if agrees else Mark.DIFFERENT),
    ]
