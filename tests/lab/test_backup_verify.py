"""Backups proven through the command line on lab hosts: good, damaged, or not to be seen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.evidence.store import Store
from tests.lab import cli
from tests.lab.backups import CONFIG, FILES, REPOSITORY, SECRET, SETS, back_up, flip, install, run
from tests.lab.backups import sql as on_server
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.mariadb import ONE, TWO

pytestmark = pytest.mark.lab

ELSEWHERE = "/srv/elsewhere"
DB, APP, GONE = f"shop/db/{ONE}/main", f"shop/files/{ONE}", f"far/files/{TWO}"
DATA = """
CREATE DATABASE app;
CREATE TABLE app.items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60));
USE app;
INSERT INTO items (name) SELECT CONCAT('物品 ', seq) FROM seq_1_to_2000;
CREATE USER saver@localhost IDENTIFIED BY '{secret}';
GRANT ALL ON *.* TO saver@localhost;
"""


def policy() -> dict[str, Any]:
    """Return the backup policy of the lab: a database and files of one host, files of another."""
    kept = {
        "made_by": "opsrunner", "cadence": {"every": "daily"}, "retention": {"daily": 3},
        "targets": {"local": {"location": REPOSITORY},
                    "offsite": {"location": ELSEWHERE, "append_only": True}},
        "encryption": {"secret": "backup/shop"},
    }

    def backup(title: str, level: str, **what: object) -> dict[str, object]:
        wanted = {"level": level, "cadence": {"every": "weekly"}, "read_all_within": "28d",
                  "within": "5m"}
        return kept | {"title": {"zh": title, "en": title}, "verification": wanted} | what

    def system(**backups: object) -> dict[str, object]:
        return {"title": {"zh": "商城", "en": "Shop"}, "importance": "core", "rto": "4h",
                "rpo": "1d", "backups": backups}

    return {"since": "2026-01-01", "systems": {
        "shop": system(db=backup("db", "L4", databases={ONE: ["main"]}),
                       files=backup("files", "L4", paths={ONE: ["/etc", SETS]})),
        "far": system(files=backup("files", "L3", paths={TWO: ["/etc"]})),
    }}


@dataclass(frozen=True)
class Site:
    """A site whose backups are verified: its lab, inventory, policies, and a store."""

    lab: Lab
    folder: Path
    inventory: Path

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``opsrunner backup`` as an operator does."""
        environ = {**os.environ, "OPSRUNNER_STORE": str(self.folder / "store"),
                   "OPSRUNNER_POLICIES": str(self.folder / "policies")}
        done = subprocess.run(
            [sys.executable, "-m", "opsrunner", "backup", *arguments],
            cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=500, check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "canary" not in done.stdout + done.stderr
        left = run(self.lab, "ls -d /var/tmp/opsrunner-verify-* /mnt/small/*;"
                             " pgrep -fa datadir=/var/tmp/opsrunner").stdout
        assert left == "", "whatever is found, it is cleaned up"
        return done

    def verify(self, *options: str) -> tuple[int, list[dict[str, Any]]]:
        """Verify; return the exit code and the sets."""
        done = self.call("verify", "-i", str(self.inventory), "--json", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["sets"]

    def rewrite(self, change: Any) -> None:  # noqa: ANN401 - any function on the policy
        """Change the policy."""
        data = policy()
        change(data["systems"])
        path = self.folder / "policies" / "backup" / "lab.yml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


@pytest.fixture(scope="module")
def site(databases: Lab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site with data on its first host, backed up there and elsewhere."""
    folder = tmp_path_factory.mktemp("site")
    databases.reset(ONE)
    faults.write_file(databases, ONE, "/etc/mysql/mariadb.conf.d/70-one.cnf", CONFIG)
    faults.run(databases, ONE, "systemctl start mariadb", check=True)
    on_server(databases, DATA.replace("{secret}", SECRET.replace("\\", "\\\\").replace("'", "''")))
    install(
        databases, folder, backup_files_offsite_repository=ELSEWHERE,
        backup_files_offsite_password=SECRET, backup_mariadb_offsite_repository=f"{ELSEWHERE}-db",
        backup_mariadb_offsite_password=SECRET, backup_mariadb_offsite_initialize=True,
    )
    back_up(databases)
    both = f"{FILES} {FILES.replace('.conf', '-offsite.conf')}"
    done = run(databases, f"/usr/local/lib/opsrunner/backup-files {both}")
    assert done.returncode == 0, done.stderr
    shutil.copytree(CHECKOUT / "policies", folder / "policies")
    (folder / "policies" / "backup" / "example.yml").unlink()
    made = Site(databases, folder, cli.inventory(databases, folder, [ONE, TWO]))
    made.rewrite(lambda _: None)
    return made


def test_a_good_set_is_proven_from_both_copies_and_seen_in_the_ledger(site: Site) -> None:
    said = site.call("verify", "-i", str(site.inventory), "--limit", ONE, "--due", "--check")
    assert said.returncode == 0
    assert f"{DB}: offsite copy to L4 on {ONE}: the copy elsewhere was not restored" in said.stdout
    assert not Store.open(site.folder / "store").runs(), "only said"
    code, sets = site.verify("--limit", ONE, "--due")
    found = {one["id"]: one for one in sets}
    assert (code, found[DB]["level"], found[DB]["source"]) == (0, "L4", "offsite"), sets
    assert (found[DB]["tables"], found[DB]["rows"]) == (2, 2001)
    assert found[DB]["cleaned"] is True
    assert (found[APP]["level"], found[APP]["compared"] > 100) == ("L4", True)
    assert found[APP]["read"] == {"parts": [1], "of": 1}, "verified monthly: read whole"
    code, sets = site.verify("--limit", ONE)
    assert (code, {one["level"] for one in sets}) == (0, {"L4"}), sets
    said = site.call("verify", "-i", str(site.inventory), "--limit", ONE, "--due")
    assert said.stdout.count("copy: nothing is due") == 2
    site.call("ledger", "--format", "json", "--output", str(site.folder))
    data = json.loads((site.folder / "backup-ledger.json").read_bytes())
    cells = {one["id"]: one["cells"][-1]["level"] for one in data["sets"]}
    assert (cells[DB], cells[APP], cells[GONE]) == ("L4", "L4", None)
    assert data["refused"] == []


def test_one_flipped_byte_is_found_and_named(site: Site) -> None:
    dump = run(site.lab, f"ls {SETS}/*Z/dump.sql.gz | tail -n 1").stdout.strip()
    pack = run(site.lab, f"find {REPOSITORY}/data -type f -size +32k | head -n 1").stdout.strip()
    run(site.lab, f"chmod u+w {pack}; {flip(pack)}; {flip(dump)}")
    try:
        # All parts are read: which of them has the damage is chance.
        site.rewrite(lambda one: one["shop"]["backups"]["files"]["verification"].update(
            read_all_within="7d"))
        code, sets = site.verify("--limit", ONE)
    finally:
        run(site.lab, f"{flip(pack)}; {flip(dump)}")
        site.rewrite(lambda _: None)
    found = {one["id"]: one for one in sets}
    assert (code, {one["looked"] for one in sets}) == (2, {True}), sets
    assert found[DB]["level"] is found[APP]["level"] is None
    assert "damaged since it was written: dump.sql.gz" in found[DB]["reason"]
    assert f"pack {Path(pack).name} snapshots" in found[APP]["reason"]
    assert site.verify("--set", DB)[0] == 0, "the byte put back"


def test_the_rotation_reads_all_parts(site: Site) -> None:
    read = []
    for _ in range(4):
        code, sets = site.verify("--set", APP, "--level", "L1")
        assert (code, sets[0]["level"]) == (0, "L1"), sets
        read += sets[0]["read"]["parts"]
    assert set(read) == {1, 2, 3, 4}
    site.call("ledger", "--format", "json", "--output", str(site.folder))
    data = json.loads((site.folder / "backup-ledger.json").read_bytes())
    one = next(one for one in data["sets"] if one["id"] == APP)
    assert one["data_read"]["local"]["parts_read"] == one["data_read"]["local"]["parts"] == 4
    assert one["data_read"]["local"]["all_since"]


def unknown(site: Site, set_id: str, words: str) -> None:
    """Expect that nobody could look at a set, for this reason."""
    code, sets = site.verify("--set", set_id)
    (one,) = sets
    assert (code, one["looked"], one["level"]) == (4, False, None), one
    assert words in one["reason"], one
    assert "damaged" not in one["reason"]


@pytest.fixture
def settings(site: Site) -> Iterator[None]:
    """Put the settings of the host back as they were."""
    run(site.lab, "cp -a /etc/opsrunner /root/kept")
    yield
    run(site.lab, "rm -rf /etc/opsrunner; mv /root/kept /etc/opsrunner")


@pytest.mark.usefixtures("settings")
def test_a_wrong_password_and_a_missing_program_are_unknown(site: Site) -> None:
    run(site.lab, "echo wrong > /etc/opsrunner/backup-files.password")
    unknown(site, APP, "denied: the repository's password is wrong")
    run(site.lab, "mv /usr/local/lib/opsrunner/verify-mariadb /root/away")
    try:
        unknown(site, DB, "missing_tool: no program /usr/local/lib/opsrunner/verify-mariadb")
    finally:
        run(site.lab, "mv /root/away /usr/local/lib/opsrunner/verify-mariadb")


def test_a_full_scratch_disk_is_unknown_and_cleaned(site: Site) -> None:
    run(site.lab, "mkdir -p /mnt/small; mount -t tmpfs -o size=64k tmpfs /mnt/small")
    try:
        for system in ("db", "files"):
            site.rewrite(lambda one, name=system: one["shop"]["backups"][name]["verification"]
                         .update(scratch="/mnt/small"))
            unknown(site, DB if system == "db" else APP, "space")
    finally:
        run(site.lab, "umount /mnt/small; rmdir /mnt/small")
        site.rewrite(lambda _: None)


def test_a_host_that_is_down_is_unknown_and_the_others_are_verified(site: Site) -> None:
    faults.link_down(site.lab, TWO)
    try:
        code, sets = site.verify("--level", "L1")
    finally:
        faults.link_up(site.lab, TWO)
    found = {one["id"]: one for one in sets}
    assert (code, found[GONE]["looked"], found[DB]["level"]) == (4, False, "L1"), sets
    assert found[GONE]["reason"].startswith("unreachable: ")
