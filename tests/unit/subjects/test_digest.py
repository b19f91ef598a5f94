"""The inventory's hash: what moves it, what does not, and that sha256sum gives the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opsrunner.subjects.digest import inventory_sha256


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"hosts.yml": "a", "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_anyone_can_compute_it(folder: Path) -> None:
    script = "find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True)
    assert inventory_sha256(folder) == done.stdout.decode().split()[0]


def test_content_name_and_new_file_move_it(folder: Path) -> None:
    seen = {inventory_sha256(folder)}
    (folder / "hosts.yml").write_text("b")
    seen.add(inventory_sha256(folder))
    (folder / "hosts.yml").rename(folder / "fleet.yml")
    seen.add(inventory_sha256(folder))
    (folder / "host_vars").mkdir()
    (folder / "host_vars" / "x.yml").write_text("")
    seen.add(inventory_sha256(folder))
    assert len(seen) == 4


def test_place_and_editor_leftovers_do_not(folder: Path, tmp_path: Path) -> None:
    before = inventory_sha256(folder)
    for name in (".hosts.yml.swp", "hosts.yml~", ".git/HEAD", "hosts.retry"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("noise")
    assert inventory_sha256(folder) == before
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    assert inventory_sha256(moved) == before


def test_unreadable_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        inventory_sha256(tmp_path / "none.yml")
