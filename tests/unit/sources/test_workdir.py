"""The working folder: closed to others, gone afterwards, and swept when its run was killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from opsrunner.sources import workdir as module
from opsrunner.sources.workdir import fill, workdir


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the folders be made where the test can see all of them."""
    monkeypatch.setattr(module, "_MEMORY", tmp_path)
    return tmp_path


def left_behind(memory: Path, name: str, age: float) -> Path:
    """Given a name and an age in seconds, make a folder as a killed run leaves it."""
    path = memory / name
    (path / "answers").mkdir(parents=True)
    (path / "answers" / "0.answer").write_text("raw")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def test_it_is_closed_to_others_and_gone_afterwards(memory: Path) -> None:
    with workdir() as path:
        assert path.stat().st_mode & 0o777 == 0o700
        answers = fill(path, {"a": "script", "b": "script", "../c": "other"})
        assert {answer.parent for answer in answers.values()} == {path / "answers"}
        assert len(list((path / "scripts").iterdir())) == 2
    assert list(memory.iterdir()) == []


def test_it_is_gone_after_an_error(memory: Path) -> None:
    with pytest.raises(KeyboardInterrupt), workdir():
        raise KeyboardInterrupt
    assert list(memory.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(memory: Path) -> None:
    old = left_behind(memory, "opsrunner-run-old", 60)
    with workdir():
        assert not old.exists()


def test_nothing_else_is_removed(memory: Path) -> None:
    """The folder of a living run, one made this moment, and what only looks alike."""
    others = [
        left_behind(memory, "opsrunner-run-new", 0),
        left_behind(memory, "opsrunner-doctor-1", 60),
    ]
    target = left_behind(memory, "elsewhere", 60)
    (memory / "opsrunner-run-link").symlink_to(target)
    with workdir() as living:
        moment = time.time() - 60
        os.utime(living, (moment, moment))
        with workdir() as second:
            assert living.exists()
            assert second != living
    assert all((path / "answers" / "0.answer").exists() for path in [*others, target])
