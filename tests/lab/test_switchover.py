"""Switching MariaDB over on two lab hosts while an application writes: what is lost, how long."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from tests.lab.fleet import boot, faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.shell import wait_until
from tests.lab.mariadb import APP, ONE, TWO, Pair, new_pair

pytestmark = pytest.mark.lab

OUTAGE = 10.0  # seconds that clients may be without service
WRITER = Path(__file__).with_name("writer.py")
OPTIONS = "[client]\nuser=app\npassword=app\n"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row: its number, when it was sent and answered, which server took it, None if unknown."""

    n: int
    sent: float
    answered: float
    server: str | None


class Writer:
    """A writer process on the application's host, in that host's own network."""

    def __init__(self, pair: Pair, address: str, first: int, seconds: float) -> None:
        faults.write_file(pair.lab, APP, "/root/writer.py", WRITER.read_bytes())
        faults.write_file(pair.lab, APP, "/root/app.cnf", OPTIONS, 0o600)
        leader = boot.leader_pid(pair.lab.instance, pair.lab.record.host(APP))
        self.process = subprocess.Popen(
            ["nsenter", f"--target={leader}", "--mount", "--net", "--pid", "--root", "--wd=/root",
             "python3", "/root/writer.py", address, "/root/app.cnf", str(first), str(seconds)],
            stdout=subprocess.PIPE, text=True,
        )

    def end(self) -> None:
        """End it, whether or not its time is over."""
        self.process.kill()
        self.process.communicate()

    def attempts(self) -> list[Attempt]:
        """Wait for the end; return what was noted."""
        said, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0
        return [Attempt(**json.loads(line)) for line in said.splitlines()]


def acknowledged(attempts: Sequence[Attempt]) -> list[Attempt]:
    return [attempt for attempt in attempts if attempt.server]


def outage(attempts: Sequence[Attempt]) -> float:
    """Return the longest time between two rows that were acknowledged one after the other."""
    good = acknowledged(attempts)
    return max(after.answered - before.answered for before, after in pairwise(good))


def rows(pair: Pair, name: str) -> dict[int, str]:
    """Return the rows that a server has: number -> the server that took it."""
    lines = pair.sql(name, "SELECT n, server FROM app.marks ORDER BY n").splitlines()
    return {int(line.split()[0]): line.split()[1] for line in lines}


def overlap(one: Sequence[Attempt], two: Sequence[Attempt]) -> bool:
    """Tell whether two servers took writes in the same time."""
    a, b = acknowledged(one), acknowledged(two)
    return bool(a and b) and a[0].sent < b[-1].answered and b[0].sent < a[-1].answered


@pytest.fixture(scope="module")
def started(databases: Lab) -> Pair:
    databases.reset()
    return new_pair(databases)


@pytest.fixture
def pair(started: Pair) -> Pair:
    """Return two servers as a test expects them: the first is the primary, the second follows."""
    assert (started.holders(), started.writable()) == ([ONE], [ONE])
    return started


Write = Callable[[str, int, float], Writer]  # address, first number, seconds


@pytest.fixture
def write(started: Pair) -> Iterator[Write]:
    """Return what starts a writer; all of them are ended with the test."""
    with ExitStack() as ending:
        def start(address: str, first: int, seconds: float) -> Writer:
            writer = Writer(started, address, first, seconds)
            ending.callback(writer.end)
            return writer
        yield start


