"""``opsrunner ledger`` as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from opsrunner.cli import ledger
from opsrunner.errors import InputError, InventoryError, SettingsError
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.models import Frame
from opsrunner.sources.codec import encode

ROOT = Path(__file__).parents[3]


def app() -> typer.Typer:
    application = typer.Typer()
    ledger.register(application)
    application.callback()(lambda: None)
    return application


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPSRUNNER_STORE", str(tmp_path / "store"))


def test_example_fleet_without_a_run(tmp_path: Path) -> None:
    arguments = ["ledger", "-i", "inventories/example", "--output", str(tmp_path)]
    done = CliRunner().invoke(app(), [*arguments, "--format", "xlsx,json"])
    assert done.exit_code == 0
    assert done.stdout.split() == [str(tmp_path / "ledger.xlsx"), str(tmp_path / "ledger.json")]
    book = openpyxl.load_workbook(tmp_path / "ledger.xlsx")
    assert book.worksheets[1].max_row == 1 + 116
    assert book.worksheets[2].max_row == 1 + 56
    assert json.loads((tmp_path / "ledger.json").read_bytes())["observed_hosts"] == 0


def test_a_platform_that_the_policies_add_has_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    with (policies / "platforms.yml").open("a", encoding="utf-8") as file:
        file.write("  openeuler-22: {title: {zh: 欧拉, en: openEuler}, family: [linux, el]}\n")
    hosts = tmp_path / "hosts.yml"
    hosts.write_text("all: {hosts: {new: {ops_platform: openeuler-22}}}\n")
    arguments = ["ledger", "-i", str(hosts), "--output", str(tmp_path), "--format", "json"]
    assert isinstance(CliRunner().invoke(app(), arguments).exception, InventoryError)
    monkeypatch.setenv("OPSRUNNER_POLICIES", str(policies))
    assert CliRunner().invoke(app(), arguments).exit_code == 0


def test_run_fills_in_what_it_saw(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    release = '\x1efile /etc/os-release\nID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS 7"\n'
    frame = Frame("system.release", 0, release.encode())
    blobs = {k: store.put(v) for k, v in encode({"system.release": frame}, ()).items()}
    with store.begin(
        "check", inventory="i", policy_sha256="0", operator="o", code_version="c", options={},
        subjects=["item-centos-02"], inputs={},
    ) as run:
        run.subject(
            SubjectRecord(
                "host", "item-centos-02", "centos-7", "l3_el7", reached=True, reason=None,
                started="", ended="", rules=0, blobs=blobs, tally={},
            ),
        )
        run.finish(outputs={})
    arguments = ["ledger", "-i", "inventories/example", "--output", str(tmp_path)]
    for chosen in ([], ["--run", run.run.id]):
        done = CliRunner().invoke(app(), [*arguments, *chosen, "--format", "json"])
        assert done.exit_code == 0, done.exception
        data = json.loads((tmp_path / "ledger.json").read_bytes())
        assert (data["run"], data["observed_hosts"]) == (run.run.id, 1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--format", "pdf"], SettingsError),
        (["--run", "R1"], InputError),
        (["-i", "inventories/none"], InventoryError),
    ],
)
def test_bad_input_writes_nothing(
    tmp_path: Path, arguments: list[str], error: type[Exception]
) -> None:
    output = tmp_path / "out"
    done = CliRunner().invoke(app(), ["ledger", "--output", str(output), *arguments])
    assert isinstance(done.exception, error)
    assert not output.exists()
