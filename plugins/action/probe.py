"""Send a probe script on standard input of one command and keep what it prints in a file.

No module is copied, no Python is needed on the host, nothing is written there. A command line
ends at 128 KiB and csh breaks on newlines, so the script goes over standard input of ``sh -s``.
The output does not travel as a task result either: it is written to a file of the controller.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Loaded by the main process before it forks, so that no worker has to for its one host.
import ansible.plugins.connection.ssh
import ansible.plugins.shell.sh  # noqa: F401 - see above
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

_PR_SET_PDEATHSIG = 1


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """``probe:`` runs ``DIR/scripts/<name>`` as ``DIR/index.json`` says by host.

    DIR is the variable ``observe_linux_workdir`` itself: a templated argument would be compiled
    anew in the worker of every host, which costs more than sending the script.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    _VALID_ARGS: frozenset[str] = frozenset()

    def run(
        self,
        tmp: str | None = None,
        task_vars: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return ``{changed: false, bytes: n, exit_code: n}``; bad input is an AnsibleActionFail.

        A failed connection is raised by Ansible itself. A refused privilege is in the answer: a
        result with ``rc`` would be a failed task, and what the host said of it would be lost.
        """
        _die_with_parent()
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = str(variables.get("inventory_hostname"))
        given = variables.get("observe_linux_workdir", "")
        workdir = Path(str(self._templar.template(given)))  # plain text costs nothing here
        mark = secrets.token_hex(16)
        script, target = _script_for(workdir, host)
        clock, started = time.monotonic(), datetime.now(UTC)
        # surrogateescape keeps every byte the host sent, whatever its encoding.
        answer = self._low_level_execute_command(
            "/bin/sh -s",
            in_data=script.replace("@OPS_MARK@", mark).encode(),
            sudoable=True,
            encoding_errors="surrogateescape",
        )
        raw = str(answer.get("stdout", "")).encode("utf-8", "surrogateescape")
        header = {
            "mark": mark,
            "rc": answer.get("rc"),
            "stderr": str(answer.get("stderr", ""))[-2000:].encode("utf-8", "replace").decode(),
            "started": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "seconds": round(time.monotonic() - clock, 3),
        }
        _write(target, json.dumps(header).encode() + b"\n" + raw)
        result.update(changed=False, bytes=len(raw), exit_code=answer.get("rc"))
        return result


def _script_for(workdir: Path, host: str) -> tuple[str, Path]:
    try:
        entry = json.loads((workdir / "index.json").read_text(encoding="utf-8"))[host]
        text = (workdir / "scripts" / entry["script"]).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError) as error:
        raise AnsibleActionFail(f"no probe script for {host} in {workdir}: {error}") from error
    return text, workdir / "answers" / str(entry["answer"])


def _write(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    partial.replace(path)


def _die_with_parent() -> None:
    """Let this worker end with ansible-playbook, so that a killed run leaves nothing running."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
