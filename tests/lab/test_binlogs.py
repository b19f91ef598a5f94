"""Binary logs between two dumps: what can be restored is said to the second, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.backups import (
    CONFIG,
    PROGRAMS,
    SECRET,
    SETS,
    back_up,
    flip,
    install,
    run,
    sql,
    status,
    verify,
)
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.mariadb import ONE, quoted

pytestmark = pytest.mark.lab

LOGS = f"{SETS}/logs"
SETTINGS = "/etc/opsrunner/backup-mariadb.conf"
CREATE = """
CREATE DATABASE app;
CREATE TABLE app.marks (n INT PRIMARY KEY AUTO_INCREMENT, t TEXT);
INSERT INTO app.marks (t) VALUES ('before the dump');
CREATE USER saver@localhost IDENTIFIED BY '{secret}';
GRANT ALL ON *.* TO saver@localhost;
"""
ROW = "INSERT INTO app.marks (t) VALUES ('it''s {number} \\\\ \\n 物'); DO SLEEP(1.1)"
# The log has a row removed that it never had.
UNLOGGED = """
SET SESSION binlog_format = ROW, sql_log_bin = 0;
INSERT INTO app.marks VALUES (99, 'unlogged');
SET SESSION sql_log_bin = 1;
DELETE FROM app.marks WHERE n = 99;
"""


def save(lab: Lab, settings: str = SETTINGS) -> tuple[int, str]:
    """Save the logs; return exit code and what was printed."""
    done = run(lab, f"{PROGRAMS}/backup-mariadb-logs {settings}")
    return done.returncode, done.stdout + done.stderr


def said(output: str, word: str) -> list[list[str]]:
    """Return the words of each line that begins with a word, without it."""
    return [line.split()[1:] for line in output.splitlines() if line.startswith(f"{word} ")]


@pytest.fixture(scope="module")
def host(databases: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return the lab with a server on its first host whose logs are saved when a test says so."""
    databases.reset(ONE)
    faults.write_file(databases, ONE, "/etc/mysql/mariadb.conf.d/70-one.cnf", CONFIG)
    faults.run(databases, ONE, "systemctl start mariadb", check=True)
    sql(databases, CREATE.replace("{secret}", quoted(SECRET)))
    install(databases, tmp_path_factory.mktemp("logs"), "mariadb", backup_mariadb_logs=True)
    timer = run(databases, "systemctl is-active opsrunner-backup-mariadb-logs.timer").stdout
    assert timer == "active\n"
    run(databases, "systemctl stop opsrunner-backup-mariadb-logs.timer")
    return databases


@pytest.fixture(scope="module")
def logged(host: Lab) -> str:
    """Return a set, with four logs saved after it that each hold a row of their own."""
    folder = back_up(host)
    _, output = verify(host, folder, more="1")
    (only,) = said(output, "range")
    assert only[0] == only[1], "nothing is saved behind the dump yet"
    assert "gap" not in output, "a log that is still open is no gap"
    for number in range(4):
        sql(host, ROW.replace("{number}", str(number)))
        code, text = save(host)
        assert code == 0, text
    return folder


def names(lab: Lab) -> list[str]:
    """Return the names of the saved logs in their order."""
    return [line.split()[4] for line in run(lab, f"cat {LOGS}/index").stdout.splitlines()]


@contextmanager
def moved(lab: Lab, name: str) -> Iterator[None]:
    """Have a saved log away for a while."""
    run(lab, f"mkdir /root/away; mv {LOGS}/*-{name}.gz /root/away/")
    try:
        yield
    finally:
        run(lab, f"mv /root/away/* {LOGS}/; rmdir /root/away")


def test_what_was_written_after_the_dump_is_restored_to_the_newest_row(
    host: Lab, logged: str,
) -> None:
    code, output = verify(host, logged, more="4 replay")
    assert (code, "level 4" in output, "gap" in output) == (0, True, False), output
    assert said(output, "range")[0][1] == str(status(host, "backup_mariadb_logs")["through"])
    newest = sql(host, "SELECT MAX(n) FROM opsrunner.sentinel")
    assert said(output, "recovered")[0][0] == newest
    assert said(output, "sentinel") == [["1"]], "the dump itself holds the first"
    assert said(output, "replayed") == [[names(host)[-1]]]
    plain = verify(host, logged)[1]
    assert "recovered" not in plain, "not replayed unless asked for"


def test_a_missing_log_ends_the_range_and_is_named(host: Lab, logged: str) -> None:
    saved = names(host)
    whole = said(verify(host, logged, more="1")[1], "range")[0]
    with moved(host, saved[-2]):
        code, output = verify(host, logged, more="4 replay")
    (found,), (lost,) = said(output, "range"), said(output, "gap")
    assert (code, "level 4" in output) == (0, True), "the dump itself is as good as before"
    assert lost[:2] == [saved[-2], "missing"], output
    assert found == [whole[0], lost[2]], "up to where the missing one begins"
    assert found[1] < lost[3] < whole[1]
    assert said(output, "replayed") == [[saved[-3]]], "nothing behind the gap"
    assert said(verify(host, logged, more="1")[1], "range")[0] == whole, "the log put back"
    line = f"/ {saved[-2]}$/d"
    run(host, f"cp {LOGS}/index /root/index; sed -i '{line}' {LOGS}/index")
    output = verify(host, logged, more="1")[1]
    run(host, f"cp /root/index {LOGS}/index")
    assert said(output, "gap")[0][:2] == [saved[-2], "missing"], output
    assert said(output, "range")[0] == found


