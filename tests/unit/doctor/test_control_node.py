"""The control node's checks, with small executables in place of the real tools."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsrunner.doctor.control_node import Check, Status, check_control_node
from opsrunner.settings import Settings

GOOD = {
    "ssh": "echo OpenSSH_9.2p1 Debian >&2",
    "ssh-keygen": "exit 1",
    "fc-list": "printf 'Noto Sans CJK SC\\nSong\\n'",
    "timedatectl": "echo yes",
}


class Node:
    """A control node of which only the tools in ``bin`` exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()

    def tools(self, **scripts: str) -> None:
        """Write the good tools and the given ones; an empty script is a tool that cannot run."""
        for name, script in {
            **GOOD,
            **{k.replace("_", "-"): v for k, v in scripts.items()},
        }.items():
            path = self.folder / "bin" / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755 if script else 0o644)

    def checks(self, **options: object) -> dict[str, Check]:
        """Return all checks of this node by name."""
        settings = Settings.model_validate(
            {"root": self.folder, "store": self.folder / "a/b", "reports": self.folder, **options}
        )
        return {check.name: check for check in check_control_node(settings)}


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Node(tmp_path)


def test_a_node_in_order(node: Node) -> None:
    node.tools()
    checks = node.checks()
    assert {
        name: check.status for name, check in checks.items() if check.name != "disk"
    } == dict.fromkeys([name for name in checks if name != "disk"], Status.OK)
    assert "absent" in checks["sshpass"].detail  # tolerated, and said


@pytest.mark.parametrize(
    ("tools", "check", "status", "words"),
    [
        ({"ssh": ""}, "ssh", Status.PROBLEM, "absent"),
        ({"ssh": "echo Dropbear v2022"}, "ssh", Status.PROBLEM, "Dropbear"),
        ({"ssh": "echo OpenSSH_7.4p1 >&2"}, "ssh-keygen", Status.PROBLEM, "too old"),
        ({"ssh_keygen": ""}, "ssh-keygen", Status.PROBLEM, "absent"),
        ({"fc_list": ""}, "fonts", Status.WARNING, "cannot tell"),
        ({"fc_list": "exit 0"}, "fonts", Status.WARNING, "no font"),
        ({"timedatectl": ""}, "clock", Status.WARNING, "cannot tell"),
        ({"timedatectl": "exit 1"}, "clock", Status.WARNING, "cannot tell"),
        ({"timedatectl": "echo no"}, "clock", Status.WARNING, "not synchronised"),
    ],
)
def test_tool_missing_old_or_silent(
    node: Node, tools: dict[str, str], check: str, status: Status, words: str
) -> None:
    node.tools(**tools)
    found = node.checks()[check]
    assert found.status is status
    assert words in found.detail
    assert found.advice


def test_folder_nobody_can_write(node: Node) -> None:
    node.tools()
    found = node.checks(store=Path("/proc/opsrunner"))["write store"]
    assert found.status is Status.PROBLEM
    assert str(os.geteuid()) in found.advice


def test_looking_leaves_nothing_behind(node: Node) -> None:
    node.tools()
    node.checks()
    assert {path.name for path in node.folder.iterdir()} == {"bin"}


def test_vault_password_file_others_can_read(node: Node) -> None:
    node.tools()
    path = node.folder / "pw"
    path.write_text("x")
    path.chmod(0o600)
    assert node.checks(vault_password_file=path)["vault password"].status is Status.OK
    path.chmod(0o644)
    found = node.checks(vault_password_file=path)["vault password"]
    assert (found.status, "chmod 600" in found.detail) == (Status.PROBLEM, True)
