"""One SHA-256 for an inventory, so that a run can say exactly which hosts it was told about.

It is the hash of a ``sha256sum`` listing, so anyone can compute it again by hand, in the folder:
``find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`` (hidden and editor files aside).
Vault-encrypted files count as they are stored, never decrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_VARS_FOLDERS = ("group_vars", "host_vars")  # Ansible reads these beside an inventory file
_EDITOR_LEFTOVERS = ("~", ".swp", ".orig", ".bak", ".retry", ".pyc")


def inventory_sha256(path: Path) -> str:
    """Given an inventory folder or file, return the hash over its files. Raise OSError."""
    base = path if path.is_dir() else path.parent
    names = sorted(file.relative_to(base).as_posix() for file in inventory_files(path))
    lines = [
        f"{hashlib.sha256((base / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    ]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def inventory_files(path: Path) -> Iterator[Path]:
    """Given an inventory, yield every file Ansible could read for it, in no order."""
    if path.is_dir():
        yield from _tree(path)
        return
    yield path
    for folder in _VARS_FOLDERS:
        yield from _tree(path.parent / folder)


def _tree(folder: Path) -> Iterator[Path]:
    """Given a folder, yield the files below it, hidden ones and editors' leftovers left out."""
    for file in folder.rglob("*"):
        inside = file.relative_to(folder).parts
        if any(part.startswith(".") for part in inside) or file.name.endswith(_EDITOR_LEFTOVERS):
            continue
        if file.is_file():
            yield file
