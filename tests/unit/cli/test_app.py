"""Which commands are loaded: the one that is called, or all of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LISTED = """
import sys
from opsrunner.cli.app import application
app = application(sys.argv[1:])
groups = [group.name for group in app.registered_groups]
print(*sorted(groups + [command.name for command in app.registered_commands]))
"""


def _commands(*arguments: str) -> set[str]:
    """Given a command line, return the commands there are in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _LISTED, *arguments], capture_output=True, text=True, check=True,
    )
    return set(done.stdout.split())


def test_a_command_is_loaded_alone() -> None:
    assert _commands("check", "-i", "apply") == {"check"}
    assert _commands("runs") == {"runs", "show", "diff", "judge"}  # those of its module


@pytest.mark.parametrize("arguments", [(), ("--help",), ("undo", "x"), ("table",), ("nonsense",)])
def test_what_is_no_module_of_its_own_has_every_command_beside_it(
    arguments: tuple[str, ...],
) -> None:
    assert {"check", "plan", "apply", "undo", "drill", "rules", "verify"} <= _commands(*arguments)
