"""What a PDF says, by somebody else's program."""

from __future__ import annotations

import subprocess
from pathlib import Path


def text(path: Path) -> str:
    """Given a PDF, return its text, pages apart by form feeds; needs pdftotext."""
    command = ["pdftotext", "-enc", "UTF-8", str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def words(path: Path) -> list[str]:
    """Given a PDF, return each page's text without its spaces, which depend on the font."""
    return ["".join(page.split()) for page in text(path).split("\f")]
