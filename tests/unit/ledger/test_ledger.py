"""What the ledgers say of declared and observed things; nothing unseen looks seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from opsrunner.ledger.build import build
from opsrunner.ledger.model import Cell, Mark, Table
from opsrunner.ledger.observed import FIREWALL, LISTENERS, PACKAGES, RELEASE, HostFacts, Observed
from opsrunner.models import Subject
from opsrunner.subjects.inventory import Inventory

NOW = "2026-11-21T08:00:00Z"
MYSQL = {"name": "app", "product": "mysql", "version": "8.0.36", "port": 3306, "role": "primary"}
NGINX = {"name": "nginx", "version": "1.20.1", "port": 443}
FACTS = {
    RELEASE: {"id": "centos", "version_id": "7", "pretty": "CentOS Linux 7", "kernel": "3.10"},
    PACKAGES: {"mysql-community-server": [{"version": "8.0.36"}], "nginx": [{"version": "1.24.0"}]},
    LISTENERS: [
        {"protocol": "tcp", "address": "*", "port": 3306, "process": "mysqld"},
        {"protocol": "udp", "address": "*", "port": 443, "process": "quic"},
        {"protocol": "tcp", "address": "::", "port": 22, "process": None},
    ],
    FIREWALL: [{"source": "firewalld", "chain": "public", "rule": "service ssh"}],
}


def host(name: str = "web", **attributes: object) -> Subject:
    return Subject("host", name, "centos-7", "", (), {"address": "198.18.0.1", **attributes})


def tables(seen: HostFacts | None, *hosts: Subject) -> dict[str, Table]:
    """Return the ledgers of the hosts by key, with a run that saw all of them alike, or no run."""
    observed = Observed("R1", NOW, {h.id: seen for h in hosts}) if seen else None
    ledger = build(Inventory(Path("inv"), "00", hosts), observed, NOW)
    return {table.key: table for table in ledger.tables}


def row(table: Table, cells: Sequence[Cell]) -> dict[str, Cell]:
    assert len(cells) == len(table.columns)
    return dict(zip([column.key for column in table.columns], cells, strict=True))


def only(table: Table) -> dict[str, Cell]:
    assert len(table.rows) == 1
    return row(table, table.rows[0])


def test_operating_system_agrees_or_differs() -> None:
    found = only(tables(HostFacts(FACTS), host(os="CentOS 7.9", cpu=4))["systems"])
    assert found["os"].value == "CentOS 7.9"
    assert found["os_observed"] == Cell("CentOS Linux 7")
    assert (found["cpu"].value, found["check"].mark) == (4, Mark.SAME)
    other = {RELEASE: {**FACTS[RELEASE], "version_id": "6"}}  # type: ignore[dict-item]
    assert only(tables(HostFacts(other), host())["systems"])["check"].mark is Mark.DIFFERENT
    strange = {RELEASE: {"id": "", "version_id": "", "pretty": "", "kernel": ""}}
    assert only(tables(HostFacts(strange), host())["systems"])["check"].mark is Mark.DIFFERENT


def test_database_version_and_port() -> None:
    found = only(tables(HostFacts(FACTS), host(databases=[MYSQL]))["databases"])
    assert found["version_observed"] == Cell("8.0.36", Mark.SAME)
    assert found["listening"].mark is Mark.SAME
    moved = {**MYSQL, "port": 3307, "version": "8.0.35"}
    found = only(tables(HostFacts(FACTS), host(databases=[moved]))["databases"])
    assert found["version_observed"] == Cell("8.0.36", Mark.DIFFERENT)
    assert found["listening"].mark is Mark.DIFFERENT
    oracle = {"name": "O", "product": "oracle", "version": "19.3.0.0"}
    found = only(tables(HostFacts(FACTS), host(databases=[oracle]))["databases"])
    assert found["version_observed"].mark is Mark.NOT_OBSERVED
    assert found["listening"] == Cell()  # no port declared: nothing to compare


def test_software_declared_and_undeclared() -> None:
    table = tables(HostFacts(FACTS), host(software=[NGINX]))["software"]
    found = only(table)
    assert found["version_observed"] == Cell("1.24.0", Mark.DIFFERENT)
    assert found["listening"].mark is Mark.DIFFERENT  # udp 443 is no web server
    found = only(tables(HostFacts(FACTS), host())["software"])
    assert (found["software"].value, found["check"].mark) == ("nginx", Mark.UNDECLARED)
    assert found["version"] == Cell()


def test_network_lists_declared_undeclared_silent_and_rules() -> None:
    table = tables(HostFacts(FACTS), host(databases=[MYSQL], software=[NGINX]))["network"]
    rows = [row(table, cells) for cells in table.rows]
    found = {(r["protocol"].value, r["port"].value): r["check"].mark for r in rows}
    assert found == {
        ("tcp", 22): Mark.UNDECLARED,
        ("tcp", 3306): Mark.SAME,
        ("udp", 443): Mark.UNDECLARED,
        ("tcp", 443): Mark.DIFFERENT,
        (None, None): Mark.PLAIN,
    }
    assert rows[-1]["rule"].value == "firewalld public service ssh"


def test_no_listener_and_no_rule_are_answers() -> None:
    seen = HostFacts({**FACTS, LISTENERS: [], FIREWALL: []})
    table = tables(seen, host(databases=[MYSQL]))["network"]
    listener, rule = (row(table, cells) for cells in table.rows)
    assert listener["check"].mark is Mark.DIFFERENT
    assert "no rule" in str(rule["rule"].text)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (None, "no run"),
        (HostFacts(reason="unreachable: no route"), "无法连接 Unreachable · no route"),
        (HostFacts({}, dict.fromkeys(FACTS, "denied: sudo")), "权限不足 Denied · sudo"),
        (HostFacts({}, {}), "未采集 Not observed"),
    ],
)
def test_what_was_not_seen_says_so_with_the_reason(seen: HostFacts | None, words: str) -> None:
    made = tables(seen, host(databases=[MYSQL], software=[NGINX]), host("bare"))
    assert {key: len(table.rows) for key, table in made.items()} == {
        "systems": 2,
        "databases": 1,
        "software": 2,
        "network": 5,
    }
    for table in made.values():
        for cells in table.rows:
            observed = [
                c for c, column in zip(cells, table.columns, strict=True) if column.observed
            ]
            told = [cell for cell in observed if cell.mark is not Mark.PLAIN]
            assert told
            assert {cell.mark for cell in told} == {Mark.NOT_OBSERVED}
            assert all(cell.value is None for cell in observed)
            assert words in str(told[0].text)


def test_host_outside_the_run_is_not_observed() -> None:
    inventory = Inventory(Path("inv"), "00", (host("in"), host("out")))
    made = build(inventory, Observed("R1", NOW, {"in": HostFacts(FACTS)}), NOW)
    assert (made.hosts, made.observed_hosts) == (2, 1)
    outside = row(made.tables[0], made.tables[0].rows[1])
    assert "not in the run" in str(outside["os_observed"].text)
