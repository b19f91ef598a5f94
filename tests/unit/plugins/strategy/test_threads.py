"""One ansible-playbook over hosts that differ, with a program in place of ssh: who gets what."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from opsrunner.sources.ansible import HostEvent, Playbook
from opsrunner.sources.exchange import Reply, exchange
from opsrunner.sources.limits import Limits

ROOT = Path(__file__).parents[4]
FORKS = 4
LIMITS = Limits(host_seconds=9, grace_seconds=1)
SCRIPT = 'echo "@@OPS_MARK@ BEGIN plain"; echo "$ADDRESS"; echo "@@OPS_MARK@ END"\n'
SSH = """#!/bin/sh
[ $# -gt 2 ] || exit 0  # Ansible asks once what ssh can do
for word; do address=$last last=$word; done
case $address in
  away) echo "ssh: connect to host away port 22: No route to host" >&2; exit 255 ;;
  hangs) echo $$ >"$FOLDER/hangs"; exec sleep 100 ;;
esac
echo 1 >>"$FOLDER/ssh"; sleep 0.3; echo -1 >>"$FOLDER/ssh"
ADDRESS=$address exec sh -c "$last"
"""
# Several hosts meet this one while it is still being loaded.
LOOKUP = """
import time
time.sleep(0.5)
from ansible.plugins.lookup import LookupBase
class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        return [f"at-{term}" for term in terms]
"""
ADDRESS = "{{ lookup('slow', inventory_hostname) | lower }}"
WELL = tuple(f"well{number}" for number in range(3 * FORKS))


class Exchange:
    """What came of one exchange: replies and events in their order, and what its ssh wrote."""

    def __init__(self, folder: Path, hosts: dict[str, dict[str, object]]) -> None:
        """Given an empty folder and hosts with variables, send all of them the script."""
        self.folder = folder
        inventory = folder / "hosts.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
        ssh = folder / "bin" / "ssh"
        ssh.parent.mkdir()
        ssh.write_text(SSH, encoding="utf-8")
        ssh.chmod(0o755)
        (folder / "slow.py").write_text(LOOKUP, encoding="utf-8")
        self.events: list[HostEvent] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
            patch.setenv("FOLDER", str(folder))
            patch.setenv("ANSIBLE_LOOKUP_PLUGINS", str(folder))
            playbook = Playbook(ROOT, "check.yml", inventory, {}, FORKS)
            sent = exchange(playbook, dict.fromkeys(hosts, SCRIPT), LIMITS, self.events.append)
            self.replies: dict[str, Reply] = {reply.host: reply for reply in sent}

    @property
    def at_once(self) -> int:
        """Return how many ssh clients ran at the same time, at most."""
        now = most = 0
        for step in (self.folder / "ssh").read_text(encoding="ascii").split():
            now += int(step)
            most = max(most, now)
        return most


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """One exchange with hosts that are well and, before them, three that are not."""
    hosts: dict[str, dict[str, object]] = {
        "hangs": {"ansible_host": "hangs"},
        "away": {"ansible_host": "away"},
        "undefined": {"ansible_host": "{{ nobody_set_this }}"},
        **{name: {"ansible_host": ADDRESS} for name in WELL},
    }
    return Exchange(tmp_path_factory.mktemp("mixed"), hosts)


def test_every_host_has_its_own_variables(mixed: Exchange) -> None:
    said = {name: (mixed.replies[name].stream or b"").strip().decode() for name in WELL}
    assert said == {name: f"at-{name}" for name in WELL}


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("away", "unreachable: ssh: connect to host away port 22: No route to host"),
        ("hangs", "timeout: the host did not answer within its limit"),
        ("undefined", "probe_failed: "),
    ],
)
def test_a_host_that_is_not_well_says_why(mixed: Exchange, host: str, reason: str) -> None:
    reply = mixed.replies[host]
    assert reply.stream is None
    assert str(reply.reason).startswith(reason)
    assert host != "undefined" or "nobody_set_this" in str(reply.reason)


def test_a_host_that_hangs_delays_nobody_and_leaves_nothing_running(mixed: Exchange) -> None:
    assert list(mixed.replies)[-1] == "hangs"
    client = Path("/proc") / (mixed.folder / "hangs").read_text(encoding="ascii").strip()
    for _ in range(50):
        if not client.exists():
            break
        time.sleep(0.1)
    assert not client.exists()


def test_hosts_run_side_by_side_and_never_more_than_forks(mixed: Exchange) -> None:
    assert 1 < mixed.at_once <= FORKS


def test_every_host_starts_once_and_ends_once(mixed: Exchange) -> None:
    started = [event.host for event in mixed.events if event.status == "started"]
    ended = [event.host for event in mixed.events if event.status != "started"]
    assert sorted(started) == sorted(ended) == sorted(mixed.replies)
