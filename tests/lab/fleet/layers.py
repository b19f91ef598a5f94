"""Overlay layers: base root and identity below (cached), per-host seed, per-host upper.

    merged = upper : seed : identity : base

base and identity are never changed once built. The seed makes a pristine host reachable
(host keys, authorized keys, password); the upper takes what happens and is thrown away
by a reset.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .shell import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOUNTS = Path("/proc/self/mounts")


def mounted_below(top: Path) -> list[Path]:
    """Return the mount points at or below a folder, deepest first."""
    points = [
        line.split()[1].encode().decode("unicode_escape")
        for line in MOUNTS.read_text(encoding="utf-8").splitlines()
    ]
    mine = [Path(p) for p in points if p == str(top) or p.startswith(f"{top}/")]
    return sorted(mine, key=lambda p: len(p.parts), reverse=True)


def in_use(folder: Path) -> bool:
    """Tell whether any mount names a folder as one of its layers."""
    return str(folder) in MOUNTS.read_text(encoding="utf-8")


def mount(merged: Path, upper: Path, work: Path, lower: Sequence[Path]) -> None:
    """Mount an overlay; `lower` is given top first. Folders that are missing are made."""
    for folder in (merged, upper, work):
        folder.mkdir(parents=True, exist_ok=True)
    chain = ":".join(str(folder) for folder in lower)
    # volatile: a host's disk need not survive a power cut of the machine, so sync costs nothing.
    options = f"lowerdir={chain},upperdir={upper},workdir={work},volatile"
    run("mount", "-t", "overlay", "opsrunner-lab", "-o", options, str(merged))


def unmount(merged: Path) -> None:
    """Unmount a root and whatever is mounted below it; wait a moment for its last users."""
    for point in mounted_below(merged):
        gone = wait_until(lambda p=point: _try_unmount(p), 3, 0.02)  # type: ignore[misc]
        if not gone:
            run("umount", "--lazy", str(point), check=False)


def _try_unmount(point: Path) -> bool:
    run("umount", str(point), check=False)
    return point not in mounted_below(point)


def discard(folder: Path, trash: Path) -> None:
    """Move a folder out of the way at once; `empty` deletes it when there is time."""
    if folder.exists():
        trash.mkdir(parents=True, exist_ok=True)
        folder.rename(trash / uuid.uuid4().hex)


def empty(trash: Path) -> None:
    """Delete what was discarded."""
    shutil.rmtree(trash, ignore_errors=True)


@contextmanager
def writable(folder: Path, upper: Path, lower: Sequence[Path]) -> Iterator[Path]:
    """Yield a root whose changes land in `upper`, so that attributes of folders are kept."""
    merged, work = folder / "merged", folder / "work"
    mount(merged, upper, work, lower)
    try:
        yield merged
    finally:
        unmount(merged)
        shutil.rmtree(work, ignore_errors=True)
