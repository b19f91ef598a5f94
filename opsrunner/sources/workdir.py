"""The folder one slice of hosts works in: scripts in, answers out, gone afterwards.

It lies in memory where the machine has such a place, is closed to everybody else, and is
removed whatever happens: raw answers belong in the evidence store alone. Its lock ends with the
process, so that the next run finds and removes the folder of one that was killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from opsrunner.errors import RunError

_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it is 0700 and has a random name
_PREFIX = "opsrunner-run-"
_FRESH = 5  # seconds within which a folder may not have its lock yet


@contextmanager
def workdir() -> Iterator[Path]:
    """Give a fresh 0700 folder, in memory if possible; remove it at the end."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    try:
        _sweep(place)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RunError(f"no room for a working folder: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _sweep(place: Path) -> None:
    """Remove the folders of ours whose run is gone; one of these seconds may not be locked yet."""
    for path in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or another run removed it
            if path.lstat().st_uid != os.geteuid() or time.time() - path.lstat().st_mtime < _FRESH:
                continue
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(lock)


def fill(path: Path, scripts: Mapping[str, str]) -> dict[str, Path]:
    """Given script texts by host, write ``scripts/``, ``index.json`` and the ``limit`` file.

    Return where each host's answer will be. Hosts with the same script share one file; file
    names are numbers, so that a host's name is never part of a path.
    """
    for name in ("scripts", "answers"):
        (path / name).mkdir(mode=0o700)
    index, answers = {}, {}
    for number, (host, text) in enumerate(scripts.items()):
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        (path / "scripts" / name).write_text(text, encoding="utf-8")
        index[host] = {"script": name, "answer": f"{number}.answer"}
        answers[host] = path / "answers" / f"{number}.answer"
    (path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (path / "limit").write_text("\n".join(scripts) + "\n", encoding="utf-8")
    return answers