@pytest.mark.alone
@pytest.mark.parametrize(("primary", "standby"), [(ONE, TWO), (TWO, ONE)])
def test_a_switchover_under_writes_loses_no_acknowledged_row(
    started: Pair, write: Write, primary: str, standby: str,
) -> None:
    started.sql(primary, "TRUNCATE app.marks")
    through = write(started.virtual, 1, 25)
    direct = [write(started.address(name), start, 25)
              for name, start in ((primary, 1_000_000), (standby, 2_000_000))]
    time.sleep(3)
    done = started.switch(primary, standby)
    assert done.returncode == 0, done.stdout
    attempts = through.attempts()
    old, new = (writer.attempts() for writer in direct)
    good = acknowledged(attempts)
    # The old primary took the first rows, the new one the others: never the one again after it.
    assert [server for server, _ in groupby(attempt.server for attempt in good)] == [
        "1" if name == ONE else "2" for name in (primary, standby)
    ]
    assert not overlap(old, new), "two servers took writes at the same time"
    assert acknowledged(old)
    assert acknowledged(new)
    assert wait_until(started.together, 10, 0.1)
    kept = rows(started, standby)
    assert kept == rows(started, primary)
    for attempt in (*good, *acknowledged(old), *acknowledged(new)):
        assert kept.get(attempt.n) == attempt.server, attempt
    sent = {attempt.n for attempt in (*attempts, *old, *new)}
    assert kept.keys() <= sent
    assert (started.holders(), started.writable()) == ([standby], [standby])
    for name in (ONE, TWO):
        faults.run(started.lab, name, "systemctl restart mariadb", check=True)
    assert started.writable() == [standby], "a restart changes nothing"
    for name in (ONE, TWO):  # what Ansible and the server log, and what runs
        logged = faults.run(started.lab, name, "journalctl --no-pager; cat /var/log/syslog; ps -ef")
        assert "Invoked with" in logged.stdout
        assert started.secret[2:10] not in logged.stdout
    sys.stdout.write(f"{primary}: outage {outage(attempts):.2f} s, resolution 0.2 s,"
                     f" {len(good)} rows acknowledged, {len(attempts) - len(good)} unanswered\n")
    assert outage(attempts) <= OUTAGE


def test_the_proof_would_see_two_writers() -> None:
    one = [Attempt(n, n, n + 0.1, "1") for n in range(5)]
    two = [Attempt(n, n, n + 0.1, "2") for n in range(3, 8)]
    assert overlap(one, two)
    assert not overlap(one[:3], two)
    assert outage([*one[:2], Attempt(9, 2, 2.5, None), *two[2:]]) == pytest.approx(4)


def test_what_speaks_against_it_is_named_and_nothing_is_changed(pair: Pair) -> None:
    assert pair.switch(ONE, TWO, "--check").returncode == 0, "the negative control"
    pair.sql(ONE, "CREATE USER boss@'%'; GRANT ALL ON *.* TO boss@'%'")
    pair.sql(ONE, "CREATE EVENT app.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM app.marks")
    assert wait_until(pair.together, 5, 0.1)
    pair.sql(TWO, "STOP SLAVE SQL_THREAD; SET SESSION sql_log_bin = 0; DROP USER app@'%'")
    pair.sql(TWO, "SET GLOBAL max_connections = 20")
    pair.sql(ONE, "INSERT INTO app.marks VALUES (-1, 1, NOW())")
    faults.run(pair.lab, ONE, "(echo 'BEGIN; DELETE FROM app.marks WHERE n = -1; SELECT SLEEP(40);'"
               " | mariadb) < /dev/null > /dev/null 2>&1 &")
    time.sleep(3)
    before = pair.sql(ONE, "SELECT @@gtid_binlog_pos")
    done = pair.switch(switch_mariadb_max_transaction=1)
    assert done.returncode != 0
    for problem in (
        "refused, nothing was changed", "has been open for", "event app.nightly is enabled",
        "account boss@% ignores read-only", "Slave_SQL_Running: No", "lag is not known",
        "has not reached the primary's position", "account of app@% are not as on the primary",
        "max_connections is 20",
    ):
        assert problem in done.stdout, problem
    assert pair.sql(ONE, "SELECT @@gtid_binlog_pos") == before
    assert (pair.holders(), pair.writable()) == ([ONE], [ONE])
    pair.sql(TWO, "SET SESSION sql_log_bin = 0; CREATE USER app@'%' IDENTIFIED BY 'app';"
             " GRANT ALL ON app.* TO app@'%'; SET GLOBAL max_connections = 151; START SLAVE")
    pair.sql(ONE, "SELECT CONCAT('KILL ', id) INTO @kill FROM information_schema.processlist"
             " WHERE info LIKE 'SELECT SLEEP%'; EXECUTE IMMEDIATE @kill;"
             " DROP USER boss@'%'; DROP EVENT app.nightly")
    assert wait_until(pair.together, 10, 0.1)
    assert pair.switch(ONE, TWO, "--check").returncode == 0


