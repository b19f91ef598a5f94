"""sudoers as sudo reads it: files and what they include -> grants, Defaults and what was wrong.

Follows sudoers(5) and sudo's ``toke.l`` and ``gram.y``: a comment ends at its line (a backslash
at its end does not continue it), ``#1000`` is a uid, tags and runas lists hold for the commands
after them, an alias may be defined after its use, an includedir skips names with a dot or a
``~`` at the end. Where sudo gives up, the line is kept in ``errors`` and nothing is guessed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from opsrunner.parse.sudospec import Command, Scanner, SudoersSyntaxError

_INCLUDE = re.compile(r'(?:\s*@|#)include(dir)?\s+(?:"([^"]*)"|(\S+))\s*')
_ALIAS = re.compile(r"\s*(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)")
_DEFAULTS = re.compile(r"\s*Defaults([:@>!]|(?=\s|$))(.*)")
_DEEPEST = 20
_MOST = 20_000  # grants and alias members; a file that multiplies to more is not believed
_SCOPES = {"": "all", ":": "user", "@": "host", ">": "runas", "!": "command"}


@dataclass(frozen=True, slots=True)
class Grant:
    """One (user, command) pair of a rule, aliases resolved.

    ``runas``, ``groups``: users (``root`` where nothing is said) and groups it may run as.
    ``passwd``: True or False where a tag says so. ``command`` is as written with its arguments.
    ``excepting``: the rule leaves out some of its users, hosts or runas users (``ALL,!root``), so
    it holds for fewer than the three name; ``limited``: only at times or for some digests.
    """

    who: str
    hosts: tuple[str, ...]
    runas: tuple[str, ...]
    groups: tuple[str, ...]
    command: str
    negated: bool
    passwd: bool | None
    where: str
    excepting: bool
    limited: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of a Defaults line; ``value`` is True, False (``!name``) or a text."""

    scope: str
    names: tuple[str, ...]
    name: str
    value: str | bool
    where: str


@dataclass(slots=True)
class Sudoers:
    """Everything that was read, in sudo's order."""

    grants: list[Grant] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Rule:
    users: list[tuple[str, bool]]
    commands: list[Command]
    where: str


def parse(
    texts: Mapping[str, str], unread: Collection[str] = (), absent: Collection[str] = (), *,
    main: str = "/etc/sudoers", host: str = "",
) -> Sudoers:
    """Given the files' texts by path, return the policy. Never raises.

    ``unread``: paths that exist and could not be read. ``absent``: files that are not there and
    folders that were listed; an include of anything else is an error, nobody looked at it.
    ``host`` is put in for ``%h``.
    """
    reader = _Reader(texts, frozenset(unread), frozenset(absent), host.partition(".")[0])
    reader.file(main, 0)
    return reader.result()


