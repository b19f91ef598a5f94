"""Backups of MariaDB and of files on a lab host: damage is named, what is whole is proven."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.backups import (
    CONFIG,
    FILES,
    PROGRAMS,
    REPOSITORY,
    SCRATCH,
    SECRET,
    SETS,
    back_up,
    flip,
    install,
    run,
    sql,
    status,
    verify,
    verify_files,
)
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.mariadb import ONE

pytestmark = pytest.mark.lab

DATA = """
CREATE DATABASE app CHARACTER SET utf8mb4;
USE app;
CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60), price DECIMAL(9,2),
    picture BLOB, at TIMESTAMP NULL);
INSERT INTO items (name, price, picture, at)
    SELECT CONCAT('物品 ''', seq, '\\\\ \\n"'), seq / 7, UNHEX(MD5(seq)), FROM_UNIXTIME(1e9 + seq)
    FROM seq_1_to_3000;
CREATE TABLE `odd ``name` (a INT PRIMARY KEY, b DOUBLE) AS SELECT seq a, seq / 3 b FROM seq_1_to_50;
CREATE TABLE nothing (a INT PRIMARY KEY);
CREATE TABLE marks (n INT PRIMARY KEY AUTO_INCREMENT, at TIMESTAMP(6));
CREATE VIEW cheap AS SELECT id, name FROM items WHERE price < 10;
CREATE PROCEDURE twice(IN x INT) SELECT x * 2;
CREATE FUNCTION thrice(x INT) RETURNS INT DETERMINISTIC RETURN x * 3;
CREATE TRIGGER upper BEFORE INSERT ON items FOR EACH ROW SET NEW.name = UPPER(NEW.name);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM marks WHERE n < 0;
CREATE DATABASE hollow;
CREATE USER saver@localhost IDENTIFIED BY '{secret}';
GRANT ALL ON *.* TO saver@localhost;
CREATE USER reader@'10.%' IDENTIFIED BY 'r';
GRANT SELECT, SHOW VIEW ON app.* TO reader@'10.%';
CREATE ROLE clerks;
GRANT INSERT ON app.items TO clerks;
GRANT clerks TO reader@'10.%';
CREATE DATABASE `a b*`;
CREATE TABLE `a b*`.t AS SELECT 1 one;
"""


def altered(lab: Lab, folder: str, script: str) -> str:
    """Return a copy of a set, changed by a script, with sums that fit: as if written that way."""
    copy = "/var/tmp/altered"  # noqa: S108 - a folder on a lab host
    done = run(lab, f"set -e; rm -rf {copy}; cp -a {folder} {copy}; cd {copy}\n"
                    f"gzip -d dump.sql.gz\n{script}\ngzip dump.sql; gzip -t dump.sql.gz\n"
                    "sha256sum dump.sql.gz grants.sql manifest > SHA256SUMS")
    assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture(scope="module")
def host(databases: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return the lab with a server that has data on its first host, and both roles there."""
    databases.reset(ONE)
    faults.write_file(databases, ONE, "/etc/mysql/mariadb.conf.d/70-one.cnf", CONFIG)
    faults.run(databases, ONE, "systemctl start mariadb", check=True)
    sql(databases, DATA.replace("{secret}", SECRET.replace("\\", "\\\\").replace("'", "''")))
    folder = tmp_path_factory.mktemp("backup")
    install(databases, folder)
    return databases


@contextmanager
def writing(lab: Lab) -> Iterator[None]:
    """Have somebody write without a pause, before, in and after what is done meanwhile."""
    run(lab, "rm -f /run/stop; (while [ ! -e /run/stop ]; do"
             " echo 'INSERT INTO app.marks (at) VALUES (NOW(6));'"
             " 'UPDATE app.items SET price = price + 1 WHERE id < 50;'; done | mariadb)"
             " < /dev/null > /dev/null 2>&1 &")
    try:
        yield
    finally:
        run(lab, "touch /run/stop; sleep 1")


@pytest.fixture(scope="module")
def whole(host: Lab) -> str:
    """Return a set that was made while somebody wrote, and went on writing after it."""
    with writing(host):
        return back_up(host)