def test_a_standby_with_transactions_of_its_own_is_refused(pair: Pair) -> None:
    pair.sql(TWO, "INSERT INTO app.marks VALUES (-2, 2, NOW())")
    done = pair.switch()
    assert done.returncode != 0
    assert f"refused, nothing was changed: {TWO}: has transactions of its own: 0-2-" in done.stdout
    pair.sql(TWO, "STOP SLAVE; RESET MASTER; SET SESSION sql_log_bin = 0;"
                  " DELETE FROM app.marks WHERE n = -2; START SLAVE")
    pair.sql(ONE, "INSERT INTO app.marks VALUES (-3, 1, NOW())")
    assert wait_until(pair.together, 10, 0.1)
    assert pair.switch(ONE, TWO, "--check").returncode == 0


def test_a_writer_that_ignores_read_only_ends_it_and_the_old_primary_is_back(
    pair: Pair, write: Write,
) -> None:
    stop = "/run/stop-writing"
    faults.run(pair.lab, ONE, f"rm -f {stop}; (n=-1000; while [ ! -e {stop} ]; do n=$((n - 1));"
               ' echo "INSERT app.marks SELECT $n, 1, NOW()" | mariadb; sleep 0.1; done)'
               " < /dev/null > /dev/null 2>&1 &")
    application = write(pair.virtual, 3_000_000, 15)
    done = pair.switch()
    faults.run(pair.lab, ONE, f"touch {stop}")
    assert done.returncode != 0
    assert "somebody who ignores read-only goes on writing" in done.stdout
    assert "Called off, the old primary is back" in done.stdout
    assert (pair.holders(), pair.writable()) == ([ONE], [ONE])
    attempts = application.attempts()
    assert {attempt.server for attempt in acknowledged(attempts)} == {"1"}
    assert attempts[-1].server == "1", "the application goes on at the old primary"
    assert wait_until(pair.together, 10, 0.1)


def cut_when_fenced(pair: Pair, name: str, fenced: Callable[[], bool]) -> threading.Thread:
    """Pull a host's cable the moment the old primary does not take writes any more."""
    def watch() -> None:
        wait_until(fenced, 60, 0.02)
        faults.link_down(pair.lab, name)
    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.parametrize("cut", [ONE, TWO])
def test_a_partition_in_mid_switchover_never_makes_two_writers(
    pair: Pair, write: Write, cut: str,
) -> None:
    direct = [write(pair.address(name), start, 40)
              for name, start in ((ONE, 4_000_000), (TWO, 5_000_000))]
    thread = cut_when_fenced(pair, cut, lambda: pair.writable() == [])
    try:
        done = pair.switch(switch_mariadb_run=f"cut-{cut}", switch_mariadb_step_timeout=6,
                           switch_mariadb_watch=1.5)
        thread.join()
        assert done.returncode != 0
        assert pair.writable() == [], "what is not certain stays fenced"
        assert f"playbooks/switchover_back.yml with switch_mariadb_run=cut-{cut}" in done.stdout
    finally:
        thread.join()
        faults.link_up(pair.lab, cut)
    back = pair.switch(playbook="switchover_back.yml", switch_mariadb_run=f"cut-{cut}")
    one, two = (writer.attempts() for writer in direct)
    assert not overlap(one, two)
    if back.returncode == 0:
        assert (pair.holders(), pair.writable()) == ([ONE], [ONE])
        assert wait_until(pair.together, 20, 0.1)
    else:  # the step that was on its way arrived when the cable was back: then it was promoted
        assert cut == TWO, back.stdout
        assert "read_only 0" in back.stdout
        assert (pair.holders(), pair.writable()) == ([TWO], [TWO])
