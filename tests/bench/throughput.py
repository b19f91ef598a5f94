"""Backup and proof of 2 GB of files and a 1 GB database on a lab host, against the raw tools.

Ours and the raw tool do the same work with the same options by turns in this one run, and begin in
the same state: an empty repository, no hashes remembered, a scratch instance set up alike. A figure
is the smallest time of ours by the smallest of the raw tool's.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.bench.figures import Figure, figure
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab

ROLES = Path(__file__).parents[2] / "roles"
PROGRAMS = "/usr/local/lib/opsrunner"
HOST = "lab-debian12-1"
LONG = 900  # seconds
ROUNDS = 2
ETC = "/etc/opsrunner"
SHARED = ("restic", "files-manifest", "manifest", "session", "binlogs")
SETTINGS = {
    "backup-files.repository": "/srv/repository\n",
    "backup-files.password": "bench\n",
    "backup-files.paths": "/srv/data\n",
    "backup-files.exclude": "",
    "backup-files.conf": f"""
repository_file={ETC}/backup-files.repository
password_file={ETC}/backup-files.password
paths_file={ETC}/backup-files.paths
exclude_file={ETC}/backup-files.exclude
status_file=/var/lib/opsrunner/backup_files.json
upload_limit=0
""",
    "backup-mariadb.conf": """
directory=/srv/sets
status_file=/var/lib/opsrunner/backup_mariadb.json
keep=1
options_file=''
lock_wait=5
sentinel=opsrunner.sentinel
gzip_level=6
""",
}
# 2 GB: 1,400 files of 1 MiB and 5,000 of 100 KiB, half of it text.
FILES = """
mkdir -p /srv/data && cd /srv/data
openssl rand 750000000 | split -a 3 -b 1M - big
openssl rand -base64 550000000 | split -a 3 -b 1M - log
openssl rand 250000000 | split -a 4 -b 100K - part
openssl rand -base64 190000000 | split -a 4 -b 100K - page
"""
# 1 GB: four tables of 250,000 rows of 1,000 bytes.
DATABASE = """
printf '[mariadbd]\\nserver_id=1\\nlog_bin=log\\ninnodb_flush_log_at_trx_commit=2\\n' \
    > /etc/mysql/mariadb.conf.d/70-bench.cnf
systemctl start mariadb
{
    echo 'SET sql_log_bin = 0; CREATE DATABASE app; USE app;'
    for n in 0 1 2 3; do
        echo "CREATE TABLE t$n (id INT PRIMARY KEY, said TEXT) AS"
        echo 'SELECT seq id, TO_BASE64(RANDOM_BYTES(735)) said FROM seq_1_to_250000;'
    done
} | mariadb
"""
CALL = f". {ETC}/backup-files.conf; . {PROGRAMS}/restic.sh; call_restic"
EMPTY = f"""
rm -rf /srv/repository /var/lib/opsrunner/backup_files.hashes
{CALL} init > /dev/null
sync
"""
RAW_BACKUP = f"{CALL} backup --json --files-from {ETC}/backup-files.paths > /dev/null"
OUR_BACKUP = f"{PROGRAMS}/backup-files {ETC}/backup-files.conf"
# Restored, and every file read again for its checksum.
RAW_RESTORE = f"""
{CALL} restore latest --no-lock --host "$(uname -n)" --target /srv/scratch
find /srv/scratch -type f -print0 | xargs -0 openssl dgst -sha256 -r > /srv/sums
rm -r /srv/scratch /srv/sums
"""
# A part of the repository is read besides; the smallest there is, for a restore reads all of it.
OUR_RESTORE = f"{PROGRAMS}/verify-files {ETC}/backup-files.conf 1 255 /srv/scratch"
RAW_DUMP = """
mariadb-dump --single-transaction --quick --routines --triggers --events --hex-blob \
    --master-data=2 --gtid --default-character-set=utf8mb4 --databases app opsrunner > /srv/pipe &
gzip -6 -c < /srv/pipe > /srv/dump.sql.gz
wait $!
"""
OUR_DUMP = f"{PROGRAMS}/backup-mariadb {ETC}/backup-mariadb.conf"
# The dump's own checksum, a scratch instance set up as ours, the restore, the tables' checksums.
RAW_LOAD = """
cd /srv/sets/[0-9]*Z && sha256sum -c SHA256SUMS > /dev/null
mkdir -p /srv/scratch/data /srv/scratch/tmp; chown -R mysql: /srv/scratch
mariadb-install-db --no-defaults --user=mysql --datadir=/srv/scratch/data \
    --skip-test-db > /dev/null 2>&1
