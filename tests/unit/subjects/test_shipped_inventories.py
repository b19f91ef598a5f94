"""The inventories that come with the project: this machine, and the example fleet's numbers."""

from __future__ import annotations

import ipaddress
from collections import Counter
from pathlib import Path

import pytest

from opsrunner.models import Subject
from opsrunner.subjects.inventory import Inventory, load_inventory

INVENTORIES = Path(__file__).parents[3] / "inventories"
SYSTEMS = {  # hosts by system and maker, as the contract's table says
    "regulation_platform": {"windows": 30, "centos": 2, "rhel": 24, "kylin": 1},
    "regulation_front_end": {"windows": 17, "centos": 6},
    "regulation_portal": {"windows": 6, "centos": 19},
    "item_management": {"windows": 1, "centos": 10},
}
DATABASES = {
    "regulation_platform": {"oracle": 17, "oracle-rac": 4, "oracle-dataguard": 2, "mysql": 1},
    "regulation_front_end": {"oracle": 16, "mysql": 4},
    "regulation_portal": {"oracle": 2, "mysql": 5},
    "item_management": {"mysql": 5},
}


@pytest.fixture(scope="module")
def example() -> Inventory:
    return load_inventory(INVENTORIES / "example")


def members(inventory: Inventory, group: str) -> list[Subject]:
    return [host for host in inventory.hosts if group in host.groups]


@pytest.mark.parametrize("system", SYSTEMS)
def test_hosts_and_databases_of_a_system(example: Inventory, system: str) -> None:
    hosts = members(example, system)
    assert Counter(host.platform.split("-")[0] for host in hosts) == SYSTEMS[system]
    products = [base["product"] for host in hosts for base in host.attributes["databases"]]
    assert Counter(products) == DATABASES[system]


def test_totals_of_the_fleet(example: Inventory) -> None:
    assert len(example.hosts) == 116
    makers = Counter(host.platform.split("-")[0] for host in example.hosts)
    assert makers == {"windows": 54, "centos": 37, "rhel": 24, "kylin": 1}
    bases = [base for host in example.hosts for base in host.attributes["databases"]]
    assert Counter(base["product"] for base in bases) == {
        "oracle": 35,
        "oracle-rac": 4,
        "oracle-dataguard": 2,
        "mysql": 15,
    }


def test_every_version_the_fleet_mixes_is_there(example: Inventory) -> None:
    assert {host.platform for host in example.hosts} == {
        *("centos-6", "centos-7", "rhel-6", "rhel-7", "rhel-8", "rhel-9", "kylin-v10"),
        *("windows-2008r2", "windows-2012", "windows-2012r2"),
        *("windows-2016", "windows-2019", "windows-2022"),
    }


def test_other_software_of_the_regulation_platform(example: Inventory) -> None:
    names = Counter(
        software["name"].split(" (")[0]
        for host in members(example, "regulation_platform")
        for software in host.attributes["software"]
    )
    wanted = {"iGuard publisher": 1, "network monitor": 1, "vsftpd": 1, "shared connection": 9}
    assert {name: names[name] for name in wanted} == wanted


def test_every_ledger_field_is_filled_and_no_address_is_real(example: Inventory) -> None:
    fields = {"system", "owner", "location", "os", "cpu", "memory_gb", "importance", "purpose"}
    for host in example.hosts:
        assert fields <= set(host.attributes), host.id
    addresses = {ipaddress.ip_address(host.attributes["address"]) for host in example.hosts}
    assert len(addresses) == 116
    assert all(a in ipaddress.ip_network("198.18.0.0/15") for a in addresses)


def test_local_is_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    inventory = load_inventory(INVENTORIES / "local", os_release=tmp_path / "os-release")
    assert [(host.id, host.platform) for host in inventory.hosts] == [("localhost", "debian-12")]