def test_one_flipped_byte_in_a_log_is_found(host: Lab, logged: str) -> None:
    saved = names(host)
    path = run(host, f"echo {LOGS}/*-{saved[0]}.gz").stdout.strip()
    run(host, flip(path))
    try:
        output = verify(host, logged, more="1")[1]
    finally:
        run(host, flip(path))
    (found,) = said(output, "range")
    assert said(output, "gap")[0][:3] == [saved[0], "damaged", found[0]], output
    assert found[0] == found[1], "only the dump is left"
    assert "gap" not in verify(host, logged, more="1")[1], "the byte put back"


def test_a_log_that_is_whole_but_cannot_be_replayed_is_said(host: Lab, logged: str) -> None:
    sql(host, UNLOGGED)
    save(host)
    last = names(host)[-1]
    try:
        code, output = verify(host, logged, more="4 replay")
        assert (code, "level 4" in output) == (1, True), output
        assert "problem the logs cannot be replayed" in output, output
    finally:
        run(host, f"rm {LOGS}/*-{last}.gz; sed -i '/ {last}$/d' {LOGS}/index")
        sql(host, f"PURGE BINARY LOGS TO '{last[:-6]}{int(last[-6:]) + 1:06}'")
    assert verify(host, logged, more="4 replay")[0] == 0


def test_a_server_whose_log_would_not_help_is_refused(host: Lab, logged: str) -> None:
    before = names(host)
    assert logged
    sql(host, "CHANGE MASTER TO MASTER_HOST = '127.0.0.1'")
    code, output = save(host)
    sql(host, "RESET SLAVE ALL")
    assert (code, "without log_slave_updates" in output) == (1, True), output
    found = status(host, "backup_mariadb_logs")
    assert (found["result"], "log_slave_updates" in found["reason"]) == ("failed", True)
    run(host, f"sed 's/^logs_reserve=.*/logs_reserve=999999999/' {SETTINGS} > /root/full.conf")
    code, output = save(host, "/root/full.conf")
    assert (code, "would stay free" in output) == (1, True), output
    done = run(host, f"flock {LOGS}/.lock {PROGRAMS}/backup-mariadb-logs {SETTINGS}")
    assert (done.returncode, "another one runs" in done.stderr) == (75, True)
    assert names(host) == before
    assert save(host)[0] == 0, "the negative control"


def test_logs_older_than_the_oldest_set_go_and_counting_anew_is_a_gap(
    host: Lab, logged: str,
) -> None:
    sql(host, "DO SLEEP(1.1); RESET MASTER; INSERT INTO app.marks (t) VALUES ('anew'); "
              "DO SLEEP(1.1)")
    assert save(host)[0] == 0
    output = verify(host, logged, more="1")[1]
    assert said(output, "gap")[-1][1] == "restarted", output
    newer = back_up(host)
    sql(host, "INSERT INTO app.marks (t) VALUES ('later'); DO SLEEP(1.1)")
    assert save(host)[0] == 0
    code, output = verify(host, newer, more="4 replay")
    assert (code, "gap" in output) == (0, False), output
    run(host, f"rm -r {logged}")
    assert save(host)[0] == 0
    kept = run(host, f"ls {LOGS} | grep -c gz; wc -l < {LOGS}/index").stdout.split()
    assert kept[0] == kept[1]
    assert "gap" not in verify(host, newer, more="1")[1]
    first = run(host, f"head -n 1 {LOGS}/index").stdout.split()[3]
    assert first >= newer.rsplit("/", 1)[-1]


def test_logs_are_saved_while_a_dump_runs(host: Lab) -> None:
    late = r"s/^wait \$stage_dump/sleep 4; &/"
    run(host, f"cp -r {PROGRAMS} /root/slow; sed -i '{late}' /root/slow/backup-mariadb")
    run(host, f"(/root/slow/backup-mariadb {SETTINGS} > /root/out 2>&1; echo $? >> /root/out)"
              " < /dev/null > /dev/null 2>&1 & sleep 2")
    assert save(host)[0] == 0
    assert run(host, "wc -l < /root/out").stdout == "0\n", "the dump still runs"
    done = run(host, "sleep 4; cat /root/out").stdout.split()
    assert done[-1] == "0", done
    code, output = verify(host, done[1], more="4 replay")
    assert (code, "gap" in output) == (0, False), output
    assert "canary" not in run(host, f"cat {LOGS}/index /var/lib/opsrunner/*").stdout