def test_a_whole_set_is_proven_and_an_empty_database_is_no_loss(host: Lab, whole: str) -> None:
    code, said = verify(host, whole)
    assert (code, "level 4" in said, "problem" in said) == (0, True, False), said
    manifest = run(host, f"cat {whole}/manifest").stdout
    for line in ("database hollow utf8mb4 ", "rows `app`.`nothing` 0", "rows `app`.`items` 3000",
                 "routine app.twice ", "trigger app.upper ", "event app.nightly ",
                 "view app.cheap "):
        assert f"\n{line}" in manifest, line
    assert "sentinel 1" in said
    live = int(sql(host, "SELECT COUNT(*) FROM app.marks"))
    assert f"rows `app`.`marks` {live}\n" not in manifest, "it is not compared with live data"
    found = status(host, "backup_mariadb")
    assert (found["result"], found["sentinel"]) == ("done", "1")
    assert found["position"].startswith("0-1-")
    assert run(host, f"stat -c %a {whole} {whole}/*").stdout.split() == ["700", *["600"] * 4]
    assert sql(host, "SELECT @@read_only") == "0", "the live instance goes on"


def test_a_manifest_of_another_moment_would_be_seen(host: Lab) -> None:
    weak = "s/START TRANSACTION WITH CONSISTENT SNAPSHOT;//"
    run(host, f"cp -r {PROGRAMS} /root/weak; sed -i '{weak}' /root/weak/backup-mariadb")
    with writing(host):
        done = run(host, "/root/weak/backup-mariadb /etc/opsrunner/backup-mariadb.conf")
    assert done.returncode == 0, done.stderr
    code, said = verify(host, done.stdout.split()[-1])
    assert (code, "lacks or differs: rows `app`.`marks`" in said) == (1, True), said


def test_a_structure_that_changes_under_the_dump_is_no_backup(host: Lab) -> None:
    late = r"s/^wait \$stage_dump/sleep 3; &/"
    run(host, f"cp -r {PROGRAMS} /root/late; sed -i '{late}' /root/late/backup-mariadb")
    run(host, "(sleep 2; echo 'DROP VIEW app.cheap' | mariadb) < /dev/null > /dev/null 2>&1 &")
    done = run(host, "/root/late/backup-mariadb /etc/opsrunner/backup-mariadb.conf")
    sql(host, "CREATE VIEW app.cheap AS SELECT id, name FROM app.items WHERE price < 10")
    assert (done.returncode, "objects were changed" in done.stderr) == (1, True), done.stderr


def test_one_flipped_byte_is_found_and_its_file_named(host: Lab, whole: str) -> None:
    copy = "/var/tmp/flipped"  # noqa: S108 - a folder on a lab host
    for name in ("dump.sql.gz", "grants.sql", "manifest"):
        run(host, f"rm -rf {copy}; cp -a {whole} {copy}; {flip(copy + '/' + name)}")
        code, said = verify(host, copy)
        assert (code, f"problem damaged since it was written: {name}" in said) == (1, True), said
        assert "level 0" in said


def test_a_dump_that_was_cut_before_it_was_compressed_is_found(host: Lab, whole: str) -> None:
    cut = altered(host, whole, "head -c 40000 dump.sql > x; mv x dump.sql")
    code, said = verify(host, cut)
    assert (code, "has no end mark" in said, "level 1" in said) == (1, True, True), said
    end = "head -n -60 dump.sql > x; echo '-- Dump completed on 2026-01-01' >> x; mv x dump.sql"
    code, said = verify(host, altered(host, whole, end))
    assert code == 1, said
    assert "problem" in said, "an end mark alone proves nothing"
    code, said = verify(host, altered(host, whole, ":"))
    assert (code, "level 4" in said) == (0, True), "the negative control"


def test_a_table_without_its_rows_is_found_by_the_manifest(host: Lab, whole: str) -> None:
    script = "sed -i '/^INSERT INTO `items`/,/;$/d' dump.sql"
    code, said = verify(host, altered(host, whole, script))
    assert (code, "level 3" in said) == (1, True), said
    assert "problem lacks or differs: rows `app`.`items` 3000" in said
    for kind, script in (
        ("routine app.twice", "sed -i 's/SELECT x \\* 2/SELECT x * 4/' dump.sql"),
        ("trigger app.upper", "sed -i 's/UPPER(NEW.name)/LOWER(NEW.name)/' dump.sql"),
        ("grants", "sed -i /reader/d grants.sql"),
    ):
        code, said = verify(host, altered(host, whole, script))
        assert (code, f"lacks or differs: {kind}" in said) == (1, True), said


def test_a_table_emptied_after_the_dump_leaves_the_backup_good(host: Lab, whole: str) -> None:
    sql(host, "CREATE TABLE app.spare AS SELECT * FROM app.items; TRUNCATE app.items")
    try:
        assert verify(host, whole)[0] == 0
    finally:
        sql(host, "INSERT INTO app.items SELECT * FROM app.spare; DROP TABLE app.spare")


