"""Lines that ``find -printf`` wrote about files: type, mode, owner, path.

Form: ``TYPE|MODE|UID|GID|USER|GROUP|SIZE|PATH``; the path comes last and is taken as it is. The
probe turned line breaks inside names into ``?``, so a line is always one file. TYPE is find's
letter (``f``, ``d``, ``l``, ...) or ``missing``, ``denied``, ``dangling``; a further line with
``acl`` says that a file has ACL entries beyond its mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FIELDS = 8
_STATES = frozenset(("missing", "denied", "dangling", "acl"))


@dataclass(frozen=True, slots=True)
class Found:
    """One file; ``mode`` and ids are 0 where ``kind`` is no letter."""

    kind: str
    path: str
    mode: int = 0
    uid: int = 0
    gid: int = 0
    user: str = ""
    group: str = ""
    size: int | None = None
    acl: bool = False

    @property
    def there(self) -> bool:
        """Return whether something is there (a link that leads nowhere is not)."""
        return self.kind not in _STATES

    @property
    def octal(self) -> str:
        """Return the mode in four octal digits."""
        return f"{self.mode:04o}"

    @property
    def owner(self) -> str:
        """Return ``user:group``, an id that has no name as its number."""
        return f"{self.user}:{self.group}"


def found(lines: Iterable[str]) -> Iterator[Found]:
    """Given lines, return the files. Raise ValueError for a line of another form."""
    for line in lines:
        if not line:
            continue
        fields = line.split("|", _FIELDS - 1)
        if len(fields) != _FIELDS or not fields[-1]:
            raise ValueError(f"not a line about a file: {line[:80]!r}")
        kind, mode, uid, gid, user, group, size, path = fields
        if kind in _STATES:
            yield Found(kind, path)
        else:
            yield Found(
                kind, path, int(mode, 8), int(uid), int(gid), user, group,
                int(size) if size else None,
            )
