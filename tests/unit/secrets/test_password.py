"""Where the vault's password may come from, and where not."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from opsrunner.errors import ExitCode, SettingsError
from opsrunner.secrets.password import password_from_descriptor, password_from_file

CANARY = "Canary-2b9c-must-not-show"


def private(path: Path, content: bytes = f"{CANARY}\n".encode(), mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_private_file_is_read_without_its_line_end(tmp_path: Path, mode: int) -> None:
    assert password_from_file(private(tmp_path / "pw", mode=mode)).reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601, 0o620])
def test_file_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match="chmod 600") as error:
        password_from_file(private(tmp_path / "pw", mode=mode))
    assert error.value.exit_code is ExitCode.BAD_INPUT
    assert error.value.problems[0].file == str(tmp_path / "pw")


def test_executable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="executable"):
        password_from_file(private(tmp_path / "pw", mode=0o700))


def test_link_is_judged_by_what_it_points_to(tmp_path: Path) -> None:
    private(tmp_path / "open", mode=0o644)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(SettingsError, match="0644"):
        password_from_file(tmp_path / "link")


def test_file_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(private(tmp_path / "pw"), 12345, 12345)
    with pytest.raises(SettingsError, match="another user"):
        password_from_file(tmp_path / "pw")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path, words in [("pipe", "regular"), (".", "regular"), ("none", "cannot be read")]:
        with pytest.raises(SettingsError, match=words):
            password_from_file(tmp_path / path)


@pytest.mark.parametrize("content", [b"", b" \n", CANARY.encode() + b"\xff\n"])
def test_unusable_content_names_the_file_and_not_the_bytes(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SettingsError) as error:
        password_from_file(private(tmp_path / "pw", content))
    assert error.value.__traceback__ is not None
    ours = error.value.__traceback__.tb_next  # without this test's own frame
    chain = traceback.TracebackException(SettingsError, error.value, ours, capture_locals=True)
    text = "".join(chain.format())
    assert "pw" in text
    assert CANARY not in text
    assert error.value.__context__ is None


def test_descriptor_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.write(writing, CANARY[:5].encode())
    os.write(writing, f"{CANARY[5:]}\n".encode())
    os.close(writing)
    assert password_from_descriptor(reading).reveal() == CANARY
    os.close(reading)
    with pytest.raises(SettingsError, match=f"file descriptor {reading}"):
        password_from_descriptor(reading)
