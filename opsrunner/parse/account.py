"""What an account's fields mean to the programs that read them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_LARGEST = 0xFFFFFFFF
_NO_LOGIN = frozenset(("nologin", "false", "true"))
_PROGRAMS = frozenset(("/bin", "/sbin", "/usr/bin", "/usr/sbin"))
_SHOWN_COMMANDS = {"sync": ("sync",), "shutdown": ("shutdown",), "halt": ("halt",)}


def id_number(word: str) -> int | None:
    """Given a uid or gid field, return its number as glibc reads it, None when it refuses it.

    glibc uses strtoul: leading blanks, a sign and leading zeros are fine (``00`` and ``+0`` are
    0), what is too large becomes 4294967295. Source: glibc ``nss/nss_files/files-parse.c``.
    """
    if len(word) < 10 and word.isascii() and word.isdigit():  # noqa: PLR2004 - the usual case
        return int(word)
    match = _NUMBER.fullmatch(word)
    if match is None:
        return None
    number = int(match.group(1)) if len(match.group(1)) < 24 else _LARGEST  # noqa: PLR2004 - 64 bit
    return number if 0 <= number <= _LARGEST else _LARGEST


def is_login_shell(shell: str) -> bool:
    """Given field 7 of passwd, return whether it lets somebody work; empty means ``/bin/sh``."""
    folder, _, name = shell.rpartition("/")
    return not (folder in _PROGRAMS and name in _NO_LOGIN) and shell != "/dev/null"


def is_stock_command(name: str, shell: str) -> bool:
    """Return whether the shell is the one command that EL and Debian give ``sync`` and the like."""
    folder, _, program = shell.rpartition("/")
    return folder in _PROGRAMS and program in _SHOWN_COMMANDS.get(name, ())


def can_authenticate(kind: str | None) -> bool:
    """Given the kind of a shadow hash (None: no line), return whether a password may fit it."""
    return kind is not None and kind != "locked" and not kind.startswith("!")
