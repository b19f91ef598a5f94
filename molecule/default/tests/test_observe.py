"""After the role ran: every host's answer is there and whole, and the host is as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from opsrunner.sources.wire import frames, unpack
from tests.lab.prepare import PROBES

if TYPE_CHECKING:
    from testinfra.host import Host

FOLDER = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "observe"
LIMIT = 1_000_000


def test_every_probe_answered(host: Host) -> None:
    name = host.backend.get_hostname()
    answer = json.loads((FOLDER / "index.json").read_bytes())[name]["answer"]
    head, _, raw = (FOLDER / "answers" / answer).read_bytes().partition(b"\n")
    mark = json.loads(head)["mark"]
    stream = unpack(raw, mark, limit=LIMIT)
    assert stream is not None
    found = frames(stream, mark, dict.fromkeys(PROBES, LIMIT))
    assert sorted(found) == sorted(PROBES)
    assert all(frame.complete and frame.exit_code == 0 for frame in found.values())
    assert b"root:" in found["accounts.passwd"].stdout


def test_nothing_of_the_probe_is_left(host: Host) -> None:
    assert host.run("pgrep -f OPS_MARK").rc != 0
    left = host.file("/root/.ansible/tmp")
    assert not left.exists or left.listdir() == []
