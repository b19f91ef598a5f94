"""Backups by the real command line: installed by an approved plan, made, and taken back again.

One host has both jobs. What a plan leaves behind is looked at in the whole tree of the host.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from opsrunner.plan.models import Plan
from tests.lab.approval import PLANNER, REVIEWER, Done, Office, changed, ended, pictures
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.mariadb import ONE

pytestmark = pytest.mark.lab

CANARY = "Zq8'canary\"\\x7"  # in the vault, on the host, and nowhere else
ACCOUNT = "Pw5canary\\'\"4d"
REPOSITORY = "/srv/repository"
# What a backup leaves, which an undo of its installation does not take: it is what it is for.
MADE = ("/srv", "/var/backups/opsrunner", "/var/lib/opsrunner/backup_", "/var/lib/opsrunner/lock")
DATA = """
CREATE DATABASE app;
CREATE TABLE app.t (a INT PRIMARY KEY);
INSERT INTO app.t VALUES (1);
CREATE USER saver@localhost IDENTIFIED BY '{secret}';
GRANT ALL ON *.* TO saver@localhost;
"""
OFFSITE = "/srv/offsite"  # both jobs write there, as to one repository server
TARGETS = {"offsite": {"location": OFFSITE, "append_only": True}}


def policy(secret: str = "backup/shop/restic") -> dict[str, Any]:  # noqa: S107 - a name
    """Return a policy of one system with files and a database on the first host."""
    common = {
        "made_by": "opsrunner", "cadence": {"every": "daily"}, "retention": {"daily": 3},
        "encryption": {"secret": secret},
        "verification": {"level": "L4", "cadence": {"every": "weekly"}},
    }
    return {"since": "2026-01-01", "systems": {"shop": {
        "title": {"zh": "商城", "en": "Shop"}, "importance": "core", "rto": "4h", "rpo": "24h",
        "backups": {
            "files": {
                **common, "title": {"zh": "文件", "en": "Files"}, "paths": {ONE: ["/etc/ssh"]},
                "targets": {"local": {"location": REPOSITORY}, **TARGETS},
            },
            "mariadb": {
                **common, "title": {"zh": "数据库", "en": "Database"}, "databases": {ONE: ["app"]},
                "targets": {"local": {"location": "/var/backups/opsrunner/mariadb"}, **TARGETS},
                "login": {"user": "saver", "secret": "backup/shop/saver"},
            },
        },
    }}}


class Shop:
    """An organisation whose first host has a database, its vault, and the commands of a backup."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        """Given a lab and a folder, found the organisation, its policy and its vault."""
        self.lab, self.office = lab, Office(folder)
        self.inventory = self.office.hosts(lab, ONE)
        data = yaml.safe_load(self.inventory.read_text("utf-8"))
        for group in data["linux"]["children"].values():
            for host in group["hosts"].values():
                host["ops_ledger"] = {"databases": [{"name": "app", "product": "mariadb"}]}
        self.inventory.write_text(yaml.safe_dump(data), encoding="utf-8")
        for file in (self.office.policies / "backup").glob("*.yml"):
            file.unlink()
        self.policy(policy())
        self.password = folder / "vault-password"
        self.password.touch(mode=0o600)
        self.password.write_text("opens the vault\n")
        self.vault(CANARY)

    def policy(self, content: dict[str, Any]) -> None:
        """Write what is backed up."""
        path = self.office.policies / "backup" / "shop.yml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def vault(self, repository: str) -> None:
        """Write the vault: the repository's password and the account's."""
        path = self.inventory.parent / "vault.yml"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(
            {"backup/shop/restic": repository, "backup/shop/saver": ACCOUNT}))
        tool = str(Path(sys.executable).parent / "ansible-vault")
        subprocess.run(
            [tool, "encrypt", str(path), "--vault-password-file", str(self.password)],
            env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
            check=True, capture_output=True,
        )

    def run(self, login: int, *command: str) -> Done:
        """Run the command line as somebody who can open the vault; no secret is ever said."""
        os.environ["OPSRUNNER_VAULT_PASSWORD_FILE"] = str(self.password)
        os.environ["OPSRUNNER_SECRETS_FILE"] = str(self.inventory.parent / "vault.yml")
        done = ended(self.office.start(login, *command))
        assert "canary" not in done.out + done.err
        return done

    def plan(self, *command: str) -> Plan:
        """Plan and approve; return the plan."""
        done = self.run(PLANNER, "backup", *command, "-i", str(self.inventory), "--json")
        assert done.code == 0, done
        plan = Plan.model_validate(done.said["plan"])
        approved = self.run(REVIEWER, "approve", plan.id, "--json", "--key",
                            str(self.office.key(REVIEWER)))
        assert approved.code == 0, approved
        return plan

    def carry(self, verb: str, plan: Plan, *options: str) -> Done:
        """Apply, resume or undo a plan as the planner."""
        return self.run(PLANNER, verb, plan.id, "--json", *options)


@pytest.fixture(scope="module")
def shop(databases: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Return the shop on a pristine host with a server that has data, which was looked at once."""
    databases.reset(ONE)
    faults.run(databases, ONE, "systemctl start mariadb", check=True)
    account = ACCOUNT.replace("\\", "\\\\").replace("'", "''")
    sql = DATA.replace("{secret}", account)
    faults.run(databases, ONE, f"mariadb <<'END_SQL'\n{sql}\nEND_SQL\n", check=True)
    found = Shop(databases, tmp_path_factory.mktemp("shop"))
    found.plan("install", "--initialize")  # the first look makes files of its own
    yield found
    databases.reset(ONE)


