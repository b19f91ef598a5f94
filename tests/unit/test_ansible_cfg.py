"""``ansible.cfg`` is what playbooks that nobody starts through opsrunner rest on."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_hosts_are_known_by_key_and_one_that_freezes_is_noticed() -> None:
    found = configparser.ConfigParser()
    found.read(ROOT / "ansible.cfg", encoding="utf-8")
    ssh, defaults = found["ssh_connection"], found["defaults"]
    options = dict(
        word.split("=", 1) for word in shlex.split(ssh["ssh_args"]) if "=" in word
    )
    # Without these a playbook whose host loses its cable waits for TCP to give up: a quarter of
    # an hour, in the middle of a switchover.
    frozen = int(options["ServerAliveInterval"]) * int(options["ServerAliveCountMax"])
    assert 0 < frozen <= 60  # seconds
    assert ssh.getboolean("pipelining")
    assert defaults.getboolean("host_key_checking")
    assert int(defaults["forks"]) >= 20  # else hosts wait for one another
    for kind in ("action", "lookup", "strategy"):
        assert (ROOT / defaults[f"{kind}_plugins"]).is_dir(), kind
