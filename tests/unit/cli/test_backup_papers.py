"""``backup report`` and ``backup inspection`` as a user calls them, on a real evidence store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.cli import backup, papers
from opsrunner.errors import EvidenceError, ExitCode, InputError
from opsrunner.evidence.store import Store
from opsrunner.policy.backup import BackupPolicy, Level, load_backup
from tests.unit.evidence.clock import at
from tests.unit.evidence.recording import flip

ROOT = Path(__file__).parents[3]
ITEM = "item_management/mysql/item-centos-03/sx_item"
DAY = timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPSRUNNER_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("OPSRUNNER_REPORTS", str(tmp_path / "reports"))


@pytest.fixture(scope="module")
def policy() -> BackupPolicy:
    return load_backup(ROOT / "policies")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with at(NOW - 30 * DAY):  # a store is older than what is recorded in it
        return Store.open(tmp_path / "store")


def call(*arguments: str) -> tuple[int, str]:
    application = typer.Typer()
    backup.register(application)
    papers.register(application)
    done = CliRunner().invoke(application, list(arguments), standalone_mode=False)
    if done.exception:
        raise done.exception
    return int(done.return_value), done.stdout


def verified(one: str, policy: BackupPolicy, moment: datetime, **changes: Any) -> Verification:  # noqa: ANN401 - any field
    made = moment - DAY / 4
    known = policy.sets[one]
    said = Verification(
        one, known.kind, known.backup.verification.level, looked=True, level=Level.L4,
        reason=None, copy=Copy("s", made, made, 1000), started=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        ended=f"{moment:%Y-%m-%dT%H:%M:%SZ}", restored=known.content,
    )
    return replace(said, **changes)


def record(
    store: Store, policy: BackupPolicy, moment: datetime, *said: Verification,
    besides: Mapping[str, Any] | None = None,
) -> str:
    with at(moment), store.begin(
        "backup-verify", inventory="", policy_sha256=policy.sha256, operator="wang",
        code_version="0", options={}, subjects=[one.set_id for one in said],
        inputs={"policy": store.put(b"policy")},
    ) as run:
        for one in said:
            blobs = {"comparison": store.put(one.set_id.encode())}
            line = replace(one, blobs=blobs).as_record()
            run.subject(replace(line, tally={**line.tally, **(besides or {})}))
        run.finish(outputs={})
    return run.run.id


def test_a_run_is_reported_in_every_format(
    tmp_path: Path, store: Store, policy: BackupPolicy,
) -> None:
    run = record(store, policy, NOW - DAY, verified(ITEM, policy, NOW - DAY),
                 besides={"rows": 12, "cleaned": True, "seconds": 3.5})
    code, said = call("backup", "report", "--format", "html,xlsx,docx")
    assert code == ExitCode.COMPLIANT, said
    assert f"run      {run}\nresult   passed" in said
    folder = tmp_path / "reports" / run
    assert {path.suffix for path in folder.iterdir()} == {".html", ".xlsx", ".docx"}
    page = (folder / "restore-test-report.html").read_text("utf-8")
    assert "已清理并核实" in page
    assert str(store.details(run).head) in page
    book = openpyxl.load_workbook(folder / "restore-test-report.xlsx")
    assert "恢复结果" in " ".join(sheet.title for sheet in book)


def test_the_papers_command_writes_it_again(
    tmp_path: Path, store: Store, policy: BackupPolicy,
) -> None:
    run = record(store, policy, NOW - DAY, verified(ITEM, policy, NOW - DAY))
    code, said = call("papers", run, "--format", "html", "--output", str(tmp_path / "out"))
    assert code == ExitCode.COMPLIANT, said
    assert (tmp_path / "out" / "restore-test-report.html").exists()


@pytest.mark.parametrize(("changes", "code"), [
    ({"level": Level.L3, "reason": "a table is empty"}, ExitCode.VIOLATIONS),
    ({"level": None, "reason": "the dump is cut off", "restored": ()}, ExitCode.VIOLATIONS),
    ({"level": None, "looked": False, "reason": "unreachable: x", "restored": ()},
     ExitCode.UNKNOWN),
])
def test_the_exit_code_says_what_was_proven(
    changes: dict[str, Any], code: ExitCode, store: Store, policy: BackupPolicy,
) -> None:
    record(store, policy, NOW - DAY, verified(ITEM, policy, NOW - DAY, **changes))
    found, said = call("backup", "report", "--format", "html", "--json")
    assert found == code
    assert json.loads(said)["result"] == "failed"


def test_what_is_no_accepted_run_is_not_reported(store: Store, policy: BackupPolicy) -> None:
    with pytest.raises(InputError, match="no verification of backups is on record"):
        call("backup", "report")
    with pytest.raises(InputError, match="is no verification of backups on record"):
        call("backup", "report", "20261121T000000Z-0000")
    run = record(store, policy, NOW - DAY, verified(ITEM, policy, NOW - DAY))
    flip(store.blobs.path(next(store.subject_records(run)).blobs["comparison"]), 3)
    with pytest.raises(EvidenceError, match=f"{run} is not accepted as evidence"):
        call("backup", "report", run)


def test_an_inspection_tells_the_well_from_the_missed(
    tmp_path: Path, store: Store, policy: BackupPolicy,
) -> None:
    moment = NOW - 7 * DAY
    week = "{}-W{:02}".format(*moment.astimezone(policy.sets[ITEM].zone).isocalendar())
    record(store, policy, moment, verified(ITEM, policy, moment))
    code, said = call("backup", "inspection", "--week", week, "--format", "html", "--json")
    data = json.loads(said)
    assert code == ExitCode.VIOLATIONS
    assert data["sets"]["well"] == 1
    assert len(data["missed"]) == len(policy.sets) - 1
    assert ITEM not in data["missed"]
    page = (tmp_path / "reports" / "backup" / f"backup-inspection-{week}.html").read_text("utf-8")
    assert page.count("本周无经核验的记录") == len(policy.sets) - 1


def test_an_inspection_where_all_is_well_is_exit_0(store: Store, policy: BackupPolicy) -> None:
    record(store, policy, NOW, *(verified(one, policy, NOW) for one in policy.sets))
    code, said = call("backup", "inspection", "--format", "html")
    assert code == ExitCode.COMPLIANT, said
    assert f"{len(policy.sets)} well" in said


def test_nobody_could_look_and_damaged_evidence_are_unknown(
    store: Store, policy: BackupPolicy,
) -> None:
    run = record(store, policy, NOW, verified(ITEM, policy, NOW))
    flip(store.blobs.path(next(store.subject_records(run)).blobs["comparison"]), 3)
    code, said = call("backup", "inspection", "--format", "html")
    assert code == ExitCode.UNKNOWN
    assert f"refused  run {run}" in said


@pytest.mark.parametrize("week", ["2026-W60", "2999-W01", "2020-W01"])
def test_what_is_no_week_writes_nothing(week: str, tmp_path: Path, store: Store) -> None:
    assert store.runs() == []
    with pytest.raises(InputError, match=week):
        call("backup", "inspection", "--week", week)
    assert not (tmp_path / "reports").exists()
