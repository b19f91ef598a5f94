"""Harden one host: read it, decide here, change what differs, confirm by a new login.

No module is copied and no Python is needed on the host: each step is one POSIX sh script on
standard input of one command. What was read stays in this process and is never written down.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from opsrunner.changes.answer import Answer, Outcome, parse
from opsrunner.changes.reading import Target, read_script, read_state
from opsrunner.changes.rendering import refuse_types, render
from opsrunner.changes.role_result import failed, told, why
from opsrunner.changes.state import HostState
from opsrunner.changes.transaction import (
    begin_script,
    clean_script,
    confirm_script,
    status_script,
    undo_script,
)
from opsrunner.errors import OpsrunnerError
from opsrunner.facts.base import CannotTell, registry
from opsrunner.policy.models import PlatformFile
from opsrunner.remedies.base import PREFIX, reads_of, remedies
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import load_probes
from opsrunner.sources.wire import frames, unpack
from opsrunner.subjects.platforms import AUTO, this_machine

ROOT = Path(__file__).parents[2]
OBSERVE = ROOT / "roles" / "observe_linux"
_OWN = frozenset((f"{PREFIX}state", f"{PREFIX}undo_after", f"{PREFIX}timeout"))
_SITE = ("ops_second_login", "ops_controller_address")  # what remedies ask of the inventory
_OURS = "harden-role-"  # a transaction's name begins with it and goes on with its time
_UNTOUCHED = frozenset((Outcome.REFUSED, Outcome.DRIFT, Outcome.INVALID, Outcome.FAILED))
_FRESH = "-o ControlMaster=no -o ControlPath=none"


@cache
def _families() -> Mapping[str, tuple[str, ...]]:
    path = ROOT / "policies" / "platforms.yml"
    known = PlatformFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    return {name: tuple(platform.family) for name, platform in known.platforms.items()}


# Ansible loads this file before it forks a worker for each host: what is imported and read now
# costs once, not once a host.
_families()
registry()
remedies()
load_probes(OBSERVE / "files" / "probes")


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """``harden: {state: present, undo_after: 300}`` with the host's harden_linux_* variables.

    ``state: second_way`` only proves that this connection gets in and becomes root; the task's
    variables make it the account of ``ops_second_login``. ``second_way`` hands its answer on.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _VALID_ARGS = frozenset(("state", "undo_after", "second_way"))

    def run(
        self,
        tmp: str | None = None,
        task_vars: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return what was done, by hand, refused and unknown; bad input is an AnsibleActionFail."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            result.update(self._done(self._task.args.get("state", "present"), task_vars or {}))
        except (OpsrunnerError, CannotTell) as error:
            raise AnsibleActionFail(str(error)) from error
        return result

    def _done(self, state: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if state == "undone":
            return self._undone()
        if state == "second_way":
            return self._second_way(variables)
        self._refuse_unproven(variables)
        return self._present(variables)

    # -- the second way in ---------------------------------------------------------------------

    def _second_way(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Log in anew as this task's account and become root, or fail."""
        account, known = self._second(variables), self._connection.has_option("remote_user")
        login = self._connection.get_option("remote_user") if known else "nobody"
        if login != account:  # -e ansible_user=... is stronger than what the task says
            raise AnsibleActionFail(f"the second login {account} is not tried: {login} logs in")
        with self._new_login():
            answer = self._send("id -u\n")
        if _raw(answer).split()[-1:] != [b"0"]:
            raise AnsibleActionFail(f"the second login {account} is not root: {_said(answer)}")
        return {"changed": False, "proven": account}

    def _refuse_unproven(self, variables: Mapping[str, Any]) -> None:
        """Refuse to begin where a second way in is declared and nobody proved it just now."""
        account, proven = self._second(variables), self._task.args.get("second_way")
        if account and account != proven:
            raise AnsibleActionFail(
                f"ops_second_login: {account} was not proven to get in, so nothing is begun; "
                "the tasks of the role harden_linux prove it first",
            )

    def _second(self, variables: Mapping[str, Any]) -> str:
        return str(self._templar.template(variables.get("ops_second_login", "")) or "")

    # -- present -------------------------------------------------------------------------------

    def _present(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        wanted = self._wanted(variables)
        rendered = render(self._read(wanted, self._target(variables)), wanted)
        result = told(rendered, diff=self._task.diff)
        if not rendered.changes:
            return result
        seconds = int(self._task.args.get("undo_after", 300))
        name = f"{_OURS}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        # Made in check mode too: what no script can be made of is refused there already.
        script = begin_script(rendered.changes, name, undo_after=seconds)
        if self._task.check_mode:
            return result
        return {**result, **self._change(script, name, seconds)}

    def _change(self, script: str, name: str, seconds: int) -> dict[str, Any]:
        """Change the host and confirm it by a new login; say where it stands when that fails."""
        begun = self._ask(script)
        if begun.outcome is not Outcome.DONE:
            return failed(name, begun, changed=begun.outcome not in _UNTOUCHED, seconds=seconds)
        with self._new_login():
            confirmed = self._confirm(name)
        if confirmed.outcome is not Outcome.DONE:
            return failed(name, confirmed, changed=True, seconds=seconds)
        return {"transaction": name}

    def _confirm(self, name: str) -> Answer:
        """Confirm; a login that fails at first may be one that sshd was not ready for."""
        for pause in (1, 3, 0):
            said = self._ask(confirm_script(name))
            if said.outcome is not Outcome.UNKNOWN:
                break
            time.sleep(pause)
        return said

    # -- undone --------------------------------------------------------------------------------

    def _undone(self) -> dict[str, Any]:
        """Take back every transaction of this role, the newest first, and forget them."""
        status = self._ask(status_script())
        if status.outcome is not Outcome.DONE:
            raise AnsibleActionFail(f"what was done to the host is unknown: {why(status)}")
        known = {one.tx: one.state for one in status.transactions if one.tx.startswith(_OURS)}
        done: list[str] = []
        for name in sorted(known, reverse=True):
            if not self._task.check_mode:
                steps = [] if known[name] == "undone" else [undo_script(name)]
                for script in (*steps, clean_script(name)):
                    said = self._ask(script)
                    if said.outcome is not Outcome.DONE:
                        return {**failed(name, said, changed=True), "done": done}
            done.append(name)
        return {"changed": bool(done), "done": done}

    # -- what goes over the connection ---------------------------------------------------------

    def _wanted(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings somebody wants: null and what is empty are none."""
        given = {
            name: _plain(self._templar.template(value))
            for name, value in variables.items() if name.startswith(PREFIX) and name not in _OWN
        }
        wanted = {name: value for name, value in given.items() if value not in (None, "", [], {})}
        refuse_types(wanted)
        return wanted

    def _target(self, variables: Mapping[str, Any]) -> Target:
        platform = str(variables.get("ops_platform", ""))
        platform = this_machine() if platform == AUTO else platform
        if platform not in _families():
            raise AnsibleActionFail(f"ops_platform: {platform or 'not set'}: no such platform")
        ledger = {**variables.get("ops_ledger_defaults", {}), **variables.get("ops_ledger", {})}
        host = str(variables.get("inventory_hostname"))
        address = str(self._templar.template(variables.get("ansible_host", host)))
        site = {name: str(self._templar.template(variables[name])) for name in _SITE
                if variables.get(name)}
        attributes = {"address": address, **_plain(self._templar.template(ledger)), **site}
        return Target(host, platform, _families()[platform], attributes)

    def _read(self, wanted: Mapping[str, Any], target: Target) -> HostState:
        reads, limits = reads_of(wanted), Limits()
        reading = read_script(OBSERVE, reads, target.families, limits)
        mark = secrets.token_hex(16)
        answer = self._send(reading.script.replace("@OPS_MARK@", mark))
        stream = unpack(_raw(answer), mark, limit=limits.host_bytes)
        if stream is None:
            raise AnsibleActionFail(f"the host could not be read: {_said(answer)}")
        return read_state(frames(stream, mark, reading.caps), reads, target)

    def _ask(self, script: str) -> Answer:
        """Send a transaction's script; a connection that breaks leaves an unknown outcome."""
        mark = secrets.token_hex(16)
        try:
            answer = self._send(script.replace("@OPS_MARK@", mark))
        except AnsibleConnectionFailure as error:
            return Answer("", "", Outcome.UNKNOWN, reason=f"no connection: {error.message}")
        header = {"mark": mark, "rc": answer.get("rc"), "stderr": answer.get("stderr", "")}
        return parse(json.dumps(header).encode() + b"\n" + _raw(answer))

    def _send(self, script: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._low_level_execute_command(
            "/bin/sh -s",
            in_data=script.encode("utf-8", "surrogateescape"),
            sudoable=True,
            encoding_errors="surrogateescape",
        )
        return answer

    @contextmanager
    def _new_login(self) -> Iterator[None]:
        """Within it every command logs in anew: nothing is proven by a connection that was open."""
        connection = self._connection
        connection.reset()
        if not connection.has_option("ssh_args"):
            yield
            return
        usual = connection.get_option("ssh_args")
        connection.set_option("ssh_args", f"{_FRESH} {usual}")
        try:
            yield
        finally:
            connection.set_option("ssh_args", usual)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a variable holds
    """Return a value in Python's own types, without Ansible's markings."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def _raw(answer: Mapping[str, Any]) -> bytes:
    return str(answer.get("stdout", "")).encode("utf-8", "surrogateescape")


def _said(answer: Mapping[str, Any]) -> str:
    said = " ".join(str(answer.get("stderr", "")).split())[-200:]
    return said or f"exit code {answer.get('rc')}"
