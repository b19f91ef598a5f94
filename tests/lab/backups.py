"""Backups on a lab host as an operator makes them: installed by the playbook, run, verified."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.mariadb import ONE

PROGRAMS = "/usr/local/lib/opsrunner"
SETS = "/var/backups/opsrunner/mariadb"
SCRATCH = "/var/tmp/opsrunner-scratch"  # noqa: S108 - a folder on a lab host
SECRET = "Qz7\"canary\\'x"  # noqa: S105 - a canary
REPOSITORY = "/srv/repository"
FILES = "/etc/opsrunner/backup-files.conf"
CONFIG = "[mariadbd]\nserver_id = 1\nlog_bin = log\n"


def install(lab: Lab, folder: Path, *groups: str, **more: object) -> str:
    """Install what groups of the playbook get, or all of it, on the first host; return its output.

    Secrets are in a file of mode 0600.
    """
    data = yaml.safe_load(Path(lab.record.inventory).read_text(encoding="utf-8"))
    variables = data["linux"]["vars"] | data["linux"]["children"]["debian"]["vars"]
    host = {ONE: data["linux"]["children"]["debian"]["hosts"][ONE] | variables}
    inventory, secrets = folder / "hosts.yml", folder / "secrets.yml"
    wanted = groups or ("mariadb", "backup_files")
    inventory.write_text(yaml.safe_dump({group: {"hosts": host} for group in wanted}))
    secrets.touch(mode=0o600)
    secrets.write_text(yaml.safe_dump({
        "backup_mariadb_user": "saver", "backup_mariadb_password": SECRET,
        "backup_mariadb_keep": 3,
        "backup_files_repository": REPOSITORY, "backup_files_password": SECRET,
        "backup_files_paths": ["/etc", SETS], "backup_files_initialize": True,
        **more,
    }))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory),
         "playbooks/backup.yml", "-e", f"@{secrets}", "--diff"],
        cwd=CHECKOUT, env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
        capture_output=True, text=True, timeout=400, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "canary" not in done.stdout + done.stderr
    return done.stdout


def run(lab: Lab, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script on the first host, in a folder of its own root."""
    done = faults.run(lab, ONE, f"cd /root\n{script}", timeout=120)
    # The shell begins in a folder outside the host's root, and says so once.
    done.stderr = done.stderr.replace("sh: 0: getcwd() failed: No such file or directory\n", "", 1)
    return done


def sql(lab: Lab, text: str) -> str:
    script = f"mariadb --batch --skip-column-names <<'END_SQL'\n{text}\nEND_SQL\n"
    return faults.run(lab, ONE, script, check=True).stdout.strip()


def status(lab: Lab, job: str) -> dict[str, Any]:
    """Return the status file that the controller reads."""
    text = run(lab, f"cat /var/lib/opsrunner/{job}.json").stdout
    found: dict[str, Any] = json.loads(text)
    return found


def back_up(lab: Lab) -> str:
    """Back up; return the set's folder."""
    done = run(lab, f"{PROGRAMS}/backup-mariadb /etc/opsrunner/backup-mariadb.conf")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def verify(
    lab: Lab, folder: str, scratch: str = SCRATCH, more: str = "",
) -> tuple[int, str]:
    """Verify a set; return exit code and output. Whatever it finds, it must have cleaned up."""
    done = run(lab, f"{PROGRAMS}/verify-mariadb {folder} {scratch} {more}")
    left = run(lab, f"ls -d {SCRATCH}; pgrep -fa 'datadir={SCRATCH}'").stdout
    assert (left, "cleaned yes" in done.stdout) == ("", True), done.stdout + done.stderr
    assert not done.stderr
    return done.returncode, done.stdout


def flip(path: str) -> str:
    """Return the shell command that flips one bit of a file; twice, it is as before."""
    code = ("import sys; f = open(sys.argv[1], 'r+b'); m = f.seek(0, 2) // 2; f.seek(m);"
            " b = f.read(1)[0]; f.seek(m); f.write(bytes([b ^ 1]))")
    return f'python3 -c "{code}" {path}'


def verify_files(lab: Lab, config: str = FILES, more: str = "") -> tuple[int, str]:
    """Read all of the repository; return exit code and output."""
    done = run(lab, f"{PROGRAMS}/verify-files {config} 1 1 {more}")
    assert "cleaned yes" in done.stdout
    assert run(lab, f"ls -d {SCRATCH}").stdout == ""
    return done.returncode, done.stdout