mariadbd --no-defaults --user=mysql --datadir=/srv/scratch/data --tmpdir=/srv/scratch/tmp \
    --socket=/srv/scratch/socket --pid-file=/srv/scratch/pid --skip-networking --skip-slave-start \
    --event-scheduler=off --log-error=/srv/scratch/error.log --innodb-log-file-size=64M \
    --max-allowed-packet=1G --skip-log-bin --innodb-flush-log-at-trx-commit=2 > /dev/null 2>&1 &
ask() { mariadb --no-defaults --socket=/srv/scratch/socket --user=root "$@"; }
until ask -e 'SELECT 1' > /dev/null 2>&1; do sleep 0.1; done
gzip -dc dump.sql.gz | ask
ask -e 'CHECKSUM TABLE app.t0, app.t1, app.t2, app.t3' > /dev/null
kill $!; wait $!; rm -r /srv/scratch
"""
OUR_LOAD = f"{PROGRAMS}/verify-mariadb /srv/sets/[0-9]*Z /srv/scratch"


def throughput_figures(folder: Path) -> list[Figure]:  # noqa: ARG001 - as every bench
    """Measure on a lab of its own, that is taken down at the end; return four figures."""
    lab = Lab(f"bench{os.getpid()}")
    try:
        lab.up(1, identities=("debian12",), extra="databases")
        _install(lab)
        return [*_files(lab), *_database(lab)]
    finally:
        lab.down()


def _install(lab: Lab) -> None:
    for role in ("backup_files", "backup_mariadb"):
        for path in sorted((ROLES / role / "files").glob("*.sh")):
            name = path.name if path.stem in SHARED else path.stem
            faults.write_file(lab, HOST, f"{PROGRAMS}/{name}", path.read_bytes(), 0o755)
    for name, text in SETTINGS.items():
        faults.write_file(lab, HOST, f"{ETC}/{name}", text.lstrip(), 0o600)
    faults.run(lab, HOST, "mkdir -p /var/lib/opsrunner; mkfifo /srv/pipe", check=True)


def _files(lab: Lab) -> list[Figure]:
    _timed(lab, FILES)
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, script in (("raw", RAW_BACKUP), ("ours", OUR_BACKUP)):
            _timed(lab, EMPTY)
            times.setdefault(name, []).append(_timed(lab, script))
        for name, script in (("raw restore", RAW_RESTORE), ("verify", OUR_RESTORE)):
            times.setdefault(name, []).append(_timed(lab, script))
    _timed(lab, "rm -rf /srv/data /srv/repository")
    return _figures("2 GB of files", "restic", times)


def _database(lab: Lab) -> list[Figure]:
    _timed(lab, DATABASE)
    _timed(lab, OUR_DUMP)  # the database that it keeps its numbered rows in is there for both
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, script in (("raw", RAW_DUMP), ("ours", OUR_DUMP),
                             ("raw restore", RAW_LOAD), ("verify", OUR_LOAD)):
            times.setdefault(name, []).append(_timed(lab, script))
    return _figures("1 GB database", "mariadb-dump", times)


def _timed(lab: Lab, script: str) -> float:
    """Run a script on the host to its end; return the seconds it took."""
    start = time.monotonic()
    faults.run(lab, HOST, f"set -e; cd /root\n{script}", timeout=LONG, check=True)
    return time.monotonic() - start


def _figures(what: str, tool: str, times: dict[str, list[float]]) -> list[Figure]:
    best = {name: min(found) for name, found in times.items()}
    print("    " + ", ".join(f"{name} {' '.join(f'{t:.1f}' for t in found)} s"
                             for name, found in times.items()), flush=True)
    # A throughput of at least 0.9 is a time of at most 1 / 0.9.
    return [
        figure(f"{what}: backup / {tool}, time", best["ours"] / best["raw"], 1 / 0.9, "x"),
        figure(f"{what}: verify L4 / raw restore + checksum, time",
               best["verify"] / best["raw restore"], 1.1, "x"),
    ]