def test_a_live_instance_is_never_restored_into(host: Lab, whole: str) -> None:
    before = sql(host, "SELECT COUNT(*) FROM app.marks")
    for scratch in ("/var/lib/mysql", "/var/lib/mysql/x", "/var/lib/../lib/mysql/y", "/etc"):
        code, said = verify(host, whole, scratch)
        assert (code, "problem not verified" in said) == (2, True), said
    assert sql(host, "SELECT COUNT(*) FROM app.marks") == before
    assert run(host, "ls -d /var/lib/mysql/x /var/lib/mysql/y").stdout == ""


@pytest.fixture
def small_disk(host: Lab) -> Iterator[str]:
    """Return a folder on a disk of 64 KiB."""
    run(host, "mkdir -p /mnt/small; mount -t tmpfs -o size=64k tmpfs /mnt/small")
    yield "/mnt/small"
    run(host, "umount /mnt/small; rmdir /mnt/small")


def test_a_backup_that_fails_says_so_and_leaves_nothing(host: Lab, small_disk: str) -> None:
    sets = run(host, f"ls {SETS}").stdout
    settings = "/etc/opsrunner/backup-mariadb.conf"
    for what, script in (
        ("gzip", f"sed 's|^directory=.*|directory={small_disk}|' {settings}"),
        ("Access denied", f"sed 's|^options_file=.*|options_file=/root/wrong.cnf|' {settings}"),
    ):
        run(host, "printf '[client]\\nuser=saver\\npassword=no\\n' > /root/wrong.cnf")
        done = run(host, f"{script} > /root/x.conf; {PROGRAMS}/backup-mariadb /root/x.conf")
        assert (done.returncode, what in done.stderr) == (1, True), done.stderr
        found = status(host, "backup_mariadb")
        assert (found["result"], what in found["reason"]) == ("failed", True)
    assert run(host, f"ls {small_disk}").stdout == ""
    assert run(host, f"ls {SETS}").stdout == sets
    sql(host, "CREATE TABLE app.old (a INT) ENGINE=MyISAM")
    done = run(host, f"{PROGRAMS}/backup-mariadb {settings}")
    sql(host, "DROP TABLE app.old")
    assert (done.returncode, "not InnoDB): app.old" in done.stderr) == (1, True)
    locked = run(host, f"flock {SETS}/.lock {PROGRAMS}/backup-mariadb {settings}")
    assert (locked.returncode, "another one runs" in locked.stderr) == (75, True)


def test_the_timer_runs_it(host: Lab) -> None:
    assert run(host, "systemctl is-active opsrunner-backup-mariadb.timer").stdout == "active\n"
    done = run(host, "systemctl start opsrunner-backup-mariadb opsrunner-backup-files")
    assert done.returncode == 0, run(host, "journalctl -u 'opsrunner-backup-*'").stdout
    jobs = ("backup_mariadb", "backup_files")
    assert [status(host, job)["result"] for job in jobs] == ["done", "done"]
    assert "canary" not in run(host, "journalctl --no-pager; ps -ef").stdout


def test_one_flipped_byte_in_a_pack_names_pack_and_snapshots(host: Lab) -> None:
    done = run(host, f"{PROGRAMS}/backup-files {FILES}")
    assert done.returncode == 0, done.stderr
    snapshot = done.stdout.split()[-1]
    pack = run(host, f"find {REPOSITORY}/data -type f -size +64k | head -n 1").stdout.strip()
    run(host, f"chmod u+w {pack}; {flip(pack)}")
    try:
        code, said = verify_files(host)
        assert code == 1, said
        named = [line.split() for line in said.splitlines() if line.startswith("pack ")]
        assert [words[1] for words in named] == [Path(pack).name]
        assert any(word.startswith(snapshot[:8]) for word in named[0][3:]), said
    finally:
        run(host, flip(pack))
    assert verify_files(host)[0] == 0, "the byte put back"


@pytest.fixture
def odd(host: Lab) -> Iterator[str]:
    """Return a folder with files whose names tools write in different ways."""
    run(host, "mkdir -p /etc/odd/empty; cd /etc/odd; echo 1 > 'a\nb'; echo 2 > 'back\\slash'"
              "; echo 3 > 'tab\t  and blanks '; ln -s 'gone there' link; ln 'back\\slash' hard"
              "; mkfifo pipe; echo 4 > '中\\047文\"'; : > none; echo 5 > '-n *'; sleep 0.1")
    yield "/etc/odd"
    run(host, "rm -r /etc/odd")


def back_up_files(lab: Lab, change: str = "") -> tuple[int, str]:
    """Back files up by the program, or by one that sed changed; return exit code and words."""
    run(lab, f"rm -rf /root/changed; cp -r {PROGRAMS} /root/changed")
    run(lab, f"cat > /root/changed.sed <<'END'\n{change}\nEND\n"
             "sed -i -f /root/changed.sed /root/changed/backup-files")
    done = run(lab, f"/root/changed/backup-files {FILES}")
    return done.returncode, done.stdout + done.stderr


