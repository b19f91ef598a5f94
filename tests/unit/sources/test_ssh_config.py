"""ssh's own word on what it would do with the configuration a check runs under."""

from __future__ import annotations

import subprocess
from pathlib import Path

import opsrunner.sources

CONFIG = Path(opsrunner.sources.__file__).parent / "ssh_config"


def exchanges(*options: str) -> list[str]:
    """Given ssh options, return the key exchanges it would offer, in its order."""
    said = subprocess.run(
        ["ssh", "-G", "-F", str(CONFIG), *options, "a-host"],
        capture_output=True, text=True, check=True,
    ).stdout
    line = next(line for line in said.splitlines() if line.startswith("kexalgorithms "))
    return line.split()[1].split(",")


def test_the_cheap_exchange_is_offered_first_and_no_other_is_lost() -> None:
    plain = subprocess.run(["ssh", "-Q", "kex"], capture_output=True, text=True, check=True)
    ours = exchanges()
    assert ours[0] == "curve25519-sha256"
    assert "sntrup761x25519-sha512@openssh.com" in ours or "sntrup" not in plain.stdout


def test_what_the_inventory_says_comes_first() -> None:
    assert exchanges("-o", "KexAlgorithms=ecdh-sha2-nistp256") == ["ecdh-sha2-nistp256"]


def test_a_configuration_read_before_ours_wins(tmp_path: Path) -> None:
    mine = tmp_path / "config"
    mine.write_text(f"Host a-host\n  KexAlgorithms ecdh-sha2-nistp256\nInclude {CONFIG}\n")
    said = subprocess.run(
        ["ssh", "-G", "-F", str(mine), "a-host"], capture_output=True, text=True, check=True,
    ).stdout
    assert "\nkexalgorithms ecdh-sha2-nistp256\n" in said
