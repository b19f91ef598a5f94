"""How this machine names its own platform."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from opsrunner.errors import InventoryError
from opsrunner.subjects.platforms import PLATFORMS, this_machine


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ('ID="centos"\nVERSION_ID="7"\n', "centos-7"),
        ('ID="rhel"\nVERSION_ID="8.9"\n', "rhel-8"),
        ("VERSION_ID='9.4'\nID=rhel\n", "rhel-9"),
        ('NAME="Kylin Linux Advanced Server"\nID="kylin"\nVERSION_ID="V10"\n', "kylin-v10"),
        ("# ID=rhel\nID=debian\nVERSION_ID=12\n\nnoise\n", "debian-12"),
    ],
)
def test_os_release_names_the_platform(tmp_path: Path, text: str, platform: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert this_machine(tmp_path / "os-release") == platform
    assert platform in PLATFORMS


@pytest.mark.parametrize(
    "text", ["", "ID=debian\n", "ID=debian\nVERSION_ID=13\n", "ID=rhel\nVERSION_ID=10.0\n"]
)
def test_unknown_system_is_an_error_and_never_a_guess(tmp_path: Path, text: str) -> None:
    (tmp_path / "os-release").write_text(text)
    with pytest.raises(InventoryError, match="ops_platform"):
        this_machine(tmp_path / "os-release")


def test_no_os_release(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="cannot tell"):
        this_machine(tmp_path / "none")


def test_names_are_those_of_the_policies() -> None:
    text = (Path(__file__).parents[3] / "policies" / "platforms.yml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)["platforms"]) == PLATFORMS
