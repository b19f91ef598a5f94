"""Blobs that do not hold are named, whoever hashes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.evidence.blobs import BlobStore
from opsrunner.evidence.verify.rehash import faults_of
from tests.unit.evidence.recording import flip

COUNT = 60  # enough that the tool is asked


@pytest.fixture
def shas(tmp_path: Path) -> list[str]:
    store = BlobStore(tmp_path)
    store.create()
    return [store.put(f"blob {number}".encode()) for number in range(COUNT)]


@pytest.mark.parametrize("tool", ["", "exit 1", 'echo "sha256sum: broken"', None])
def test_whoever_hashes_them_damage_is_named(
    tmp_path: Path, shas: list[str], tool: str | None, monkeypatch: pytest.MonkeyPatch,
) -> None:
    if tool is not None:  # "" is none at all
        programs = tmp_path / "programs"
        programs.mkdir()
        monkeypatch.setenv("PATH", str(programs))
        if tool:
            (programs / "sha256sum").write_text(f"#!/bin/sh\n{tool}\n")
            (programs / "sha256sum").chmod(0o755)
    assert faults_of(str(tmp_path), shas) == []
    store = BlobStore(tmp_path)
    flip(store.path(shas[7]), 9)
    store.path(shas[50]).unlink()
    changed, gone, strange = faults_of(str(tmp_path), [*shas, "../x"])
    assert changed == f"blob {shas[7]} was changed"
    assert gone.startswith(f"blob {shas[50]} cannot be read: ")
    assert strange == "'../x' is not the SHA-256 of a blob"
    assert faults_of(str(tmp_path), shas[7:8]) == [f"blob {shas[7]} was changed"], "few, too"
