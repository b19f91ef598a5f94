"""The network-policy ledger (网络策略台账): listeners and firewall rules by host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsrunner.ledger.model import Cell, LedgerColumn, Mark, Table, declared, gap, marked, observed
from opsrunner.ledger.observed import FIREWALL, LISTENERS, Missing, Observed, look
from opsrunner.models import Subject
from opsrunner.report.labels import Label

_COLUMNS = (
    declared("host", "主机", "Host", 18),
    declared("system", "业务系统", "System", 26),
    declared("address", "地址", "Address", 15),
    declared("kind", "类别", "Kind", 20),
    declared("protocol", "协议", "Protocol", 9),
    declared("port", "端口", "Port", 8),
    declared("declared_for", "登记用途", "Declared for", 26),
    observed("listens_on", "监听地址", "Listens on", 24),
    observed("process", "进程", "Process", 20),
    observed("rule", "防火墙规则", "Firewall rule", 60),
    LedgerColumn("check", Label("核对", "Check"), 22, observed=True),
)
_LISTENER = str(Label("监听端口", "Listener"))
_FIREWALL = str(Label("防火墙规则", "Firewall rule"))
_NO_RULE = "（无规则）(no rule)"


def table(hosts: Sequence[Subject], seen: Observed | None) -> Table:
    """Given the hosts and what a run saw, return the ledger; every host has rows of both kinds."""
    rows = [
        row
        for host in hosts
        for row in (
            *_listeners(host, look(seen, host.id, LISTENERS)),
            *_firewall(host, look(seen, host.id, FIREWALL)),
        )
    ]
    return Table("network", Label("网络策略台账", "Network policy"), _COLUMNS, rows)


def _listeners(host: Subject, found: Sequence[Mapping[str, Any]] | Missing) -> Iterator[list[Cell]]:
    """Given a host and its listeners, yield what listens, then what is declared and does not."""
    ports = _declared_ports(host)
    if isinstance(found, Missing):
        where, process, check = gap(found, 3)
        for port, what in ports.items() or [(None, None)]:
            tcp = Cell("tcp") if port else Cell()
            yield _row(host, _LISTENER, tcp, Cell(port), Cell(what), where, process, Cell(), check)
        return
    seen = set()
    for one in sorted(found, key=lambda one: (str(one.get("protocol")), one.get("port") or 0)):
        protocol, port = str(one.get("protocol")), one.get("port")
        what = ports.get(port) if protocol.startswith("tcp") and isinstance(port, int) else None
        seen.add(port if what else None)
        mark = marked(Mark.SAME if what else Mark.UNDECLARED)
        where, process = Cell(one.get("address")), Cell(one.get("process"))
        yield _row(
            host, _LISTENER, Cell(protocol), Cell(port), Cell(what), where, process, Cell(), mark
        )
    for port, what in ports.items():
        if port not in seen:
            silent = Cell("未监听 Does not listen", Mark.DIFFERENT)
            check = marked(Mark.DIFFERENT)
            yield _row(
                host, _LISTENER, Cell("tcp"), Cell(port), Cell(what), silent, Cell(), Cell(), check
            )


def _firewall(host: Subject, found: Sequence[Mapping[str, Any]] | Missing) -> Iterator[list[Cell]]:
    """Given a host and its firewall rules, yield a row a rule; none at all is a row as well."""
    blank = [Cell()] * 5
    if isinstance(found, Missing):
        yield _row(host, _FIREWALL, *blank, *gap(found, 2))
    elif not found:
        yield _row(host, _FIREWALL, *blank, Cell(_NO_RULE), Cell())
    else:
        for one in found:
            parts = [str(one[key]) for key in ("source", "chain", "rule") if one.get(key)]
            yield _row(host, _FIREWALL, *blank, Cell(" ".join(parts)), Cell())


def _declared_ports(host: Subject) -> dict[int, str]:
    """Given a host, return its declared TCP ports and what each is for."""
    own = [*host.attributes.get("databases", []), *host.attributes.get("software", [])]
    return {one["port"]: one["name"] for one in own if one.get("port")}


def _row(host: Subject, kind: str, *cells: Cell) -> list[Cell]:
    """Given a host, the kind and its cells from protocol to check, return the row."""
    own = host.attributes
    return [Cell(host.id), Cell(own.get("system")), Cell(own.get("address")), Cell(kind), *cells]
