"""Business checks that stand beside the hosts: read by Ansible, judged by the same schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from opsrunner.errors import InventoryError, PolicyError
from opsrunner.plan.business import Declared, declared
from opsrunner.subjects.inventory import load_inventory

ROOT = Path(__file__).parents[3]
TITLE = "{zh: 检查, en: a check}"
HOSTS = """\
shop: {children: {web: {}}}
web: {hosts: {web-01: {}, web-02: {}}}
db: {hosts: {db-01: {}}}
all: {vars: {ops_platform: centos-7}}
"""


def load(folder: Path, files: dict[str, str]) -> Declared:
    """Given group_vars and host_vars by path, return what is declared for the three hosts."""
    for name, text in {"hosts.yml": HOSTS, **files}.items():
        path = folder / "inventory" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    policies = folder / "policies"
    (policies / "business").mkdir(parents=True, exist_ok=True)
    common = {"checks": {"login_port": {"title": {"zh": "登录", "en": "login"},
                                        "port": {"number": 22}}}}
    (policies / "business" / "all.yml").write_text(yaml.safe_dump(common), "utf-8")
    return declared(policies, load_inventory(folder / "inventory").hosts)


def of(found: Declared, folder: Path) -> dict[str, list[str]]:
    """Return the names of the checks of each host."""
    hosts = load_inventory(folder / "inventory").hosts
    return {host.id: sorted(found.of(host)) for host in hosts}


def test_groups_host_and_policies_are_united(tmp_path: Path) -> None:
    found = load(tmp_path, {
        "group_vars/shop.yml": f"ops_business: {{page: {{title: {TITLE}, port: {{number: 80}}}}}}",
        "group_vars/web.yml": f"ops_business: {{java: {{title: {TITLE}, port: {{number: 81}}}}}}",
        "group_vars/db.yml": f"ops_business: {{java: {{title: {TITLE}, port: {{number: 99}}}}}}",
        "host_vars/web-02.yml": f"ops_business: {{own: {{title: {TITLE}, port: {{number: 82}}}}}}",
    })
    assert of(found, tmp_path) == {
        "db-01": ["java", "login_port"],
        "web-01": ["java", "login_port", "page"],
        "web-02": ["java", "login_port", "own", "page"],
    }
    ports = {name: one["java"].port for name, one in found.own.items() if "java" in one}
    assert {name: port.number for name, port in ports.items() if port} == {
        "db-01": 99, "web-01": 81, "web-02": 81,  # one name, another check: of other hosts
    }


def test_without_any_there_are_those_of_the_policies(tmp_path: Path) -> None:
    assert of(load(tmp_path, {}), tmp_path) == {
        "db-01": ["login_port"], "web-01": ["login_port"], "web-02": ["login_port"],
    }


def test_all_problems_at_once_each_with_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as error:
        load(tmp_path, {
            "group_vars/web.yml":
                f"ops_business: {{java: {{title: {TITLE}}}}}",
            "group_vars/shop.yml":
                f"ops_business: {{login_port: {{title: {TITLE}, port: {{number: 23}}}}}}",
            "group_vars/db.yml":
                f"ops_business: {{q: {{title: {TITLE}, subjects: {{hosts: [x]}}, "
                "port: {number: 1}}}",
            "host_vars/web-01.yml":
                f"ops_business: {{bad: {{title: {TITLE}, port: {{number: 0}}, typo: 1}}}}",
        })
    said = {(Path(p.file).name, p.key): p.message for p in error.value.problems}
    assert ("web.yml", "web.ops_business.java") in said
    assert "another name" in said["shop.yml", "shop.ops_business.login_port"]
    assert "leave subjects out" in said["db.yml", "db.ops_business.q.subjects"]
    assert ("web-01.yml", "web-01.ops_business.bad.port.number") in said
    assert ("web-01.yml", "web-01.ops_business.bad.typo") in said
    assert sum(key.startswith("web.") for _, key in said) == 1  # once, not for each host


@pytest.mark.parametrize("value", ["[1]", "text", "{java: 1}"])
def test_what_is_no_mapping_of_checks_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(PolicyError, match="ops_business"):
        load(tmp_path, {"group_vars/web.yml": f"ops_business: {value}"})


@pytest.mark.parametrize("value", ["{{ secret }}", "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61\n"])
def test_a_hidden_value_is_refused(tmp_path: Path, value: str) -> None:
    text = value if value.startswith("!") else f'"{value}"'
    with pytest.raises(InventoryError, match="ops_business"):
        load(tmp_path, {"group_vars/web.yml": f"ops_business: {{java: {{title: {text}}}}}"
                        if not value.startswith("!") else f"ops_business: {text}"})


def test_the_example_inventory_is_valid() -> None:
    hosts = load_inventory(ROOT / "inventories" / "example").hosts
    found = declared(ROOT / "policies", hosts)
    assert any("item_application" in one for one in found.own.values())
