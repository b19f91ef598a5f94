"""The script a host gets, run by its shells with programs that only pretend."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from opsrunner.activities.backup.answer import judge
from opsrunner.activities.backup.due import Due, asked
from opsrunner.activities.backup.record import Source, Verification
from opsrunner.activities.backup.verifying import host_works
from opsrunner.policy.backup import Level
from opsrunner.sources.wire import frames, unpack
from tests.unit.activities.backup.shop import DB, FILES, NOW, policy
from tests.unit.changes.shells import SHELLS

ROOT = Path(__file__).parents[4]
SCRATCH = policy().sets[DB].backup.verification.scratch
STAMP = "20261121T023000Z"
GOOD = 'mkdir "$2"; echo level 4; rmdir "$2"; echo cleaned yes'
READ = '[ -z "${4:-}" ] || mkdir "$4"; echo "level 3"; echo "$*" >> "$0.called"'
SNAPSHOT = json.dumps([{
    "id": "ab12", "time": "2026-11-21T01:30:00Z", "hostname": "web1", "paths": ["/srv"],
}])
RESTIC = f"""
why_not_reached() {{ grep -o 'password is wrong' "$1"; }}
speaks_of_damage() {{ grep -q 'does not match' "$1"; }}
call_restic() {{
    case $1 in
        snapshots) echo '{SNAPSHOT}' ;;
        ls) echo /sets/{STAMP}; [ ! -e "$1.fails" ] ;;
        restore) while [ "$1" != --target ]; do shift; done; mkdir -p "$2/sets/{STAMP}"; FETCH ;;
    esac
}}
"""


class Host:
    """The folders of a host, and what its verifying programs do."""

    def __init__(self, tmp: Path) -> None:
        self.tmp, self.lib, self.etc = tmp, tmp / "lib", tmp / "etc"
        for folder in (self.lib, self.etc, tmp / "scratch", tmp / "sets" / STAMP):
            folder.mkdir(parents=True)
        (tmp / "sets" / STAMP / "manifest").write_text("rows `a`.`b` 5\nend\n")
        (self.etc / "backup-mariadb.conf").write_text(f"directory='{tmp}/sets'\n")
        for name in ("mariadb-offsite", "files", "files-offsite"):
            (self.etc / f"backup-{name}.conf").write_text("repository_file=x\n")
        self.restic(":")
        self.program("verify-mariadb", GOOD)
        self.program("verify-files", READ)

    def program(self, name: str, body: str) -> None:
        """Given a name and shell text, install that as a program."""
        path = self.lib / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def restic(self, fetch: str) -> None:
        """Given what a restore does, install that."""
        (self.lib / "restic.sh").write_text(RESTIC.replace("FETCH", fetch))

    def verify(self, *wanted: Due, shell: list[str] = SHELLS[0]) -> list[Verification]:
        """Given what is wanted of one host, return what comes of it."""
        works, limits = host_works(ROOT, wanted)
        (work,) = works.values()
        script = work.script.replace("@OPS_MARK@", "mark")
        for was, now in (("/usr/local/lib/opsrunner", self.lib), ("/etc/opsrunner", self.etc),
                         (SCRATCH, self.tmp / "scratch"), ("/var/lock", self.tmp)):
            script = script.replace(was, str(now))
        done = subprocess.run([*shell, "-s"], input=script.encode(), capture_output=True,
                              timeout=60, check=False)
        stream = unpack(done.stdout, "mark", limit=limits.host_bytes) or b""
        seen = frames(stream, "mark", work.caps)
        said = [judge(one, seen.get(name), ("", ""), {}) for name, one in work.sets.items()]
        assert list((self.tmp / "scratch").iterdir()) == [], "whatever is found, it is cleaned up"
        return said


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def want(set_id: str = DB, source: Source = "local", level: Level | None = None) -> Due:
    return asked(policy().sets[set_id], source, [], NOW, level)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[-1])
@pytest.mark.parametrize("source", ["local", "offsite"])
def test_a_good_dump_is_proven_from_either_copy(
    host: Host, shell: list[str], source: Source,
) -> None:
    (said,) = host.verify(want(source=source), shell=shell)
    assert (said.level, said.reason, said.source) == (Level.L4, None, source)
    assert said.measured["cleaned"] is True
    assert said.copy
    assert said.copy.id == STAMP


def test_only_the_last_part_restores_and_only_where_a_restore_is_wanted(host: Host) -> None:
    one = Due(policy().sets[FILES], "local", Level.L3, ("1/4", "3/4"), "")
    (said,) = host.verify(one)
    called = (host.lib / "verify-files.called").read_text().splitlines()
    assert [line.split()[1:3] for line in called] == [["1", "4"], ["3", "4"]]
    assert [len(line.split()) for line in called] == [3, 4]
    assert (said.level, said.measured["read"]) == (Level.L3, {"parts": [1, 3], "of": 4})
    host.program("verify-files", 'echo "level 1"; [ -z "${4:-}" ]')
    (said,) = host.verify(want(FILES, level=Level.L1))
    assert (said.level, said.reason) == (Level.L1, None)


def test_a_damaged_part_ends_it_and_sets_of_one_host_do_not_disturb_each_other(host: Host) -> None:
    host.program("verify-files", "echo pack ab snapshots cd; echo problem damaged: x; exit 1")
    one = Due(replace(policy().sets[DB], host="web1"), "local", Level.L4, (), "")
    files = Due(policy().sets[FILES], "local", Level.L3, ("1/2", "2/2"), "")
    said, other = host.verify(files, one)
    assert (said.looked, said.level) == (True, None)
    assert said.reason == "pack ab snapshots cd; damaged: x"
    assert other.level is Level.L4


@pytest.mark.parametrize(
    ("fetch", "looked", "reason"),
    [
        ("echo 'Fatal: password is wrong' >&2; return 1", False, "denied: password is wrong"),
        ("echo 'pack does not match' >&2; return 1", True, "cannot be restored: pack does not"),
        ("kill -9 $$", False, "probe_failed: restic ended with 137"),
        (":", True, None),
    ],
)
def test_a_copy_elsewhere_that_cannot_be_fetched(
    host: Host, fetch: str, looked: bool, reason: str | None,  # noqa: FBT001 - a case
) -> None:
    host.restic(fetch)
    (said,) = host.verify(want(source="offsite"))
    assert said.looked is looked
    assert str(said.reason).startswith(str(reason))


def test_what_hangs_is_cut_and_cleaned_up(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsrunner.activities.backup.verifying._seconds", lambda _: 1)
    host.program("verify-mariadb", 'mkdir "$2"; sleep 60')
    (said,) = host.verify(want())
    assert (said.looked, said.reason) == (
        False, "timeout: its verification was cut by the time limit")


def test_what_is_not_set_up_is_named(host: Host) -> None:
    (host.etc / "backup-files-offsite.conf").unlink()
    (said,) = host.verify(want(FILES, "offsite"))
    assert str(said.reason).startswith("not_collected: no ")
    host.program("verify-files", "echo problem not verified: no snapshot; exit 2")
    (host.lib / "restic.sh").write_text("call_restic() { return 1; }\n")
    (said,) = host.verify(want(FILES))
    assert (said.looked, said.reason) == (False, "not_collected: no snapshot")
    (host.lib / "verify-mariadb").unlink()
    (said,) = host.verify(want())
    assert str(said.reason).startswith("missing_tool: no program ")
    for found in (host.tmp / "sets").glob("*/*"):
        found.unlink()
    (host.tmp / "sets" / STAMP).rmdir()
    host.program("verify-mariadb", GOOD)
    (said,) = host.verify(want())
    assert (said.looked, said.level, said.reason) == (True, None, "there is no copy of it")


def test_two_verifications_on_one_host_do_not_meet(host: Host) -> None:
    lock = host.tmp / "opsrunner-verify"
    with subprocess.Popen(["flock", str(lock), "sleep", "5"]) as other:
        subprocess.run(["sleep", "0.3"], check=True)
        (said,) = host.verify(want())
        other.kill()
    assert (said.looked, "another verification runs" in str(said.reason)) == (False, True)
