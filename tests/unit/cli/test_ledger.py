"""``opsrunner ledger`` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from opsrunner.cli import ledger
from opsrunner.errors import InventoryError, SettingsError
from opsrunner.ledger.observed import HostFacts, Observed

ROOT = Path(__file__).parents[3]


def app(load: ledger.LoadObserved | None = None) -> typer.Typer:
    application = typer.Typer()
    ledger.register(application, load)
    application.callback()(lambda: None)
    return application


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_example_fleet_without_a_run(tmp_path: Path) -> None:
    arguments = ["ledger", "-i", "inventories/example", "--output", str(tmp_path)]
    done = CliRunner().invoke(app(), [*arguments, "--format", "xlsx,json"])
    assert done.exit_code == 0
    assert done.stdout.split() == [str(tmp_path / "ledger.xlsx"), str(tmp_path / "ledger.json")]
    book = openpyxl.load_workbook(tmp_path / "ledger.xlsx")
    assert book.worksheets[1].max_row == 1 + 116
    assert book.worksheets[2].max_row == 1 + 56
    assert json.loads((tmp_path / "ledger.json").read_bytes())["observed_hosts"] == 0


def test_run_fills_in_what_it_saw(tmp_path: Path) -> None:
    facts = {"system.release": {"id": "centos", "version_id": "7", "pretty": "CentOS 7"}}

    def load(run: str) -> Observed:
        return Observed(run, "2026-11-21T07:00:00Z", {"item-centos-02": HostFacts(facts)})

    arguments = ["ledger", "-i", "inventories/example", "--output", str(tmp_path), "--run", "R7"]
    done = CliRunner().invoke(app(load), [*arguments, "--format", "json"])
    assert done.exit_code == 0
    data = json.loads((tmp_path / "ledger.json").read_bytes())
    assert (data["run"], data["observed_hosts"]) == ("R7", 1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--format", "pdf"], SettingsError),
        (["--run", "R1"], SettingsError),
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
