"""Frames of ``state.paths`` and ``state.contents`` -> files. Pure; the bytes come from a host.

Every path that was asked for is in the answer: as it is, or as the CannotTell that says why
nobody knows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from opsrunner.changes.state import ABSENT, DIRECTORY, OTHER, REGULAR, FileState
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Reason

FILE_LIMIT = 256 * 1024  # bytes; no file a person configures a host with is longer

FileAnswer: TypeAlias = FileState | CannotTell
_KINDS = {"f": REGULAR, "d": DIRECTORY}
_WHY = {
    "denied": (Reason.DENIED, "not allowed to look"),
    "dangling": (Reason.UNPARSABLE, "a link that leads nowhere"),
    "secret": (Reason.DENIED, "holds secrets and is never read"),
}


def is_pattern(path: str) -> bool:
    """Given a declared path, return whether it is a shell glob."""
    return any(letter in path for letter in "*?[]")


def files(host: Host, probe: str, asked: tuple[str, ...]) -> dict[str, FileAnswer]:
    """Given frames, the probe's name and the declared paths, return files by asked and real path.

    A pattern gives its matches, none when there are none; it stands there itself only when
    nobody can know them.
    """
    try:
        found = _answers(dict(host.sections(probe)))
    except CannotTell as reason:
        return dict.fromkeys(asked, reason)
    except ValueError:
        return dict.fromkeys(asked, CannotTell(Reason.UNPARSABLE, probe))
    for path in asked:
        if not is_pattern(path):
            found.setdefault(path, CannotTell(Reason.NOT_COLLECTED, path))
    return found


def _answers(sections: Mapping[str, str]) -> dict[str, FileAnswer]:
    found = _paths(sections)
    if "bytes" in sections:
        _add_contents(found, sections)
    return found


def _matches(sections: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield (path, state, real path) of every match."""
    words = _words(sections.get("paths", ""))
    if len(words) % 3:
        raise CannotTell(Reason.UNPARSABLE, "the list of paths is cut")
    for start in range(0, len(words), 3):
        state, path, real = words[start : start + 3]
        yield path, state, real


def _paths(sections: Mapping[str, str]) -> dict[str, FileAnswer]:
    attributes = {state.path: state for state, _ in _attributes(sections)}
    found: dict[str, FileAnswer] = {}
    for path, state, real in _matches(sections):
        answer: FileAnswer
        if state == "absent":
            answer = FileState(real, ABSENT)
        elif state == "found":
            gone = CannotTell(Reason.PROBE_FAILED, f"{path} vanished while it was looked at")
            answer = attributes.get(real, gone)
        else:
            reason, words = _WHY.get(state, (Reason.UNPARSABLE, state))
            answer = CannotTell(reason, f"{path}: {words}")
        found[path] = answer
        # A real path that was asked for, too, says the same; one that may not be read must not
        # hide behind a link.
        found[real] = answer
    return found


def _attributes(sections: Mapping[str, str]) -> Iterator[tuple[FileState, int]]:
    """Yield each path without its content, and its size in bytes."""
    for entry in _words(sections.get("attributes", "")):
        kind, mode, uid, gid, size, path = entry.split(" ", 5)
        state = FileState(path, _KINDS.get(kind, OTHER), int(mode, 8), int(uid), int(gid))
        yield state, int(size)


def _add_contents(found: dict[str, FileAnswer], sections: Mapping[str, str]) -> None:
    """Put the bytes into the regular files, and a CannotTell where they are not certain."""
    contents = _contents(sections)
    long = {state.path for state, size in _attributes(sections) if size > FILE_LIMIT}
    for path, state in found.items():
        if not isinstance(state, FileState) or state.kind != REGULAR:
            continue
        content = contents.get(state.path)
        if isinstance(content, bytes):
            found[path] = replace(state, content=content)
        elif content is not None:
            found[path] = content
        elif state.path in long:
            found[path] = CannotTell(Reason.TRUNCATED, f"{path} is over {FILE_LIMIT} bytes")
        else:
            found[path] = CannotTell(Reason.DENIED, f"{path}: not allowed to read")


def _contents(sections: Mapping[str, str]) -> dict[str, bytes | CannotTell]:
    stream = _decoded(sections.get("bytes", ""))
    sums = sections.get("sums", "").split()
    sizes = _words(sections.get("sizes", ""))
    found: dict[str, bytes | CannotTell] = {}
    start = 0
    for number, entry in enumerate(sizes):
        size, _, path = entry.partition(" ")
        piece = stream[start : start + int(size)]
        start += int(size)
        whole = len(sums) == len(sizes) and hashlib.sha256(piece).hexdigest() == sums[number]
        changed = CannotTell(Reason.PROBE_FAILED, f"{path} changed while it was read")
        found[path] = piece if whole else changed
    return found


def _words(section: str) -> list[str]:
    """Return the NUL-terminated words of a section in base64; odd bytes survive."""
    data = _decoded(section)
    if data and not data.endswith(b"\0"):
        raise CannotTell(Reason.UNPARSABLE, "a list is cut")
    return [word.decode("utf-8", "surrogateescape") for word in data.split(b"\0")[:-1]]


def _decoded(section: str) -> bytes:
    return base64.b64decode("".join(section.split()), validate=True)
