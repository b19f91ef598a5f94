"""How long one host takes to keep what it is about to change, and to take a change back."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from opsrunner.changes.answer import Answer, Outcome, parse
from opsrunner.changes.fleet import Fleet
from opsrunner.changes.reading import Target
from opsrunner.changes.rendering import render
from opsrunner.changes.state import HostState
from opsrunner.changes.transaction import begin_script, status_script, undo_script
from opsrunner.policy.models import PlatformFile
from opsrunner.remedies.base import reads_of
from opsrunner.sources.ansible import Playbook
from opsrunner.sources.limits import Limits
from tests.bench.fleet import Target as Login
from tests.bench.fleet import targets

ROOT = Path(__file__).parents[2]
_TX = "bench"


@dataclass(frozen=True, slots=True)
class Sent:
    """When a script was sent, the answer, and the seconds until it was there."""

    at: datetime
    answer: Answer
    seconds: float


def snapshot_and_undo(
    inventory: Path, wanted: Mapping[str, Mapping[str, Any]],
) -> tuple[float, float]:
    """Given hardened hosts and what they were given, return the slowest snapshot and undo.

    One host of each platform, one at a time: what the role did is undone, then begun anew. The
    snapshot is from sending the script until the host says it is armed, the undo until it says
    undone, logins included.
    """
    rows = []
    for login, platform in _one_of_each(inventory):
        undo = 0.0
        known = _send(login, status_script()).answer.transactions
        for name in sorted((one.tx for one in known), reverse=True):  # the newest first
            sent = _send(login, undo_script(name))
            _expect(sent.answer, "undone")
            undo = max(undo, sent.seconds)
        state = _read(inventory, login, platform, wanted[login.name])
        changes = render(state, wanted[login.name]).changes
        begun = _send(login, begin_script(changes, _TX, undo_after=600))
        _expect(begun.answer, "applied")
        rows.append((_armed(begun), undo))
        print(f"    {login.name}: snapshot {rows[-1][0]:.2f} s, undo {rows[-1][1]:.2f} s")
    return max(kept for kept, _ in rows), max(undone for _, undone in rows)


def _one_of_each(inventory: Path) -> list[tuple[Login, str]]:
    data = yaml.safe_load(inventory.read_text(encoding="utf-8"))["linux"]["children"]
    firsts = {next(iter(group["hosts"])): group["vars"]["ops_platform"] for group in data.values()}
    return [(host, firsts[host.name]) for host in targets(inventory) if host.name in firsts]


def _read(inventory: Path, login: Login, platform: str, wanted: Mapping[str, Any]) -> HostState:
    text = (ROOT / "policies" / "platforms.yml").read_text(encoding="utf-8")
    family = PlatformFile.model_validate(yaml.safe_load(text)).platforms[platform].family
    target = Target(login.name, platform, tuple(family), {"address": login.address})
    playbook = Playbook(ROOT, "check.yml", inventory, {}, 1)
    fleet = Fleet(playbook, Limits(), {login.name: target}, "", 0)
    ((_, state),) = fleet.read({login.name: reads_of(wanted)})
    if not isinstance(state, HostState):
        raise RuntimeError(f"{login.name}: {state}")  # noqa: TRY004 - the host's words, no type
    return state


def _armed(begun: Sent) -> float:
    """Given a begun transaction, return the seconds until it was armed.

    The host says whole seconds: the end of that second is what it took at most.
    """
    since = next(one.since for one in begun.answer.history if one.state == "armed")
    whole = timedelta(seconds=0 if "." in since else 1)
    return (datetime.fromisoformat(since) + whole - begun.at).total_seconds()


def _expect(answer: Answer, state: str) -> None:
    if answer.outcome is not Outcome.DONE or answer.state != state:
        raise RuntimeError(f"{answer.tx}: {answer}")


def _send(login: Login, script: str) -> Sent:
    mark, at, start = secrets.token_hex(16), datetime.now(UTC), time.monotonic()
    done = subprocess.run(
        ["ssh", *login.options, "-o", "ConnectionAttempts=4", f"root@{login.address}",
         "/bin/sh -s"],
        input=script.replace("@OPS_MARK@", mark).encode(), capture_output=True, check=False,
    )
    seconds = time.monotonic() - start
    header = {"mark": mark, "rc": done.returncode, "stderr": done.stderr.decode()}
    return Sent(at, parse(json.dumps(header).encode() + b"\n" + done.stdout), seconds)