class _Reader:
    """Reads files in order; aliases are resolved at the end, as sudo does."""

    def __init__(
        self, texts: Mapping[str, str], unread: frozenset[str], absent: frozenset[str], host: str,
    ) -> None:
        self._texts, self._unread, self._absent, self._host = texts, unread, absent, host
        self._aliases: dict[str, dict[str, list[tuple[str, bool]]]] = {
            kind: {} for kind in ("User", "Runas", "Host", "Cmnd")
        }
        self._rules: list[_Rule] = []
        self._digested: set[str] = set()  # members of aliases that a digest was written for
        self._policy = Sudoers()

    def file(self, path: str, depth: int) -> None:
        if path in self._absent:
            return
        if path not in self._texts or depth > _DEEPEST:
            self._policy.errors.append(f"{path}: not read")
            return
        for number, line in logical_lines(self._texts[path]):
            where = f"{path}:{number}"
            if not line:
                continue
            included = _INCLUDE.fullmatch(line)
            try:
                if included:
                    name = included.group(2) or included.group(3) or ""
                    self._include(path, name, depth, folder=bool(included.group(1)))
                else:
                    self._line(line, where)
            except SudoersSyntaxError as error:
                self._policy.errors.append(f"{where}: {error}")

    def _include(self, here: str, name: str, depth: int, *, folder: bool) -> None:
        path = posixpath.join(posixpath.dirname(here), name.replace("%h", self._host))
        if not folder:
            self.file(path, depth + 1)
            return
        path = path.rstrip("/")
        if path not in self._absent:
            self._policy.errors.append(f"{path}: not listed")
        for file in sorted({*self._texts, *self._unread}):
            base = posixpath.basename(file)
            if posixpath.dirname(file) == path and "." not in base and not base.endswith("~"):
                self.file(file, depth + 1)

    def _line(self, line: str, where: str) -> None:
        if match := _ALIAS.fullmatch(line):
            kind = "Cmnd" if match.group(1) == "Cmd" else match.group(1)
            scanner = Scanner(match.group(2))
            for name, members in scanner.aliases(commands=kind == "Cmnd"):
                if name in self._aliases[kind]:
                    raise SudoersSyntaxError(f"{kind}_Alias {name} stands twice")
                self._aliases[kind][name] = members
            self._digested |= scanner.digested
        elif match := _DEFAULTS.fullmatch(line):
            scope = _SCOPES[match.group(1)]
            names, pairs = Scanner(match.group(2)).defaults(scoped=scope != "all")
            self._policy.settings += [
                Setting(scope, tuple(names), name, value, where) for name, value in pairs
            ]
        elif line.strip():
            users, commands = Scanner(line).rule()
            self._rules.append(_Rule(users, commands, where))

    def result(self) -> Sudoers:
        for rule in self._rules:
            try:
                self._policy.grants += self._grants(rule)
            except SudoersSyntaxError as error:
                self._policy.errors.append(f"{rule.where}: {error}")
        return self._policy

    def _grants(self, rule: _Rule) -> Iterator[Grant]:
        aliases = self._aliases
        users = expand(rule.users, aliases["User"])
        people = _named(users)
        for spec in rule.commands:
            runas = expand(spec.runas, aliases["Runas"])
            hosts = expand(spec.hosts, aliases["Host"])
            excepting = any(off for _, off in [*users, *runas, *hosts])
            at, run = _named(hosts), _named(runas)
            groups = _named(expand(spec.groups, aliases["Runas"]))
            commands = expand([(spec.text, spec.negated)], aliases["Cmnd"])
            if len(people) * len(commands) > _MOST:
                raise SudoersSyntaxError("too many users and commands in one rule")
            for command, off in commands:
                limited = spec.limited or command in self._digested
                for who in people:
                    yield Grant(
                        who, at, run, groups, command, off, spec.passwd, rule.where, excepting,
                        limited,
                    )


def _named(items: list[tuple[str, bool]]) -> tuple[str, ...]:
    return tuple(name for name, off in items if not off)


def expand(
    items: list[tuple[str, bool]], aliases: Mapping[str, list[tuple[str, bool]]],
    inside: frozenset[str] = frozenset(),
) -> list[tuple[str, bool]]:
    """Given (name, negated) items and aliases, return them with the aliases' members instead.

    Raise SudoersSyntaxError when they multiply beyond belief.
    """
    out: list[tuple[str, bool]] = []
    for name, negated in items:
        if name in aliases and name not in inside:
            members = expand(aliases[name], aliases, inside | {name})
            out += [(member, off != negated) for member, off in members]
        else:
            out.append((name, negated))
        if len(out) > _MOST:
            raise SudoersSyntaxError("aliases with too many members")
    return out


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Given a file's text, return (number, line) without comments, continued lines joined."""
    start, parts = 0, [""]
    for number, raw in enumerate(text.split("\n"), 1):
        line, commented = _uncommented(raw.rstrip("\r"))
        start = start or number
        bare = line.rstrip()
        slashes = len(bare) - len(bare.rstrip("\\"))
        if slashes % 2 and not commented:
            parts.append(bare[:-1])
            continue
        yield start, " ".join([*parts, line]).strip()
        start, parts = 0, [""]
    if len(parts) > 1:
        yield start, " ".join(parts).strip()


def _uncommented(line: str) -> tuple[str, bool]:
    """Return the line up to its comment, and whether there was one; ``#0`` is a uid, none."""
    if "#" not in line or _INCLUDE.fullmatch(line):
        return line, False
    bare = line.lstrip(" \t")
    if bare.startswith("#") and not bare[1:2].isdigit() and bare[1:2] != "-":
        return "", True
    quoted = skip = False
    for at, char in enumerate(line):
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char == '"':
            quoted = not quoted
        elif char == "#" and not quoted and not _is_id(line, at):
            return line[:at], True
    return line, False


def _is_id(line: str, at: int) -> bool:
    before = line[at - 1] if at else " "
    return before in " \t,(:!=%>@" and re.match(r"-?[0-9]", line[at + 1 :]) is not None
