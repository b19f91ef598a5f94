"""The state a shell may be in while its profile scripts are followed on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

KEPT = ("TMOUT", "HISTSIZE", "HISTTIMEFORMAT", "HISTFILE", "umask", "history")
_EMPTY_WHEN_UNSET = frozenset((*KEPT, "ZSH_VERSION", "KSH_VERSION", "ZSH_NAME", "POSIXLY_CORRECT"))
_MOST_WORLDS = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Who logs in: what ``id`` says, and where the dot files are."""

    name: str
    uid: int
    group: str
    home: str


@dataclass(frozen=True, slots=True)
class World:
    """A state: a variable whose value is None is unknown, one that is not there may be anything.

    ``umask`` and ``history`` (``set -o history``) are kept as variables. ``sure``: the shell of
    this person certainly gets here; otherwise ``doubt`` is what could not be known. ``stopped``:
    ``line`` (an error drops the line), ``file`` (return) or ``shell`` (exit).
    """

    variables: Mapping[str, str | None]
    readonly: frozenset[str] = frozenset()
    sure: bool = True
    doubt: str = ""
    stopped: str = ""

    def value(self, name: str) -> str | None:
        """Given a variable's name, return its value, empty when unset, None when unknown."""
        if name in self.variables:
            return self.variables[name]
        return "" if name in _EMPTY_WHEN_UNSET else None

    def with_(self, name: str, value: str | None) -> World:
        """Return the world with a variable set."""
        return replace(self, variables={**self.variables, name: value})

    def doubted(self, why: str) -> World:
        """Return the world as one that may or may not come about."""
        return replace(self, sure=False, doubt=self.doubt or why)

    def tainted(self, why: str) -> World:
        """Return the world after something that may have changed all that is not readonly."""
        names = [name for name in (*KEPT, "PATH") if name not in self.readonly]
        changed = {**self.variables, **dict.fromkeys(names, None)}
        return replace(self, variables=changed, doubt=why)

    def distinct(self) -> tuple[object, ...]:
        """Return what makes this world different from others."""
        values = tuple(self.value(name) for name in KEPT)
        return values, self.readonly.intersection(KEPT), self.stopped


@dataclass(frozen=True, slots=True)
class Scripts:
    """Files of the host: text by path, paths that are there but say nothing of interest, gone."""

    texts: Mapping[str, str]
    others: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()  # only root can read them

    def __hash__(self) -> int:
        return hash((frozenset(self.texts.items()), self.others, self.missing, self.closed))

    def seen_by(self, person: Person) -> Scripts:
        """Return the files as this person sees them: what is closed to him is not there."""
        if person.uid == 0 or not self.closed:
            return self
        texts = {path: text for path, text in self.texts.items() if path not in self.closed}
        return Scripts(texts, self.others - self.closed, self.missing | self.closed)

    def there(self, path: str) -> bool | None:
        """Return whether a file exists, None when nobody looked."""
        if path in self.texts or path in self.others:
            return True
        listed = path.startswith("/etc/profile.d/") and path.endswith((".sh", "/sh.local"))
        return False if path in self.missing or listed else None

    def glob(self, pattern: str) -> list[str]:
        """Return the files a pattern names, sorted, as the shell does."""
        depth = pattern.count("/")
        paths = (*self.texts, *self.others)
        return sorted(p for p in paths if p.count("/") == depth and fnmatchcase(p, pattern))


def merged(worlds: list[World], before: World) -> list[World]:
    """Given the worlds one became, return those that differ in what is kept.

    Others are thrown together: PATH holds the folders of all, what else differs is unknown.
    """
    if len(worlds) == 1 and (worlds[0].sure == before.sure or not worlds[0].sure):
        return [_settled(worlds[0], before)]
    groups: dict[tuple[object, ...], World] = {}
    for world in worlds:
        key = world.distinct()
        groups[key] = _joined(groups[key], world) if key in groups else world
    if len(groups) == 1:  # whatever was in doubt made no difference
        return [_settled(next(iter(groups.values())), before)]
    if len(groups) > _MOST_WORLDS:
        return [before.tainted("too many conditions that nobody can decide")]
    return list(groups.values())


def _settled(only: World, before: World) -> World:
    return only if only.sure == before.sure else replace(only, sure=before.sure)


def _joined(left: World, right: World) -> World:
    variables: dict[str, str | None] = {}
    for name in {**left.variables, **right.variables}:
        one, other = left.value(name), right.value(name)
        if one == other:
            variables[name] = one
        elif name == "PATH" and one is not None and other is not None:
            both = dict.fromkeys([*one.split(":"), *other.split(":")])
            variables[name] = ":".join(both)
        else:
            variables[name] = None
    return World(
        variables, left.readonly & right.readonly, left.sure or right.sure,
        left.doubt or right.doubt, left.stopped,
    )