def left_behind(shop: Shop, before: Any) -> list[str]:  # noqa: ANN401 - pictures
    """Return the paths of the host that are not as before, the database's own aside."""
    paths = changed(shop.lab, before, ONE).get(ONE, {})
    return [path for path in paths
            if not path.startswith((*MADE, "/var/lib/mysql", "/tmp/"))]  # noqa: S108 - a host's


def test_a_wrong_password_is_taken_back_and_makes_no_repository(shop: Shop) -> None:
    faults.run(shop.lab, ONE, f"mkdir -p {REPOSITORY}; printf other >/root/p; restic init -q -r"
                              f" {REPOSITORY} --password-file /root/p --no-cache", check=True)
    before = pictures(shop.lab, ONE)
    done = shop.carry("apply", shop.plan("install", "--initialize"))
    assert (done.code, done.state(ONE)) == (2, "undone"), done
    assert "password is wrong" in done.reason(ONE)
    assert left_behind(shop, before) == []
    keys = faults.run(shop.lab, ONE, f"ls {REPOSITORY}/keys | wc -l; rm -rf {REPOSITORY} /root/p")
    assert keys.stdout.split()[-1] == "1", "the repository is what it was"


def test_installed_made_and_taken_back(shop: Shop) -> None:
    before = pictures(shop.lab, ONE)
    plan = shop.plan("install", "--initialize")
    kinds = {change.kind for step in plan.subjects[0].steps for change in step.changes}
    assert {"file", "secret", "unit", "other"} <= kinds
    done = shop.carry("apply", plan)
    assert (done.code, done.state(ONE)) == (0, "verified"), done
    timers = faults.run(shop.lab, ONE, "systemctl is-active opsrunner-backup-files.timer"
                                       " opsrunner-backup-mariadb.timer").stdout.split()
    assert timers == ["active", "active"]
    made = shop.carry("apply", run := shop.plan("run"))
    assert (made.code, made.state(ONE)) == (0, "verified"), made
    kept = faults.run(shop.lab, ONE, "ls -d /var/backups/opsrunner/mariadb/2*; ls "
                                     f"{REPOSITORY}/snapshots; ls /var/lib/opsrunner/run-*").stdout
    assert len(kept.split()) == 3, kept  # a set, a snapshot of the files and one of their manifest
    elsewhere = faults.run(shop.lab, ONE, f"sleep 5; ls {OFFSITE}/snapshots").stdout
    assert len(elsewhere.split()) == 4, elsewhere  # the same of both, with a manifest each
    refused = shop.carry("undo", run)
    assert (refused.code, "is not taken back" in refused.err) == (3, True), refused
    undone = shop.carry("undo", plan)
    assert (undone.code, undone.state(ONE)) == (0, "undone"), undone
    # How the backups ended is kept beside them, in the folder that the first of them needed.
    assert [path for path in left_behind(shop, before) if path != "/var/lib/opsrunner"] == []


def test_a_backup_that_runs_is_not_joined_by_another(shop: Shop) -> None:
    plan = shop.plan("install", "--initialize")
    assert shop.carry("apply", plan).code == 0
    run = shop.plan("run", "shop/files/" + ONE)
    faults.run(shop.lab, ONE, "setsid flock /var/lib/opsrunner/backup_files.json.lock sleep 40"
                              " </dev/null >/dev/null 2>&1 &", check=True)
    done = shop.carry("apply", run)
    assert (done.code, done.state(ONE)) == (2, "refused"), done
    assert "exit code 75" in done.reason(ONE)
    faults.run(shop.lab, ONE, "pkill -x flock; pkill -x -f 'sleep 40'")
    retried = shop.carry("resume", run, "--retry-refused")
    assert (retried.code, retried.state(ONE)) == (0, "verified"), retried


def contents(path: Path) -> Iterator[bytes]:
    """Yield what a file holds, also within compressed evidence and within papers."""
    data = path.read_bytes()
    yield data
    if data.startswith(zstandard.FRAME_HEADER):
        yield zstandard.ZstdDecompressor().decompressobj().decompress(data)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())


def telling(folder: Path, words: bytes) -> list[Path]:
    """Return the files below a folder that hold these words."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if any(words in data for data in contents(path))]


def test_no_secret_is_anywhere_but_in_the_vault_and_on_the_host(shop: Shop) -> None:
    """The last test: whatever the others left is searched, evidence and papers included."""
    folder = shop.office.folder
    assert telling(folder, b"canary") == []
    kinds = {path.suffix for path in telling(folder, b"backup_files")}
    assert {".zst", ".json", ".jsonl", ".docx", ".html"} <= kinds, "the control: all were read"
    said = faults.run(shop.lab, ONE, "cat /etc/opsrunner/backup-files.password").stdout
    assert said.strip() == CANARY, "the control: it is on the host"
