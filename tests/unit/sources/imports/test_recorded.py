"""Each recorded output says what it says; cut off anywhere it never says that all went well."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.policy.backup import JOBS
from opsrunner.sources.imports.jobs import PARSERS, read_job
from opsrunner.sources.imports.result import JobResult, JobState

SHANGHAI = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parent / "recorded"
FILES = sorted(FOLDER.iterdir())
GB, MB, KB = 1024**3, 1024 * 1024, 1024
_IMPORT = (
    b'Import: Release 19\nJob "A"."SYS_IMPORT_FULL_01" successfully completed at '
    b"Sat Nov 21 03:14:49 2026 elapsed 0 00:00:18\n"
)
E, F, U = JobState.ENDED, JobState.FAILED, JobState.UNKNOWN
# file -> state, end (a day alone: that whole day), size, what it covers, what, words of the rest
EXPECTED: dict[str, list[tuple[JobState, str | None, int | None, str, str, str]]] = {
    "rman_full_en.log": [(E, "2026-11-21T02:21:48", None, "JG05", "full", "RMAN-08120: WARNING")],
    "rman_full_zh.log": [(E, "2026-11-21", None, "JG01", "full", "")],
    "rman_failed.log": [(F, None, None, "JG06", "", "ORA-19809: limit exceeded")],
    "rman_list_en.log": [
        (E, "2026-11-20T02:00:22", None, "", "log", ""),
        (E, "2026-11-20T02:21:48", None, "", "full", ""),
        (F, "2026-11-21T02:03:10", None, "", "incremental", "backup 89 is expired"),
    ],
    "rman_list_zh.log": [
        (E, "2026-03-05", None, "", "full", ""), (E, "2026-03-05", None, "", "full", ""),
    ],
    "expdp_en.log": [(E, "2026-11-21T03:14:49", int(2.259 * MB) + int(5.859 * KB), "JG", "full",
                      "ORA-39173")],
    "expdp_zh.log": [(E, "2026-11-21T03:47:13", int(268.4 * KB) + int(8.859 * KB), "JG", "full",
                      "")],
    "expdp_old_zh.log": [(E, "2026-11-21T00:03:41", int(7.92 * MB), "QZ", "full", "")],
    "expdp_errors_zh.log": [(F, "2026-11-21T03:57:40", int(8.859 * KB), "JG", "full",
                             "ORA-01555")],
    "expdp_fatal_en.log": [(F, None, int(2.259 * MB), "JG", "full", "ORA-39095")],
    "mssql.json": [
        (E, "2026-11-21T01:07:44", 1835008000, "yj_command", "full", ""),
        (E, "2026-11-21T01:15:02", 262144, "yj_command", "log", "without checksums"),
        (F, "2026-11-21T02:09:10", 1048576, "yj_gis", "full", "damage was found"),
        (U, None, None, "yj_oa", "full", "unparsable: yj_oa: finished ''"),
    ],
    "mssql_sqlcmd.csv": [
        (E, "2026-11-21T01:07:44", 7340032000, "yj_command", "full", ""),
        (E, "2026-11-21T13:01:12", 104857600, "yj_command", "incremental", ""),
    ],
    "mssql_export.csv": [(E, "2026-11-21T01:07:44", 7340032000, "yj_command", "full", "")],
    "mysqldump.sql": [(E, "2026-11-21T02:10:33", None, "sx_item", "full", "")],
    "mariadb-dump.sql": [(E, "2026-11-21T12:10:33", None, "shop 库存", "full", "")],
    "cloud_snapshot_aliyun.json": [
        (E, "2026-11-21T02:02:28", 40 * GB, "d-bp67acfmxazb4ph1", "full", ""),
        (U, "2026-11-21T02:04:00", 500 * GB, "d-bp67acfmxazb4ph2", "full",
         "not_collected: snapshot s-bp67acfmxazb4p02 is progressing (38%)"),
        (F, "2026-11-21T02:06:00", 100 * GB, "d-bp67acfmxazb4ph3", "full",
         "snapshot s-bp67acfmxazb4p03 is failed"),
    ],
    "cloud_snapshot_tencent.json": [
        (E, "2026-11-21T00:03:13", 10 * GB, "disk-aq3k1jn0", "full", ""),
        (U, "2026-11-21T00:03:14", 10 * GB, "disk-38hlz2p0", "full", "is CREATING (62)"),
    ],
    "cloud_snapshot_huawei_cbr.json": [
        (E, "2026-11-21T02:00:54.065", 40 * GB, "1a503932-ee8f-4dd5-8248-8dfb57e584c5", "full", ""),
        (F, "2026-11-21T02:01:03.241", 40 * GB, "54f7ccbc-072f-4ec5-a7b7-b24dabdb4539", "full",
         "is error"),
    ],
    "cloud_snapshot_cinder.json": [
        (E, "2026-11-21T02:30:12", 30 * GB, "5aa119a8-d25b-45a7-8d1b-88e127885635", "full", ""),
        (U, "2026-11-20T02:30:12", 30 * GB, "5aa119a8-d25b-45a7-8d1b-88e127885635", "full",
         "is in-use (80%)"),
        (U, None, None, "", "", "snapshots_links names a next page"),
    ],
    "cloud_snapshot_openstack.json": [
        (E, "2026-11-21T02:30:12", 30 * GB, "portal-data", "full", ""),
        (F, "2026-11-20T02:30:12", 30 * GB, "portal-data", "full", "is error"),
    ],
    "restic_snapshots.json": [
        (E, "2026-11-21T01:02:43.180859", 200038893,
         "item-centos-07:/etc item-centos-07:/srv/attachments", "full", ""),
        (E, "2026-11-20T01:00:43.197304", None, "item-centos-07:/srv/attachments", "full",
         "before 0.17"),
    ],
    "restic_check_well.log": [(E, None, None, "structure packs 25 of 25", "check", "")],
    "restic_check_damaged.log": [(F, None, None, "", "check", "Pack 3b8c1a4e1f1a7d6c9b0e")],
    "restic_check_password.log": [(U, None, None, "", "", "denied: Fatal: wrong password")],
    "restic_check_well.json": [(E, None, None, "snapshots", "check", "")],
    "restic_check_damaged.json": [(F, None, None, "", "check", "pack 3b8c1a4e1f1a7d6c9b0e")],
    "restic_check_password.json": [(U, None, None, "", "", "wrong password")],
}


def tool(path: Path) -> str:
    """Given a recorded file, return the kind of job that its name begins with."""
    name = path.name.replace("mariadb-dump", "mysqldump")
    return next(kind for kind in PARSERS if name.startswith(kind))


def read(path: Path, data: bytes | None = None) -> tuple[JobResult, ...]:
    return read_job(tool(path), path.read_bytes() if data is None else data, SHANGHAI)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_a_recorded_output_says(path: Path) -> None:
    found = read(path)
    for result, (state, end, size, covers, what, said) in zip(
        found, EXPECTED[path.name], strict=True,
    ):
        assert (result.state, result.size, " ".join(result.covers), result.what) == (
            state, size, covers, what,
        ), result
        assert said in " ".join([result.reason or "", *result.warnings])
        if end is None:
            assert result.when is None or state is F
            continue
        assert result.when is not None
        start = datetime.fromisoformat(end).replace(tzinfo=SHANGHAI)
        length = timedelta(days=1, microseconds=-1) if len(end) == len("2026-11-21") else None
        assert result.when.earliest == start
        assert result.when.latest == start + (length or timedelta(0))


def test_every_recorded_file_is_expected_and_every_kind_of_job_has_one() -> None:
    assert {path.name for path in FILES} == EXPECTED.keys()
    assert {tool(path) for path in FILES} == PARSERS.keys()
    assert PARSERS.keys() == JOBS.keys()


def test_the_same_log_in_the_encoding_of_an_older_server() -> None:
    for name in ("rman_full_zh.log", "expdp_zh.log"):
        text = (FOLDER / name).read_text("utf-8")
        assert read(FOLDER / name, text.encode("gb18030")) == read(FOLDER / name)
        crlf = text.replace("\n", "\r\n").encode("utf-16")
        assert read(FOLDER / name, crlf) == read(FOLDER / name)


def ended(results: tuple[JobResult, ...]) -> int:
    return sum(result.state is E for result in results)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_cut_off_anywhere_it_never_ends_well(path: Path) -> None:
    data = path.read_bytes().rstrip()
    rows = path.name.startswith(("mssql", "rman_list"))  # each row speaks for itself
    for length in range(len(data)):
        found = read(path, data[:length])
        assert found
        if not rows:
            assert ended(found) == 0, data[:length][-80:]
            continue
        whole = data[:length].count(b"\n")
        assert ended(found) <= whole
        # What is said to have ended is said in the whole file, word for word.
        assert {one for one in found if one.state is E} <= set(read(path))


@given(st.sampled_from(FILES), st.data())
def test_a_damaged_file_is_read_without_an_error(path: Path, data: st.DataObject) -> None:
    text = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        text[place:place + length] = data.draw(st.binary(max_size=20))
    assert read(path, bytes(text))


@given(
    st.sampled_from(sorted(PARSERS)), st.one_of(st.binary(max_size=400), st.text().map(str.encode)),
)
def test_anything_is_read_without_an_error(kind: str, data: bytes) -> None:
    assert read_job(kind, data, SHANGHAI)


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("floppy", b"x", "missing_tool: no parser"),
        ("cloud_snapshot", b"x", "truncated"),
        ("cloud_snapshot", b"3", "unparsable: is no list of snapshots"),
        ("cloud_snapshot", b'{"Volumes": []}', "unparsable: is no list of snapshots"),
        ("cloud_snapshot", b"[]", "not_collected: the list has no snapshot"),
        ("cloud_snapshot", b'{"Snapshots": {"Snapshot": []}}', "the list has no snapshot"),
        ("cloud_snapshot", b'{"Response": {"Error": {"Code": "AuthFailure", "Message": "no"}}}',
         "denied: AuthFailure: no"),
        ("cloud_snapshot", b'{"RequestId": "1", "Code": "Forbidden.RAM", "Message": "no"}',
         "denied: Forbidden.RAM: no"),
        ("cloud_snapshot", b'{"error": {"code": 401, "message": "no"}}', "denied: 401: no"),
        ("cloud_snapshot", b'[{"ID": "1", "Name": "a", "Status": "available", "Size": 3}]',
         "give --long"),
        ("cloud_snapshot", b"[3]", "not_collected: a snapshot says no"),
        ("cloud_snapshot", (b'{"backups": [{"id": "1", "status": "available", "resource_id": "r", '
         b'"created_at": "yesterday"}]}'), "unparsable: a snapshot says made at 'yesterday'"),
        ("cloud_snapshot", (b'{"backups": [{"id": "1", "status": "stored", "resource_id": "r", '
         b'"created_at": "2026-11-20T18:00:54Z"}]}'), "not_collected: snapshot 1 is stored"),
        ("rman", b"  \n", "truncated: is empty"),
        ("rman", b"\xff\xff\xff\xff\x80", "unparsable: is no text"),
        ("rman", b"\nconnected to target database: A\n\nRecovery Manager complete.\n",
         "the session made no backup"),
        ("restic", b"[]", "no snapshot"),
        ("restic", b"null", "no snapshot"),
        ("mssql", b"[]", "no backup is in the export"),
        ("mssql", b'[{"name": "x"}]', "has no column database_name"),
        ("mssql", b"database_name,type,backup_finish_date\na,D,11/21/2026 1:07\n", "unparsable"),
        ("mysqldump", b"CREATE TABLE x;\n", "no head of a dump"),
        ("expdp", _IMPORT, "is the log of an import"),
    ],
)
def test_what_cannot_be_told_is_unknown_with_the_reason(kind: str, data: bytes, said: str) -> None:
    results = read_job(kind, data, SHANGHAI)
    assert [one.state for one in results] == [U]
    assert said in str(results[0].reason)


def test_a_dump_without_its_date_ends_by_its_line() -> None:
    text = (FOLDER / "mysqldump.sql").read_bytes()
    undated = text.replace(b" on 2026-11-21  2:10:33", b"")
    (found,) = read_job("mysqldump", undated, SHANGHAI)
    assert (found.state, found.when) == (E, None)
    assert "names no day" in found.warnings[0]
    (cut,) = read_job("mysqldump", undated.rstrip(), SHANGHAI)
    assert cut.state is U


def test_a_dump_cut_off_before_a_comment_that_looks_like_its_end_is_not_whole() -> None:
    text = (FOLDER / "mysqldump.sql").read_text("utf-8")
    cut = text.partition("INSERT")[0] + "-- Dump completed on 2026-11-21  2:10:33\n"
    (found,) = read_job("mysqldump", cut.encode(), SHANGHAI)
    assert found.state is U


def test_an_export_that_counts_more_rows_than_it_has_is_cut_off() -> None:
    text = (FOLDER / "mssql_sqlcmd.csv").read_text("utf-8").replace("(2 ", "(3 ")
    found = read_job("mssql", text.encode(), SHANGHAI)
    assert [one.state for one in found] == [E, E, U]
    assert "3 rows, of which 2 are there" in str(found[-1].reason)


def test_a_page_of_several_is_not_the_whole_list() -> None:
    text = (FOLDER / "cloud_snapshot_aliyun.json").read_text("utf-8")
    found = read_job(
        "cloud_snapshot", text.replace('"TotalCount": 3', '"TotalCount": 12').encode(), SHANGHAI)
    assert [one.state for one in found] == [E, U, F, U]
    assert "12 snapshots, of which 3 are there" in str(found[-1].reason)


def test_the_command_line_of_tencent_has_no_envelope() -> None:
    text = (FOLDER / "cloud_snapshot_tencent.json").read_text("utf-8")
    bare = json.dumps(json.loads(text)["Response"])
    assert read_job("cloud_snapshot", bare.encode(), SHANGHAI) == read_job(
        "cloud_snapshot", text.encode(), SHANGHAI)


_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["available", "accomplished", "NORMAL", "100%", "2026-11-20T18:00:54Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["Snapshots", "Snapshot", "SnapshotSet", "backups", "snapshots", "id", "ID",
                         "SnapshotId", "Status", "status", "SourceDiskId", "volume_id", "DiskId",
                         "created_at", "CreationTime", "CreateTime", "SnapshotState", "Response",
                         "Error", "TotalCount", "count", "Size", "Volume", "Created At"]), inner),
    max_leaves=30,
)


@given(_VALUE)
def test_any_list_of_a_cloud_is_read_without_an_error(value: object) -> None:
    text = json.dumps(value)
    found = read_job("cloud_snapshot", text.encode(), SHANGHAI)
    assert found
    for one in found:
        if one.state is E:  # only what says so itself, of a volume, at a moment
            assert one.covers
            assert one.when
            assert any(f'"{word}"' in text for word in ("available", "accomplished", "NORMAL"))
