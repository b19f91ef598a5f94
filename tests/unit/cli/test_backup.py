"""``opsrunner backup ledger`` as a user calls it, on a store with a year's runs in it."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.cli import backup
from opsrunner.errors import ExitCode, InputError
from opsrunner.evidence.store import Store
from opsrunner.policy.backup import BackupPolicy, Level, load_backup
from tests.unit.evidence.clock import at
from tests.unit.evidence.recording import flip

ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "tests" / "unit" / "sources" / "imports" / "recorded"
JG05 = "regulation_platform/oracle/reg-rhel-11/JG05"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPSRUNNER_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "80")


def call(*arguments: str, command: str = "ledger") -> tuple[int, str]:
    application = typer.Typer()
    backup.register(application)
    application.callback()(lambda: None)
    done = CliRunner().invoke(
        application, ["backup", command, *arguments], standalone_mode=False,
    )
    if done.exception:
        raise done.exception
    return int(done.return_value), done.stdout


def record(policy: BackupPolicy, moment: datetime, store: Store) -> str:
    """Given the policy and a moment, record then that every set was restored from elsewhere."""
    with at(moment), store.begin(
        "backup-verify", inventory="inventories/example", policy_sha256=policy.sha256,
        operator="王工", code_version="0", options={}, subjects=list(policy.sets), inputs={},
    ) as run:
        for one in policy.sets.values():
            run.subject(Verification(
                one.id, one.kind, one.backup.verification.level, looked=True, level=Level.L4,
                reason=None, copy=Copy("s", moment - DAY / 4, moment - DAY / 4, 1),
                started="", ended="", source="offsite", restored=("all",),
                blobs={"comparison": store.put(f"{one.id} {moment}".encode())},
            ).as_record())
        run.finish(outputs={})
    return run.run.id


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    policy, now = load_backup(ROOT / "policies"), datetime.now(UTC)
    with at(now - 13 * DAY):  # a store is older than what is recorded in it
        store = Store.open(tmp_path / "store")
    return [record(policy, now - ago * DAY, store) for ago in range(12, -1, -1)]


def test_an_empty_store_is_overdue_and_the_table_fits_the_terminal() -> None:
    code, said = call()
    assert code == ExitCode.VIOLATIONS
    lines = said.splitlines()
    assert "…m-centos-03/sx_item" in said
    assert "overdue: item_management/mysql/item-centos-03/sx_item: backup " in said
    assert "11 backup sets: 11 overdue, 0 recoverable" in said
    whole = ("overdue:", "sets:", "not all read:")
    assert all(len(line) <= 80 for line in lines if not any(word in line for word in whole))


def test_files_in_every_format_say_the_same(tmp_path: Path, runs: list[str]) -> None:
    code, said = call("--format", "json,html,xlsx", "--output", str(tmp_path / "out"))
    assert code == ExitCode.COMPLIANT, said
    data = json.loads((tmp_path / "out" / "backup-ledger.json").read_bytes())
    assert data["format"] == 1
    assert data["overdue"] == data["refused"] == []
    assert len(data["weeks"]) == 52
    newest, before = (data["sets"][0]["cells"][n] for n in (-1, -2))
    assert before["level"] == "L4"
    assert (newest["level"], newest["state"]) == ("L4", "proven")
    assert newest["run"] in runs
    page = (tmp_path / "out" / "backup-ledger.html").read_text("utf-8")
    assert f"{newest['week']} 恢复内容与清单一致 content equals manifest {newest['run']}" in page
    book = openpyxl.load_workbook(tmp_path / "out" / "backup-ledger.xlsx")
    assert [sheet.title.split()[0] for sheet in book] == ["说明", "周台账", "周期任务"]
    assert book.worksheets[1].max_row == 1 + 11
    assert book.worksheets[1].cell(2, 9 + 52).value == "L4"


def test_the_ledger_is_a_paper_too(tmp_path: Path, runs: list[str]) -> None:
    assert runs
    code, said = call("--format", "docx,json", "--output", str(tmp_path / "out"))
    assert code == ExitCode.COMPLIANT, said
    with zipfile.ZipFile(tmp_path / "out" / "backup-ledger.docx") as parts:
        document = parts.read("word/document.xml").decode()
    assert document.count("<w:tblGrid>") >= 4
    assert 'w:orient="landscape"' in document
    assert "可恢复周数" in document


def test_damaged_evidence_empties_its_cells_and_is_said(tmp_path: Path, runs: list[str]) -> None:
    store = Store.open(tmp_path / "store")
    for run in runs:
        flip(store.blobs.path(next(store.subject_records(run)).blobs["comparison"]), 9)
    code, said = call()
    assert code == ExitCode.UNKNOWN
    assert "not accepted: run " in said
    assert "11 overdue, 0 recoverable" in said


def test_hosts_and_instances_are_compared_with_the_inventory() -> None:
    assert call("-i", "inventories/example")[0] == ExitCode.VIOLATIONS
    with pytest.raises(InputError, match="the inventory has no host item-centos-03"):
        call("-i", "inventories/local")


@pytest.mark.parametrize("arguments", [["--format", "csv"], ["--format", "json,doc"]])
def test_bad_input_writes_nothing(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(InputError, match="unknown; known: json, html, xlsx, docx, pdf"):
        call(*arguments, "--output", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_no_policy_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("OPSRUNNER_POLICIES", str(tmp_path / "none"))
    with pytest.raises(InputError, match="says of nothing to back it up"):
        call()


def test_a_log_is_put_on_record_and_shows_in_the_ledger(tmp_path: Path) -> None:
    log = tmp_path / "rman.log"
    now = datetime.now(UTC).astimezone(load_backup(ROOT / "policies").sets[JG05].zone)
    text = (RECORDED / "rman_full_en.log").read_text("utf-8")
    log.write_text(text.replace("2026-11-21", f"{now:%Y-%m-%d}").replace(" 02:", " 00:"), "utf-8")
    code, said = call(JG05, str(log), command="import")
    assert code == ExitCode.COMPLIANT, said
    assert "L0: its job ended, nothing more is proven" in said
    _, shown = call("--format", "json", "--output", str(tmp_path))
    data = json.loads((tmp_path / "backup-ledger.json").read_bytes())
    one = next(item for item in data["sets"] if item["id"] == JG05)
    assert one["cells"][-1]["level"] == "L0", shown
    assert one["recoverable_weeks"] == 0
    log.write_bytes(log.read_bytes()[:-20])
    code, said = call(JG05, str(log), command="import")
    assert code == ExitCode.UNKNOWN
    assert "truncated: the end mark is missing" in said


def test_what_cannot_be_imported_is_bad_input(tmp_path: Path) -> None:
    for arguments, said in (
        (["JG05", "x"], "no such backup set; near it"),
        (["item_management/mysql/item-centos-03/sx_item", "x"], "is made by opsrunner"),
        ([JG05, str(tmp_path / "none"), str(tmp_path)], "2 problems"),
    ):
        with pytest.raises(InputError) as error:
            call(*arguments, command="import")
        assert said in str(error.value) or len(error.value.problems) == 2
    assert Store.open(tmp_path / "store").runs() == []
