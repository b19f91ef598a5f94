"""The host is as the picture says: content, type, mode, owner and extended attributes."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.picture import differing, kept, lab_of

if TYPE_CHECKING:
    from testinfra.host import Host

TREES = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "trees"


def test_the_tree_is_what_it_was(host: Host) -> None:
    name = host.backend.get_hostname()
    key, before = pickle.loads((TREES / name).read_bytes())  # noqa: S301 - written by prepare.yml
    assert differing(before, kept(lab_of(Path(key)), name)) == {}


def test_nothing_waits_to_undo(host: Host) -> None:
    assert not host.file("/var/lib/opsrunner").exists
    assert "opsrunner" not in host.run("systemctl list-unit-files; systemctl list-timers").stdout
