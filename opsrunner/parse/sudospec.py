"""The grammar of one sudoers line: user specifications, aliases, Defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(
    r"(NO)?(PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|FOLLOW|MAIL|INTERCEPT)\s*:\s*",
)
_OPTION = re.compile(
    r"(ROLE|TYPE|PRIVS|LIMITPRIVS|APPARMOR_PROFILE|CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER)\s*=\s*",
)
_TIMES = frozenset(("NOTBEFORE", "NOTAFTER"))
_DIGEST = re.compile(r"(sha(?:224|256|384|512)\s*:\s*[A-Za-z0-9+/=]+\s*,?\s*)+")
_REGEX_COMMAND = re.compile(r"\^(?:[^\\$]|\\.|\$(?!\s|,|:|$))*\$(?=\s|,|:|$)")
_ALIAS_NAME = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*")
_PARAMETER = re.compile(r"(!*)\s*([A-Za-z_][A-Za-z0-9_]*)\s*(\+=|-=|=)?\s*")
_BLANKS = re.compile(r"[ \t]*")
_GROUP = re.compile("%:?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# A word ends at what its place in the grammar gives a meaning to; a backslash takes that away.
_NAME = re.compile(r"(?:\\.|[^ \t,:=()!\\]|\\$)+", re.DOTALL)
_VALUE = re.compile(r"(?:\\.|[^ \t,\\]|\\$)+", re.DOTALL)
_ARGUMENT = re.compile(r"(?:\\.|[^ \t,:=\\]|\\$)+", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

Items = list[tuple[str, bool]]


class SudoersSyntaxError(ValueError):
    """A line that sudo would not take."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a rule, with the hosts, runas users and password tag that hold for it.

    ``groups``: the groups it may run as. ``limited``: only at times, or for a program whose
    digest is the one written.
    """

    text: str
    negated: bool
    hosts: Items
    runas: Items
    groups: Items
    passwd: bool | None
    limited: bool


def _check_command(words: list[str]) -> None:
    """Raise SudoersSyntaxError for what is no path, no pattern and no single upper-case word."""
    if words[0].startswith(("/", "^")) or words[0] in ("sudoedit", "list"):
        return
    if len(words) > 1 or not re.fullmatch(r"[A-Z][A-Z0-9_]*", words[0]):
        raise SudoersSyntaxError(f"not a command: {' '.join(words)[:40]!r}")


class Scanner:
    """Reads one logical line from left to right. Every method raises SudoersSyntaxError."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.digested: set[str] = set()  # commands that a digest was written for

    def rule(self) -> tuple[Items, list[Command]]:
        """Return the users and the commands of ``users hosts = commands : hosts = commands``."""
        users = self._items()
        commands: list[Command] = []
        while True:
            hosts = self._items()
            self._need("=")
            commands += self._commands(hosts)
            if not self._take(":"):
                break
        self._end()
        return users, commands

    def aliases(self, *, commands: bool) -> list[tuple[str, Items]]:
        """Return the aliases that one line defines (``NAME = list : NAME = list``)."""
        found: list[tuple[str, Items]] = []
        while True:
            name = self._match(_ALIAS_NAME)
            if name is None:
                raise SudoersSyntaxError(f"no alias name at {self._rest()!r}")
            members = self._command_list() if commands else self._items()
            found.append((name.group(1), members))
            if not self._take(":"):
                break
        self._end()
        return found

    def defaults(self, *, scoped: bool) -> tuple[list[str], list[tuple[str, str | bool]]]:
        """Return whom a Defaults line is for and its parameters as (name, value)."""
        names = [name for name, off in self._items() if not off] if scoped else []
        pairs: list[tuple[str, str | bool]] = []
        while True:
            match = self._match(_PARAMETER)
            if match is None:
                raise SudoersSyntaxError(f"no parameter at {self._rest()!r}")
            negated = len(match.group(1)) % 2 == 1
            value: str | bool = not negated
            if match.group(3):
                value = self._word(_VALUE)
            pairs.append((match.group(2), value))
            if not self._take(","):
                break
        self._end()
        return names, pairs

    def _commands(self, hosts: Items) -> list[Command]:
        found: list[Command] = []
        runas: Items = [("root", False)]
        groups: Items = []
        passwd: bool | None = None
        dated = False
        while True:
            if self._take("("):
                runas, groups = self._runas()
            while option := self._match(_OPTION) or self._match(_TAG):
                if option.re is _OPTION:
                    self._word(_VALUE)
                    dated |= option.group(1) in _TIMES
                elif option.group(2) == "PASSWD":
                    passwd = option.group(1) is None
            text, negated = self._command()
            limited = dated or text in self.digested
            found.append(Command(text, negated, hosts, runas, groups, passwd, limited))
            if not self._take(","):
                return found

    def _runas(self) -> tuple[Items, Items]:
        """Read users and groups in parentheses; without users a command runs as its caller."""
        users: Items = []
        groups: Items = []
        if not self._peek("):"):
            users = self._items()
        if self._take(":") and not self._peek(")"):
            groups = self._items()
        self._need(")")
        return users, groups

    def _command_list(self) -> Items:
        items = [self._command()]
        while self._take(","):
            items.append(self._command())
        return items

    def _command(self) -> tuple[str, bool]:
        negated = self._negation()
        digest = self._match(_DIGEST)
        negated ^= self._negation()
        pattern = self._match(_REGEX_COMMAND)
        words = [pattern.group() if pattern else self._word(_ARGUMENT)]
        while not self._peek(",:") and self._rest():
            pattern = self._match(_REGEX_COMMAND)
            words.append(pattern.group() if pattern else self._word(_ARGUMENT))
        _check_command(words)
        text = " ".join(words)
        if digest:
            self.digested.add(text)
        return text, negated

    def _items(self) -> Items:
        items = [self._item()]
        while self._take(","):
            items.append(self._item())
        return items

    def _item(self) -> tuple[str, bool]:
        negated = self._negation()
        prefix = self._match(_GROUP)
        return (prefix.group().strip() if prefix else "") + self._word(_NAME), negated

    def _negation(self) -> bool:
        negated = False
        while self._take("!"):
            negated = not negated
        return negated

    def _word(self, form: re.Pattern[str]) -> str:
        if self._peek('"'):
            quoted = self._match(_QUOTED)
            if quoted is None:
                raise SudoersSyntaxError("a quote is not closed")
            return re.sub(r'\\(["\\])', r"\1", quoted.group(1))
        word = self._match(form)
        if word is None:
            raise SudoersSyntaxError(f"a word is missing at {self._rest()!r}")
        return _ESCAPE.sub(r"\1", word.group())

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._skip()
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _skip(self) -> None:
        blanks = _BLANKS.match(self._text, self._at)
        self._at = blanks.end() if blanks else self._at

    def _peek(self, chars: str) -> bool:
        self._skip()
        return self._at < len(self._text) and self._text[self._at] in chars

    def _take(self, char: str) -> bool:
        taken = self._peek(char)
        self._at += taken
        return taken

    def _need(self, char: str) -> None:
        if not self._take(char):
            raise SudoersSyntaxError(f"{char!r} is missing at {self._rest()!r}")

    def _end(self) -> None:
        if self._rest():
            raise SudoersSyntaxError(f"too much: {self._rest()!r}")

    def _rest(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 40]
