"""What the layers are made of, and the keys under which they are cached.

A key is the hash of everything that goes in: change a file and the layer is built anew
under another name; nothing cached is ever altered.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .instance import CACHE_HOME, LAB_DIR, LabError
from .interpreters import Interpreter, find

IDENTITIES = LAB_DIR / "identities"
STANDINS = LAB_DIR / "standins"
EXTRAS = LAB_DIR / "extras"
ORDER = ("centos7", "rhel8", "kylinv10", "debian12", "centos6")
APT_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))


@dataclass(frozen=True)
class Identity:
    """One kind of host, as `identities/<name>/identity.toml` declares it."""

    name: str
    platform: str
    group: str
    python: str  # the version Ansible meets there, "" for none
    interpreter: str  # its path on the host, "" for none
    interpreter_found: Interpreter | None


def load_identity(name: str) -> Identity:
    """Given an identity's name, return it. Raise LabError when there is no such folder."""
    path = IDENTITIES / name / "identity.toml"
    if not path.is_file():
        raise LabError(f"no identity {name!r}: {path} is missing")
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    wanted = str(raw.get("python", ""))
    return Identity(
        name=name,
        platform=str(raw["platform"]),
        group=str(raw["group"]),
        python=wanted,
        interpreter=str(raw.get("interpreter", "")),
        interpreter_found=find(wanted) if wanted else None,
    )


@dataclass(frozen=True)
class Extra:
    """Packages that only some labs want, as `extras/<name>/extra.toml` declares them."""

    name: str
    identities: tuple[str, ...]  # the identities that can have it


def load_extra(name: str) -> Extra:
    """Given an extra's name, return it. Raise LabError listing those there are."""
    path = EXTRAS / name / "extra.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in EXTRAS.glob("*/extra.toml")))
        raise LabError(f"no extra {name!r}; there are: {known}")
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return Extra(name, tuple(raw["identities"]))


def apt_sources() -> Path | None:
    """Return the machine's own Debian sources, so that its mirror is used here too."""
    return next((path for path in APT_SOURCES if path.is_file()), None)


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]


def _tree_bytes(top: Path) -> bytes:
    """Return name, mode and content of every file of a folder as one byte string."""
    lines = bytearray()
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(files):
            path = Path(folder, name)
            what = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            mode = path.lstat().st_mode & 0o170100  # kind and "executable", as git keeps them
            lines += f"{path.relative_to(top)} {mode:o} ".encode()
            lines += hashlib.sha256(what).digest()
    return bytes(lines)


def base_key() -> str:
    """Return the cache key of the base root: package list, its setup, where packages come from."""
    sources = apt_sources()
    return _digest(_tree_bytes(IDENTITIES / "base"), sources.read_bytes() if sources else b"")


def identity_key(identity: Identity) -> str:
    """Return the cache key of an identity layer: base, its folder, the common one, stand-ins."""
    found = identity.interpreter_found
    return _digest(
        base_key().encode(),
        identity.name.encode(),
        *(_tree_bytes(IDENTITIES / part) for part in (identity.name, "build", "el")),
        _tree_bytes(STANDINS),
        Path(__file__).with_name("seed.py").read_bytes(),  # a new seed means new hosts
        found.fingerprint().encode() if found else b"",
    )


def extra_key(extra: Extra, identity: Identity) -> str:
    """Return the cache key of an extra layer: what is below it, its folder, how it is built."""
    return _digest(
        identity_key(identity).encode(),
        extra.name.encode(),
        _tree_bytes(EXTRAS / extra.name),
        (EXTRAS / "build.sh").read_bytes(),
    )


def base_dir() -> Path:
    """Return where the base root is or will be."""
    return CACHE_HOME / f"base-{base_key()}"


def identity_dir(identity: Identity) -> Path:
    """Return where an identity's layer is or will be."""
    return CACHE_HOME / f"{identity.name}-{identity_key(identity)}"


def extra_dir(extra: Extra, identity: Identity) -> Path:
    """Return where an extra's layer for an identity is or will be."""
    return CACHE_HOME / f"{extra.name}-{identity.name}-{extra_key(extra, identity)}"
