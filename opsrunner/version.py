"""Which code this is: the version and a hash over the package's own source."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@cache
def code_version() -> str:
    """Return ``VERSION+HASH``; the hash changes with any byte of the package's Python source."""
    try:
        number = version("opsrunner")
    except PackageNotFoundError:
        number = "0"
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{number}+{digest.hexdigest()[:12]}"
