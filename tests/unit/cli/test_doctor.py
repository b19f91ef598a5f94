"""``opsrunner doctor`` as a user calls it: tables, JSON, exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from opsrunner.cli import doctor
from opsrunner.errors import InventoryError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.chdir(ROOT)
    application = typer.Typer()
    doctor.register(application)
    application.callback()(lambda: None)  # two commands or a callback: else Typer drops the name
    return application


def inventory(tmp_path: Path, hosts: str) -> str:
    path = tmp_path / "hosts.yml"
    path.write_text(f"me:\n  vars: {{ops_platform: debian-12}}\n  hosts:\n{hosts}")
    return str(path)


def test_control_node_alone(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(done.stdout)
    assert (found["format"], found["hosts"]) == (1, None)
    names = {check["name"] for check in found["control_node"]}
    assert {"python", "ansible-core", "ssh", "sshpass", "fonts", "disk", "clock"} <= names
    problems = [check for check in found["control_node"] if check["status"] == "problem"]
    assert done.exit_code == (4 if problems else 0)


def test_one_dead_host_among_good_ones_is_exit_4(app: typer.Typer, tmp_path: Path) -> None:
    path = inventory(
        tmp_path,
        "    good: {ansible_connection: local, ansible_become: false}\n"
        "    dead: {ansible_host: 127.0.0.1, ansible_port: 1}\n"
        "    pc: {ops_platform: windows-2019}\n",
    )
    done = CliRunner().invoke(app, ["doctor", "-i", path, "--json"])
    rows = {row["host"]: row for row in json.loads(done.stdout)["hosts"]}
    assert done.exit_code == 4
    assert list(rows) == ["dead", "good", "pc"]
    assert rows["good"]["reachable"] is True
    assert (rows["dead"]["reachable"], rows["dead"]["fine"]) == (False, False)
    assert rows["dead"]["reason"].startswith("unreachable")
    assert rows["pc"]["reason"].startswith("not_collected")
    done = CliRunner().invoke(app, ["doctor", "-i", path, "--limit", "dead"])
    assert "0 of 1 hosts" in done.stdout


def test_a_platform_that_the_policies_add_is_asked(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    with (policies / "platforms.yml").open("a", encoding="utf-8") as file:
        file.write("  openeuler-22: {title: {zh: 欧拉, en: openEuler}, family: [linux, el]}\n")
    path = inventory(tmp_path, "    new: {ops_platform: openeuler-22, ansible_connection: local}\n")
    assert isinstance(CliRunner().invoke(app, ["doctor", "-i", path]).exception, InventoryError)
    monkeypatch.setenv("OPSRUNNER_POLICIES", str(policies))
    (row,) = json.loads(CliRunner().invoke(app, ["doctor", "-i", path, "--json"]).stdout)["hosts"]
    assert row["reachable"] is True


def test_bad_inventory_is_an_input_error_before_any_host(app: typer.Typer, tmp_path: Path) -> None:
    path = inventory(tmp_path, "    a: {ops_platform: beos}\n")
    done = CliRunner().invoke(app, ["doctor", "-i", path])
    assert isinstance(done.exception, InventoryError)
    assert done.exception.exit_code == 3
