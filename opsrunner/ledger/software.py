"""The base-software ledger (基础软件台账): what is declared, and what runs undeclared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsrunner.ledger.databases import listens, same
from opsrunner.ledger.model import (
    Cell,
    LedgerColumn,
    Mark,
    Table,
    declared,
    gap,
    marked,
    missing,
    observed,
)
from opsrunner.ledger.observed import LISTENERS, PACKAGES, Missing, Observed, look
from opsrunner.ledger.software_names import BASE_SOFTWARE, installed
from opsrunner.models import Reason, Subject
from opsrunner.report.labels import Label

_COLUMNS = (
    declared("software", "软件", "Software", 34),
    declared("host", "主机", "Host", 18),
    declared("system", "业务系统", "System", 26),
    declared("address", "地址", "Address", 15),
    declared("version", "版本（登记）", "Version (declared)", 19),
    observed("version_observed", "软件包版本", "Package version", 28),
    declared("port", "端口", "Port", 8),
    observed("listening", "端口监听", "Port listens", 28),
    LedgerColumn("check", Label("核对", "Check"), 22, observed=True),
    declared("owner", "责任岗位", "Owner", 18),
)
_NO_PACKAGE = Missing(f"{Reason.NOT_COLLECTED}: 未见对应软件包 no package of that name")


def table(hosts: Sequence[Subject], seen: Observed | None) -> Table:
    """Given the hosts and what a run saw, return the ledger."""
    rows = [row for host in hosts for row in _rows(host, seen)]
    return Table("software", Label("基础软件台账", "Base software"), _COLUMNS, rows)


def _rows(host: Subject, seen: Observed | None) -> Iterator[list[Cell]]:
    """Given a host, yield its declared software, then base software found and not declared."""
    packages = look(seen, host.id, PACKAGES)
    listeners = look(seen, host.id, LISTENERS)
    known = host.attributes.get("software", [])
    for one in known:
        version, check = _compared(one, packages)
        listening = listens(one.get("port"), listeners)
        port = Cell(one.get("port"))
        yield _row(host, one["name"], Cell(one.get("version")), version, port, listening, check)
    if isinstance(packages, Missing):
        if not known:  # such a host has a row too: nobody looked, so nothing is certain
            version, listening, check = gap(packages, 3)
            yield _row(host, None, Cell(), version, Cell(), listening, check)
        return
    names = [one["name"] for one in known]
    for name, patterns in BASE_SOFTWARE.items():
        version_found = installed(packages, patterns)
        if version_found and not any(said.startswith(name) for said in names):
            check = marked(Mark.UNDECLARED)
            yield _row(host, name, Cell(), Cell(version_found), Cell(), Cell(), check)


def _compared(one: Mapping[str, Any], packages: Mapping[str, Any] | Missing) -> tuple[Cell, Cell]:
    """Given declared software and the packages, return the observed version and the check."""
    if isinstance(packages, Missing):
        return missing(packages), marked(Mark.NOT_OBSERVED)
    patterns = next((p for name, p in BASE_SOFTWARE.items() if one["name"].startswith(name)), ())
    found = installed(packages, patterns)
    if not found:
        return missing(_NO_PACKAGE), marked(Mark.NOT_OBSERVED)
    cell = same(one.get("version"), found)
    return cell, marked(cell.mark)


def _row(host: Subject, name: str | None, *cells: Cell) -> list[Cell]:
    """Given a host, a software's name and its cells from version to check, return the row."""
    own = host.attributes
    where = [Cell(host.id), Cell(own.get("system")), Cell(own.get("address"))]
    return [Cell(name), *where, *cells, Cell(own.get("owner"))]
