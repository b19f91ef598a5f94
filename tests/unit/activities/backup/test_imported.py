"""What others' results say of a backup set: that a job ended, and never more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.imported import judge
from opsrunner.activities.backup.ledger import Duty
from opsrunner.activities.backup.record import Verification
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level, load_backup
from opsrunner.sources.imports.jobs import on_record, read_job
from opsrunner.sources.imports.result import JobResult, JobState, When
from tests.unit.activities.backup.shop import ledger, run

ROOT = Path(__file__).parents[4]
RECORDED = ROOT / "tests" / "unit" / "sources" / "imports" / "recorded"
JG05 = "regulation_platform/oracle/reg-rhel-11/JG05"
PORTAL = "regulation_portal/mysql/portal-centos-04/mh_cms"
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def policy() -> BackupPolicy:
    return load_backup(ROOT / "policies")


def a_set(name: str = JG05) -> BackupSet:
    return policy().sets[name]


def judged(name: str, *files: str) -> Verification:
    one = a_set(name)
    results = [
        result for file in files
        for result in read_job(one.kind, (RECORDED / file).read_bytes(), ZoneInfo("Asia/Shanghai"))
    ]
    return judge(one, results, "2026-11-22T02:00:00Z", {})


def test_a_job_that_ended_is_level_zero_and_no_more() -> None:
    said = judged(JG05, "rman_full_en.log")
    assert (said.level, said.looked, said.reason) == (Level.L0, True, None)
    assert said.copy
    assert said.copy.latest.isoformat() == "2026-11-21T02:21:48+08:00"


def test_a_catalogue_proves_each_copy_and_names_what_is_newer_and_gone() -> None:
    said = judged(JG05, "rman_list_en.log")
    assert said.level is Level.L0
    assert said.copy
    assert said.copy.id == "88 TAG20261120T020022"  # the archived logs are no copy of the data
    assert said.reason == "backup 89 is expired"
    assert said.others == ()


def test_another_database_is_no_proof() -> None:
    for file in ("rman_full_zh.log", "rman_failed.log"):
        said = judged(JG05, file)
        assert (said.level, said.looked) == (None, False)
        assert said.reason == "not_collected: the file is of other backups"
    assert judged(PORTAL, "mysqldump.sql").reason == "not_collected: the file is of other backups"


def test_a_failed_job_is_a_failure_and_a_cut_off_log_is_unknown() -> None:
    failed = judged(JG05.replace("JG05", "JG06"), "rman_failed.log")
    assert (failed.level, failed.looked) == (None, True)
    assert "ORA-19809" in str(failed.reason)
    text = (RECORDED / "rman_full_en.log").read_bytes()[:-30]
    cut = judge(a_set(), read_job("rman", text, a_set().zone), "2026-11-22T02:00:00Z", {})
    assert (cut.level, cut.looked) == (None, False)
    assert str(cut.reason).startswith("truncated: ")


def test_the_weekly_look_at_a_catalogue_proves_the_days_of_the_week_and_no_older_ones() -> None:
    rows = "".join(
        f"{n}      B  F  A DISK        {NOW - timedelta(days=n):%Y-%m-%d} 02:00:00 1       1       "
        f"YES        T{n}\n" for n in range(1, 30)
    )
    results = read_job("rman", f"List of Backups\n===============\n{rows}".encode(), a_set().zone)
    said = judge(a_set(), results, "2026-11-22T02:00:00Z", {})
    assert len(said.others) == 28
    made = ledger([run(NOW, said)], made_by=policy(), now=NOW)
    row = next(row for row in made.rows if row.set.id == JG05)
    backup = next(done for done in row.duties if done.duty is Duty.BACKUP)
    # From noon to noon; a period may be reported for seven days after its end.
    assert backup.proven == 7
    assert backup.missed[-1] == "2026-11-13"
    assert not backup.overdue
    assert row.cells[-1].level is Level.L0


def test_no_password_and_no_data_of_a_dump_goes_on_record() -> None:
    log = b"RMAN> connect catalog rman/hunter2@inomc\nRMAN> connect target 'sys/hunter2@a'\n"
    assert on_record("rman", log).count(b"******") == 2
    assert b"hunter2" not in on_record("rman", log + b"set encryption on identified by 'hunter2';")
    dump = (RECORDED / "mysqldump.sql").read_bytes()
    kept = on_record("mysqldump", dump)
    assert b"INSERT" not in kept
    zone = ZoneInfo("Asia/Shanghai")
    assert read_job("mysqldump", kept, zone) == read_job("mysqldump", dump, zone)


DISKS = ("d-1", "d-2")
HOUR = timedelta(hours=1)


def snapshots(*found: tuple[str, int, JobState], volumes: tuple[str, ...] = DISKS) -> Verification:
    """Given snapshots (volume, hours ago, state), return what they say of a set of volumes."""
    one = a_set("item_management_files/files/item-centos-07")
    backup = one.backup.model_copy(update={
        "made_by": "external", "job": "cloud_snapshot",
        "volumes": {one.host: volumes} if volumes else {},
    })
    results = [
        JobResult("cloud_snapshot", state, None if state is JobState.ENDED else f"{volume} is bad",
                  When(NOW - ago * HOUR, NOW - ago * HOUR), 10, (volume,), "full", (),
                  f"{volume}@{ago}")
        for volume, ago, state in found
    ]
    return judge(replace(one, backup=backup), results, "2026-11-22T02:00:00Z", {})


def test_a_set_of_volumes_is_as_old_as_its_oldest_part() -> None:
    well = JobState.ENDED
    said = snapshots(("d-1", 1, well), ("d-2", 2, well), ("d-1", 25, well), ("d-2", 26, well),
                     ("d-9", 0, well))
    assert (said.level, said.looked, said.reason) == (Level.L0, True, None)
    assert said.copy
    assert said.copy.id == "d-2@2"
    assert [one.id for one in said.others] == ["d-2@26"]


def test_a_volume_without_a_snapshot_is_named_and_proves_nothing() -> None:
    said = snapshots(("d-1", 1, JobState.ENDED), ("d-9", 1, JobState.ENDED))
    assert (said.level, said.looked) == (None, False)
    assert said.reason == "not_collected: no snapshot of volume d-2"


def test_a_volume_whose_snapshot_failed_is_told_by_the_clouds_words() -> None:
    said = snapshots(("d-1", 1, JobState.ENDED), ("d-2", 1, JobState.FAILED))
    assert (said.level, said.looked, said.reason) == (None, True, "d-2 is bad")


def test_snapshots_of_volumes_that_the_policy_does_not_name_are_nobodys() -> None:
    said = snapshots(("d-1", 1, JobState.ENDED), volumes=())
    assert (said.level, said.looked) == (None, False)
    assert "does not name the volumes of item-centos-07" in str(said.reason)
