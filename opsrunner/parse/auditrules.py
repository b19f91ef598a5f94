"""Linux audit rules: one line of a rules file, and the list that ``auditctl -l`` prints.

Follows auditctl: words are split at blanks only, so a tab or a trailing comment makes a line
invalid. Source: auditctl(8), audit-userspace ``src/auditctl.c`` and ``auditctl-listing.c``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_TAKES_VALUE = frozenset("CefrbaAdSFmRwWkpq")
_FLAGS = frozenset("hicslDtv")
_LONG = {"--loginuid-immutable": 0, "--backlog_wait_time": 1, "--reset-lost": 0,
         "--reset_backlog_wait_time_actual": 0}
_LISTS = frozenset(("task", "exit", "user", "exclude", "filesystem", "io_uring"))
_ACTIONS = frozenset(("never", "always"))
_DEPRECATED = frozenset(("possible", "entry"))  # auditctl warns and eats the rule
_FIELD = re.compile(r"([A-Za-z0-9_]+)(!=|>=|<=|&=|=|>|<|&)(.+)")
_OLD_ARCH = {"3221225534": "b64", "3221225655": "b64", "1073741827": "b32", "1073741864": "b32"}


class RefusedError(ValueError):
    """A line that auditctl would not take."""


@dataclass(frozen=True, slots=True)
class Field:
    """One condition of a rule; ``-C a!=b`` has the name ``-C``."""

    name: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class AuditRule:
    """One kernel rule. ``syscalls`` is None for all; ``path`` is of ``-w``, path= or dir=.

    ``recursive``: True for dir=, False for path=, None for a watch, which is what its path is.
    """

    action: str
    list: str
    syscalls: frozenset[str] | None
    fields: tuple[Field, ...]
    path: str | None = None
    recursive: bool | None = None
    perms: frozenset[str] | None = None


def words(line: str) -> list[str]:
    r"""Given a line, return its words as auditctl splits them: at blanks, ``\ `` kept."""
    kept = line.replace("\\ ", "\x07")
    return [word.replace("\x07", " ") for word in kept.split(" ") if word]


def options(line: str) -> Iterator[tuple[str, str]]:
    """Given a line, yield its options as (letter or long name, value). Raise RefusedError."""
    rest = words(line)
    while rest:
        word = rest.pop(0)
        name = word[1:2]
        if word.partition("=")[0] in _LONG:
            name, _, value = word.partition("=")
            if _LONG[name] and not value:
                value = rest.pop(0) if rest else ""
            yield name, value
        elif not word.startswith("-") or not name:
            raise RefusedError(f"parameter without an option: {word}")
        elif name in _TAKES_VALUE:
            value = word[2:] or (rest.pop(0) if rest else "")
            if not value:
                raise RefusedError(f"-{name} without a value")
            yield name, value
        elif name in _FLAGS and len(word) == 2:  # noqa: PLR2004 - a dash and a letter
            yield name, ""
        else:
            raise RefusedError(f"unknown option {word}")


def rule_of(given: Iterable[tuple[str, str]]) -> AuditRule | None:
    """Given the options of one line, return its rule, None when it is a deprecated one.

    Raise RefusedError for what auditctl refuses.
    """
    draft = _Draft()
    for letter, value in given:
        draft.take(letter, value)
    return draft.rule()


@dataclass(slots=True)
class _Draft:
    """The rule of one line while its options come in."""

    action: str = ""
    filter: str = ""
    watch: bool = False
    syscalls: set[str] = field(default_factory=set)
    fields: list[Field] = field(default_factory=list)
    path: str | None = None
    recursive: bool | None = None
    perms: frozenset[str] | None = None

    def take(self, letter: str, value: str) -> None:
        if letter in ("a", "A", "d"):
            self._list(value)
        elif letter in ("w", "W"):
            self._watch(value)
        elif not self.filter:
            raise RefusedError(f"-{letter} before the list or the watch")
        elif letter == "F":
            self._field(value)
        else:
            self._other(letter, value)

    def _other(self, letter: str, value: str) -> None:
        if letter == "S":
            if self.filter != "exit":
                raise RefusedError("syscalls go with the exit list")
            self.syscalls |= set(value.split(","))
        elif letter == "C":
            self.fields.append(_compare(value))
        elif letter == "p":
            self.perms = _perms(value)
        elif letter != "k":
            raise RefusedError(f"-{letter} in a rule")

    def _watch(self, value: str) -> None:
        if self.filter:
            raise RefusedError("a watch cannot be given with a syscall")
        self.action, self.filter, self.watch = "always", "exit", True
        self.path = _path(value)

    def _list(self, value: str) -> None:
        if self.filter:
            raise RefusedError("more than one list")
        parts = value.split(",")
        if len(parts) != 2:  # noqa: PLR2004 - action and list
            raise RefusedError(f"bad list {value}")
        for part in parts:
            if part in _LISTS or part == "entry":
                self.filter = part
            elif part in _ACTIONS or part == "possible":
                self.action = part
        if not self.filter or not self.action:
            raise RefusedError(f"bad list {value}")

    def _field(self, value: str) -> None:
        name, operator, right = _split(value)
        if name == "key":
            return
        if name == "arch" and self.syscalls:
            raise RefusedError("arch after the syscalls")
        if name in ("path", "dir"):
            self.path, self.recursive = _path(right), name == "dir"
        elif name == "perm":
            self.perms = _perms(right)
        else:
            self.fields.append(Field(name, operator, right))

    def rule(self) -> AuditRule | None:
        if not self.filter:
            raise RefusedError("no rule")
        if _DEPRECATED & {self.action, self.filter}:
            return None
        if self.watch and self.perms is None:
            self.perms = frozenset("rwxa")
        syscalls = None if not self.syscalls or "all" in self.syscalls else frozenset(self.syscalls)
        return AuditRule(
            self.action, self.filter, syscalls, tuple(self.fields),
            self.path, self.recursive, self.perms,
        )


def _split(value: str) -> tuple[str, str, str]:
    match = _FIELD.fullmatch(value)
    if match is None:
        raise RefusedError(f"bad field {value}")
    return match.group(1).lower(), match.group(2), match.group(3)


def _compare(value: str) -> Field:
    left, operator, right = _split(value)
    return Field("-C", operator, ",".join(sorted((left, right))))


def _perms(value: str) -> frozenset[str]:
    perms = frozenset(value.lower())
    if not perms <= frozenset("rwxa"):
        raise RefusedError(f"bad permissions {value}")
    return perms


def _path(value: str) -> str:
    if not value.startswith("/"):
        raise RefusedError(f"the path must start with a slash: {value!r}")
    return posixpath.normpath(value)


def listed(text: str) -> list[AuditRule]:
    """Given the output of ``auditctl -l``, return its rules in the kernel's order.

    Raise ValueError for a line that is no rule.
    """
    lines = (line.strip() for line in text.splitlines())
    rules = (_listed(line) for line in lines if line and line != "No rules")
    return [rule for rule in rules if rule is not None]


@lru_cache(maxsize=4096)
def _listed(line: str) -> AuditRule | None:
    return rule_of(_old_form(line) if line.startswith("LIST_RULES:") else options(line))


def _old_form(line: str) -> Iterator[tuple[str, str]]:
    """Yield the options of ``LIST_RULES: exit,always watch=/x perm=wa key=k`` (audit < 2.3.5)."""
    parts = [part for part in line.split()[1:] if not part.startswith("(")]
    watch = next((part for part in parts[1:] if part.startswith(("watch=", "dir="))), None)
    yield "a", parts[0] if parts else ""
    for part in parts[1:]:
        name, _, value = part.partition("=")
        if name == "syscall":
            yield "S", value
        elif name == "arch":
            yield "F", f"arch={_OLD_ARCH.get(value, value)}"
        elif part == watch:
            yield "F", f"{'path' if name == 'watch' else 'dir'}={value}"
        else:
            yield "F", part
