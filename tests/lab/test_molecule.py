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


def molecule(lab: Lab, scenario: str, work: Path) -> str:
    """Run a scenario on the lab, in a working folder of its own; return what it said."""
    folder = Path(sys.executable).parent
    environ = {
        **os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT),
        "LAB_INVENTORY": lab.record.inventory, "MOLECULE_EPHEMERAL_DIRECTORY": str(work),
    }
    done = subprocess.run(
        [str(folder / "molecule"), "test", "-s", scenario], cwd=CHECKOUT, env=environ,
        capture_output=True, text=True, timeout=600, check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def test_molecule_converges_is_idempotent_and_verifies(lab: Lab, tmp_path: Path) -> None:
    said = molecule(lab, "default", tmp_path)
    assert f"{2 * len(lab.record.hosts)} passed" in said, said[-3000:]


def test_hardening_is_announced_done_once_and_taken_back(
    lab: Lab, pristine: list[str], tmp_path: Path,
) -> None:
    pristine += [host.name for host in lab.record.hosts]
    said = molecule(lab, "harden", tmp_path)
    assert said.count(f"{2 * len(lab.record.hosts)} passed") == 2, said[-3000:]  # before and after
