"""Running Ansible: its events, and that it ends with us, hangs or not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from opsrunner.doctor.ansible_run import Call, run
from opsrunner.errors import RunError
from opsrunner.secrets.store import Secret

EVENT = '{"_event":"v2_runner_on_ok","task":{"name":"Login"},"hosts":{"%s":{"stdout":"x"}}}'
ROOT = Path(__file__).parents[3]


def call(tmp_path: Path, script: str, *, patience: int = 30, secret: Secret | None = None) -> Call:
    fake = tmp_path / "fake-ansible"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    playbook, inventory = tmp_path / "doctor.yml", tmp_path / "hosts.yml"
    return Call(playbook, inventory, ["a", "b"], 5, secret, [str(fake)], patience, 0)


def test_only_results_come_out_in_order(tmp_path: Path) -> None:
    noise = """
        echo 'not json'; echo '[1]'; echo '{"_event":"v2_playbook_on_stats","stats":{}}'
        """
    script = f"{noise}\necho '{EVENT % 'a'}'\necho '{EVENT % 'b'}'"
    told = list(run(call(tmp_path, script)))
    assert told == [("a", "Login", {"stdout": "x"}), ("b", "Login", {"stdout": "x"})]


def test_the_hosts_are_named_in_a_file_and_forks_given(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f'echo "$@" > {log}; cat "${{4#@}}" >> {log}; echo \'{EVENT % "a"}\''
    list(run(call(tmp_path, script)))
    arguments, *names = log.read_text().splitlines()
    assert "--forks 5" in arguments
    assert names == ["a", "b"]


def test_silence_is_an_error_with_the_last_words(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="ERROR! no such playbook"):
        list(run(call(tmp_path, "echo 'ERROR! no such playbook' >&2; exit 1")))


def test_a_run_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    script = f"echo '{EVENT % 'a'}'; sleep 60 & echo $! > {tmp_path}/child; wait"
    begun = time.monotonic()
    assert len(list(run(call(tmp_path, script, patience=1)))) == 1
    assert time.monotonic() - begun < 20
    assert gone(int((tmp_path / "child").read_text()))


def test_leaving_half_way_ends_it_too(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; echo '{EVENT % 'a'}'; wait"
    events = run(call(tmp_path, script))
    next(events)
    events.close()  # type: ignore[attr-defined]  # a generator, which callers need not know
    assert gone(int((tmp_path / "child").read_text()))


def gone(pid: int) -> bool:
    """Return whether the process ends within seconds (a zombie has ended)."""
    for _ in range(50):
        try:
            if "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]:
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


def test_vault_password_is_in_a_pipe_and_nowhere_else(tmp_path: Path) -> None:
    canary = "Canary-e0d7-must-not-show"
    log = tmp_path / "log"
    script = f"""
        (tr '\\0' ' ' < /proc/$$/cmdline; env) > {log}
        while [ "$1" != --vault-password-file ]; do shift; done
        cat "$2" > {tmp_path}/read; echo '{EVENT % "a"}'
        """
    list(run(call(tmp_path, script, secret=Secret("vault", canary))))
    assert (tmp_path / "read").read_text() == f"{canary}\n"  # the control: it does get there
    assert "--vault-password-file" in log.read_text()
    assert canary not in log.read_text()


def test_the_real_ansible_asks_this_machine(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        "me: {vars: {ansible_connection: local, ops_platform: auto}, hosts: {here: {}}}"
    )
    results = {
        (host, task): result
        for host, task, result in run(Call(ROOT / "playbooks/doctor.yml", inventory, ["here"], 5))
    }
    assert set(results) == {("here", "Login"), ("here", "Privilege")}
    assert f"opsrunner-doctor {os.geteuid()} " in results["here", "Login"]["stdout"]


def test_no_connection_of_an_earlier_run_is_reused(tmp_path: Path) -> None:
    script = f"""
        echo "$ANSIBLE_SSH_CONTROL_PATH_DIR" >> {tmp_path}/folders; echo '{EVENT % "a"}'
        """
    for _ in range(2):
        list(run(call(tmp_path, script)))
    first, second = (tmp_path / "folders").read_text().split()
    assert first != second
    assert not Path(first).parent.exists()