def test_files_are_proven_by_a_manifest_of_their_own(host: Lab, odd: str) -> None:
    assert back_up_files(host)[0] == 0
    code, said = verify_files(host, more=SCRATCH)
    assert (code, "level 4" in said, "problem" in said) == (0, True, False), said
    assert f"changed {odd}" not in said
    names = run(host, f". {FILES}; . {PROGRAMS}/restic.sh; call_restic dump --host"
                      f" $(uname -n).manifest latest /manifest | grep -c ' {odd}'").stdout
    assert int(names) == 11, "every one of them is in it"
    assert status(host, "backup_files")["left_out"] == 0
    run(host, f". {FILES}; . {PROGRAMS}/restic.sh; call_restic backup --tag opsrunner /etc/odd")
    code, said = verify_files(host, more=SCRATCH)
    assert (code, "level 3" in said, "has no manifest" in said) == (0, True, True), said


def test_a_file_that_changes_while_it_is_backed_up_is_said_and_no_damage(host: Lab) -> None:
    change = "s|^call_restic ls|echo more >> /etc/issue\\n&|"
    code, said = back_up_files(host, change)
    assert code == 0, said
    code, said = verify_files(host, more=SCRATCH)
    assert (code, "level 4" in said, "changed /etc/issue" in said) == (0, True, True), said
    assert back_up_files(host)[0] == 0
    assert "changed /etc/issue" not in verify_files(host, more=SCRATCH)[1]


def test_what_the_repository_took_for_a_file_is_compared_with_the_file(host: Lab) -> None:
    change = ("s|^call_restic backup --json|mount --bind /etc/hostname /etc/issue\\n&|\n"
              "s|^code=.*|&; umount /etc/issue|")
    code, said = back_up_files(host, change)
    assert code == 0, said
    code, said = verify_files(host, more=SCRATCH)
    assert (code, "level 3" in said) == (1, True), said
    assert [line for line in said.splitlines() if line.startswith("problem lacks")], said
    assert all("/etc/issue" in line for line in said.splitlines() if "problem" in line), said
    assert back_up_files(host)[0] == 0
    assert verify_files(host, more=SCRATCH)[0] == 0, "the negative control"


def test_a_file_that_is_left_out_unasked_is_no_backup(host: Lab) -> None:
    code, said = back_up_files(host, "s|--tag opsrunner|& --exclude /etc/issue|")
    assert (code, "restic left out 1: /etc/issue" in said) == (1, True), said
    run(host, "echo /etc/issue >> /etc/opsrunner/backup-files.exclude")
    code, said = back_up_files(host)
    run(host, "sed -i '$d' /etc/opsrunner/backup-files.exclude")
    found = status(host, "backup_files")
    assert (code, found["result"], found["left_out"]) == (0, "done", 1), said
    assert back_up_files(host)[0] == 0


def test_no_space_for_the_scratch_instance_says_nothing_about_the_backup(
    host: Lab, whole: str, small_disk: str,
) -> None:
    code, said = verify(host, whole, f"{small_disk}/x")
    assert (code, "problem not verified: too little space" in said) == (2, True), said
    done = run(host, f"{PROGRAMS}/verify-files {FILES} 1 1 {small_disk}/x")
    assert (done.returncode, "no space left" in done.stdout) == (2, True), done.stdout
    assert run(host, f"ls {small_disk}").stdout == ""


def test_a_second_installation_changes_nothing(host: Lab, tmp_path: Path) -> None:
    assert "changed=0" in install(host, tmp_path)


def test_a_wrong_password_or_no_repository_is_not_called_damage(host: Lab) -> None:
    listing = f"find {REPOSITORY} /srv/none | sort"
    before = run(host, listing).stdout
    run(host, "echo wrong > /root/pw; echo /srv/none > /root/none")
    wrong, none = "/root/pw.conf", "/root/none.conf"
    run(host, f"sed 's|^password_file=.*|password_file=/root/pw|' {FILES} > {wrong}")
    run(host, f"sed 's|^repository_file=.*|repository_file=/root/none|' {FILES} > {none}")
    for config, words in ((wrong, "password is wrong"), (none, "no repository")):
        code, said = verify_files(host, config)
        assert (code, words in said, "damaged" in said) == (2, True, False), said
        done = run(host, f"{PROGRAMS}/backup-files {config}")
        assert (done.returncode, words in done.stderr) == (1, True), done.stderr
        assert status(host, "backup_files")["result"] == "failed"
    assert run(host, listing).stdout == before, "nothing was made"
