"""Find the old Pythons that EL hosts bring, where the machine has them under pyenv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """One Python installation: its prefix and its full version."""

    prefix: Path
    version: str

    def fingerprint(self) -> str:
        """Return what changes when the installation changes."""
        binary = self.prefix / "bin" / f"python{self.series}"
        return f"{self.prefix} {self.version} {binary.stat().st_mtime_ns}"

    @property
    def series(self) -> str:
        """Return major.minor."""
        return ".".join(self.version.split(".")[:2])


def pyenv_roots() -> list[Path]:
    """Return the folders where pyenv may keep its versions, most explicit first."""
    roots = [Path(os.environ["PYENV_ROOT"])] if "PYENV_ROOT" in os.environ else []
    if shutil.which("pyenv"):
        done = subprocess.run(
            ["pyenv", "root"], capture_output=True, text=True, check=False, timeout=20
        )
        if done.returncode == 0 and done.stdout.strip():
            roots.append(Path(done.stdout.strip()))
    return [*roots, Path.home() / ".pyenv"]


def find(series: str) -> Interpreter | None:
    """Given major.minor, return the newest such installation under pyenv, None without one."""
    pattern = re.compile(rf"{re.escape(series)}\.(\d+)")
    for root in pyenv_roots():
        found = [
            (int(match[1]), folder)
            for folder in (root / "versions").glob(f"{series}.*")
            if (match := pattern.fullmatch(folder.name))
            and (folder / "bin" / f"python{series}").exists()
        ]
        if found:
            newest = max(found)[1]
            return Interpreter(newest, newest.name)
    return None
