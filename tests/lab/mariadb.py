"""A primary and its standby on two lab hosts, and an application that writes through an address."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.fleet.shell import wait_until

ONE, TWO, APP = "lab-debian12-1", "lab-debian12-2", "lab-debian12-3"
CONFIG = """[mariadbd]
bind_address = 0.0.0.0
server_id = {number}
log_bin = log
log_slave_updates = 1
gtid_strict_mode = 1
read_only = {read_only}
"""
CREATE = """
SET SESSION sql_log_bin = 0;
CREATE USER repl@'%' IDENTIFIED BY '{secret}';
GRANT REPLICATION SLAVE ON *.* TO repl@'%';
CREATE USER app@'%' IDENTIFIED BY 'app';
GRANT ALL ON app.* TO app@'%';
"""
START = "firewall-cmd -q --add-service=mysql; systemctl start mariadb"
SCHEMA = """
CREATE DATABASE app;
CREATE TABLE app.marks (n BIGINT PRIMARY KEY, server INT NOT NULL, at TIMESTAMP(6)) ENGINE=InnoDB;
"""
FOLLOW = """
CHANGE MASTER TO MASTER_HOST = '{source}', MASTER_USER = 'repl', MASTER_PASSWORD = '{secret}',
    MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos;
START SLAVE;
"""


def quoted(text: str) -> str:
    """Return a text as it stands between quotes in SQL."""
    return text.replace("\\", "\\\\").replace("'", "''")


@dataclass
class Pair:
    """Two servers, the first of them the primary at first, with one address for applications."""

    lab: Lab
    secret: str
    watch_secret: str = ""

    def address(self, name: str) -> str:
        """Return a host's own address."""
        now = self.lab.record
        return now.host(name).address(now.subnet)

    @property
    def virtual(self) -> str:
        """Return the address that applications use."""
        return f"{self.lab.record.subnet}.200"

    def sql(self, name: str, text: str, *, check: bool = True) -> str:
        """Run SQL as root on a host; return what it prints, columns by tab, no heading."""
        script = f"mariadb --batch --skip-column-names <<'END_SQL'\n{text}\nEND_SQL\n"
        return faults.run(self.lab, name, script, check=check).stdout.strip()

    def start(self) -> None:
        """Start both servers and the replication; the first host has the address."""
        for number, name in enumerate((ONE, TWO), 1):
            text = CONFIG.format(number=number, read_only=number - 1)
            faults.write_file(self.lab, name, "/etc/mysql/mariadb.conf.d/70-pair.cnf", text)
        for name in (ONE, TWO):
            faults.run(self.lab, name, START, check=True)
            self.sql(name, CREATE.format(secret=quoted(self.secret)))
        self.sql(ONE, SCHEMA)
        self.sql(TWO, FOLLOW.format(source=self.address(ONE), secret=quoted(self.secret)))
        faults.run(self.lab, ONE, f"ip addr add {self.virtual}/24 dev eth0", check=True)
        assert wait_until(self.together, 20, 0.1)

    def together(self) -> bool:
        """Tell whether both servers have the same transactions."""
        return len({self.sql(name, "SELECT @@gtid_binlog_pos") for name in (ONE, TWO)}) == 1

    def holders(self) -> list[str]:
        """Return the hosts that have the virtual address."""
        script = f"ip -4 -o addr show | grep -F ' {self.virtual}/'"
        return [name for name in (ONE, TWO)
                if faults.run(self.lab, name, script).returncode == 0]

    def writable(self) -> list[str]:
        """Return the hosts whose server takes writes."""
        return [name for name in (ONE, TWO) if self.sql(name, "SELECT @@read_only") == "0"]

    def switch(
        self, primary: str = ONE, standby: str = TWO, *options: str,
        playbook: str = "switchover.yml", **variables: Any,  # noqa: ANN401 - variables of any type
    ) -> subprocess.CompletedProcess[str]:
        """Run the playbook as an operator does; the password comes from a file of mode 0600."""
        given = {
            "switch_mariadb_primary": primary, "switch_mariadb_standby": standby,
            "switch_mariadb_primary_address": self.address(primary),
            "switch_mariadb_standby_address": self.address(standby),
            "switch_mariadb_address": f"{self.virtual}/24",
            "switch_mariadb_replication_user": "repl",
            "switch_mariadb_replication_password": self.secret, **variables,
        }
        path = self.lab.instance.state / "switchover.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(given), encoding="utf-8")
        environ = {**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")}
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i",
             self.lab.record.inventory, f"playbooks/{playbook}", "-e", f"@{path}", *options],
            cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=400, check=False,
        )
        assert self.secret not in done.stdout + done.stderr
        return done


def new_pair(lab: Lab) -> Pair:
    """Return a pair on pristine hosts, started."""
    pair = Pair(lab, f"q'{secrets.token_hex(8)}\\\"x")
    pair.start()
    return pair
