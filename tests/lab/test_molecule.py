"""The role on its own, the way other people test roles: molecule with testinfra."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT

pytestmark = pytest.mark.lab


def test_molecule_converges_is_idempotent_and_verifies(lab: Lab) -> None:
    assert Path(lab.record.inventory) == CHECKOUT / "inventories" / "lab" / "hosts.yml"
    folder = Path(sys.executable).parent
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [str(folder / "molecule"), "test"], cwd=CHECKOUT, env=environ, capture_output=True,
        text=True, timeout=300, check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    hosts = len(lab.record.hosts)
    assert f"{2 * hosts} passed" in said, said[-3000:]
