"""The role harden_linux on real hosts: what --check says is what a run does, and is undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.cli import inventory
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.picture import differing, kept

pytestmark = pytest.mark.lab

HOSTS = ("lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1")
WANTED = CHECKOUT / "molecule" / "harden" / "vars" / "wanted.yml"
SECRET = "Zx9canaryQ7"  # noqa: S105 - a canary


def harden(hosts_file: Path, *options: str, **variables: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - variables of any type
    """Run the playbook; return each host's result of its last task."""
    return played(hosts_file, *options, **variables)[-1]


def played(hosts_file: Path, *options: str, **variables: Any) -> list[dict[str, dict[str, Any]]]:  # noqa: ANN401 - variables of any type
    """Run the playbook; return for each task each host's result."""
    environ = {
        **os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "json",
    }
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(hosts_file),
         "playbooks/harden.yml", "-e", json.dumps(variables), *options],
        cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=300, check=False,
    )
    said = json.loads(done.stdout)
    assert SECRET not in done.stdout + done.stderr
    return [task["hosts"] for task in said["plays"][0]["tasks"]]


@pytest.fixture
def hosts_file(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """Return an inventory of one host of each identity; the hosts are reset afterwards."""
    yield inventory(lab, tmp_path, HOSTS)
    lab.reset(*HOSTS)


def test_what_check_announces_is_what_a_run_does_and_undo_takes_back(
    lab: Lab, hosts_file: Path,
) -> None:
    wanted = yaml.safe_load(WANTED.read_text(encoding="utf-8"))
    # The first login of all may make a home's files, and the first look a stand-in's.
    harden(hosts_file, "--check", **wanted)
    before = {host: kept(lab, host) for host in HOSTS}
    announced = harden(hosts_file, "--check", "--diff", **wanted)
    for host in HOSTS:
        assert differing(before[host], kept(lab, host)) == {}, "a dry run changed something"
    done = harden(hosts_file, "--diff", **wanted)
    for host in HOSTS:
        told = ("changed", "done", "activated", "by_hand", "refused", "unknown", "diff")
        assert done[host]["changed"], done[host]
        assert [announced[host][key] for key in told] == [done[host][key] for key in told]
        files = {one.partition(" ")[2] for one in done[host]["done"]
                 if one.startswith(("file ", "attributes "))}
        changed = differing(before[host], kept(lab, host))
        assert files <= changed.keys()
    again = harden(hosts_file, **wanted)
    assert {host: (again[host]["changed"], again[host]["done"]) for host in HOSTS} == dict.fromkeys(
        HOSTS, (False, []),
    )
    harden(hosts_file, harden_linux_state="undone")
    for host in HOSTS:
        assert differing(before[host], kept(lab, host)) == {}, host


def test_bad_variables_stop_before_a_host_is_asked(hosts_file: Path) -> None:
    results = harden(hosts_file, "--check", harden_linux_umask=27, harden_linux_no_such=["x"])
    for result in results.values():
        assert result["failed"]
        assert "harden_linux_umask: must be of type str" in result["msg"]
        assert "harden_linux_no_such: no remedy" in result["msg"]


def test_a_second_login_that_does_not_get_in_ends_the_host_before_it_is_begun(
    lab: Lab, tmp_path: Path,
) -> None:
    c7, kylin = HOSTS[0], HOSTS[2]
    path = inventory(
        lab, tmp_path, (c7, kylin),
        lab_centos7_1={"ops_second_login": "opsadm"},
        lab_kylinv10_1={"ops_second_login": "nobody-here"},
    )
    wanted = {"harden_linux_modules_disabled": ["cramfs"]}
    try:
        proof, result = played(path, **wanted)
        assert proof[c7]["proven"] == "opsadm"
        assert result[c7]["changed"]  # the control
        assert proof[kylin].get("unreachable") or proof[kylin]["failed"]
        assert kylin not in result
        # What is said on the command line is stronger than the task, and proves nothing.
        (stopped,) = played(path, ansible_user="root", **wanted)
        assert "second login opsadm is not tried: root logs in" in stopped[c7]["msg"]
    finally:
        lab.reset(c7, kylin)
