"""Which saved binary logs continue a dump: files to the lines that verify-mariadb prints."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "roles" / "backup_mariadb" / "files" / "binlogs.sh"
MANIFEST = "taken 20261122T000000Z\nposition binlog log.000003 77\nmoment 20261122T000230Z\n"


def at(minute: int) -> str:
    """Return a moment of the day as the programs write it."""
    return f"20261122T00{minute:02}00Z"


def log(folder: Path, number: int, begun: int, stem: str = "log") -> str:
    """Save a log of a minute; return its line of the index."""
    name = f"{stem}.{number:06}"
    data = gzip.compress(f"{name} of {begun}".encode())
    (folder / f"{at(begun)}-{name}.gz").write_bytes(data)
    return f"{hashlib.sha256(data).hexdigest()} 20 {at(begun)} {at(begun + 1)} {name}\n"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Return a folder with logs 2 to 6, the dump of the manifest taken during the third."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (tmp_path / "manifest").write_text(MANIFEST)
    lines = [log(folder, number, number - 1) for number in range(2, 7)]
    (folder / "index").write_text("".join(lines))
    return folder


def said(logs: Path) -> list[str]:
    """Return what list_logs prints, sorted by its first words, ``use`` left out."""
    done = subprocess.run(
        ["sh", "-c", f'. "{PROGRAM}"; list_logs "$1" "$2"', "sh", logs.parent / "manifest", logs],
        capture_output=True, text=True, timeout=20, check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if not line.startswith("use ")]


MOMENT = "20261122T000230Z"
WHOLE = f"range {MOMENT} {at(6)}"


def without(logs: Path, name: str) -> None:
    lines = (logs / "index").read_text().splitlines(keepends=True)
    (logs / "index").write_text("".join(line for line in lines if name not in line))


def test_logs_without_a_gap_reach_to_the_end_of_the_last(logs: Path) -> None:
    assert said(logs) == [WHOLE]


def test_what_lies_before_the_dump_does_not_matter(logs: Path) -> None:
    without(logs, "log.000002")
    assert said(logs) == [WHOLE]


def test_a_log_that_the_index_lacks_is_missing(logs: Path) -> None:
    without(logs, "log.000004")
    without(logs, "log.000005")
    assert said(logs) == [
        f"range {MOMENT} {at(3)}",
        f"gap log.000004 missing {at(3)} {at(5)}", f"gap log.000005 missing {at(3)} {at(5)}",
    ]


def test_the_log_of_the_dump_itself_can_be_missing(logs: Path) -> None:
    without(logs, "log.000003")
    assert said(logs) == [f"range {MOMENT} {MOMENT}", f"gap log.000003 missing {MOMENT} {at(3)}"]


def test_a_log_that_is_still_open_is_no_gap(logs: Path) -> None:
    for number in range(3, 7):
        without(logs, f"log.{number:06}")
    assert said(logs) == [f"range {MOMENT} {MOMENT}"]


def test_a_file_that_is_gone_and_one_that_was_changed_are_told_apart(logs: Path) -> None:
    (logs / f"{at(3)}-log.000004.gz").unlink()
    (logs / f"{at(5)}-log.000006.gz").write_bytes(b"")
    assert said(logs) == [
        f"range {MOMENT} {at(3)}",
        f"gap log.000004 missing {at(3)} {at(4)}", f"gap log.000006 damaged {at(5)} {at(6)}",
    ]


def test_a_server_that_counts_anew_ends_the_range(logs: Path) -> None:
    with (logs / "index").open("a") as index:
        index.write(log(logs, 1, 8) + log(logs, 3, 9))
    assert said(logs)[:2] == [WHOLE, f"gap log.000001 restarted {at(6)} {at(8)}"]
    assert len(said(logs)) == 3, "log.000002 of the new count is missing too"


def test_another_name_of_the_log_ends_the_range(logs: Path) -> None:
    with (logs / "index").open("a") as index:
        index.write(log(logs, 7, 6, "bin"))
    assert said(logs) == [WHOLE, f"gap bin.000007 restarted {at(6)} {at(6)}"]


def test_a_damaged_line_of_the_index_costs_its_log(logs: Path) -> None:
    index = (logs / "index").read_text()
    (logs / "index").write_text(index.replace(f"{at(4)} {at(5)} log.000005", "\0\0"))
    assert said(logs) == [
        f"range {MOMENT} {at(4)}",
        f"gap index damaged {MOMENT} ?", f"gap log.000005 missing {at(4)} {at(5)}",
    ]


def test_logs_without_their_index_are_a_gap_and_no_logs_are_none(logs: Path) -> None:
    (logs / "index").unlink()
    assert said(logs) == [f"range {MOMENT} {MOMENT}", f"gap index missing {MOMENT} ?"]
    for path in logs.iterdir():
        path.unlink()
    assert said(logs) == [f"range {MOMENT} {MOMENT}"]


def test_numbers_beyond_six_digits_follow_one_another(logs: Path) -> None:
    moved = (logs.parent / "manifest").read_text().replace("log.000003", "log.999999")
    (logs.parent / "manifest").write_text(moved)
    (logs / "index").write_text(log(logs, 999_999, 2) + log(logs, 1_000_000, 3))
    assert said(logs) == [f"range {MOMENT} {at(4)}"]
