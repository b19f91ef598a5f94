"""The password that opens the vault: from a private file or an open file descriptor.

Never from an argument (everybody sees it in ``ps``) nor from an environment variable's value
(children inherit it, ``/proc`` shows it).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from opsrunner.errors import Problem, SettingsError
from opsrunner.secrets.store import Secret
from opsrunner.settings import Settings

_LIMIT = 4096  # bytes; a password is a line
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NAME = "vault password"


def vault_password(settings: Settings) -> Secret | None:
    """Given the settings, return the vault's password, None where none is set.

    A descriptor can be read once only: call this once a process. Raise SettingsError.
    """
    if settings.vault_password_file:
        return password_from_file(settings.vault_password_file)
    if settings.vault_password_fd is not None:
        return password_from_descriptor(settings.vault_password_fd)
    return None


def password_from_file(path: Path) -> Secret:
    """Given a file of mode 0600 (or 0400) of the caller, return the password in it.

    Raise SettingsError when the file cannot be read, is not private, or holds no password.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from error
    try:
        problem = _not_private(os.fstat(descriptor))  # of what was opened, not of its name
        if problem:
            raise _refused(path, problem)
        return _read(descriptor, str(path))
    finally:
        os.close(descriptor)


def password_from_descriptor(descriptor: int) -> Secret:
    """Given an open file descriptor (a pipe from an agent), return the password read to its end.

    Raise SettingsError when it is not open or gives no password.
    """
    return _read(descriptor, f"file descriptor {descriptor}")


def _not_private(status: os.stat_result) -> str | None:
    """Given what was opened, return why it may not hold a password, None when it may."""
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_uid not in (os.geteuid(), 0):
        return "belongs to another user; the caller must own it"
    if mode & _OTHERS:
        return f"has mode {mode:04o}, so others can read it: chmod 600"
    if mode & stat.S_IXUSR:
        return "is executable, and Ansible would run it instead of reading it: chmod 600"
    return None


def _read(descriptor: int, source: str) -> Secret:
    """Given a descriptor, return the password it gives, the line's end left off."""
    try:
        secret = Secret(_NAME, _decoded(descriptor))
    except (OSError, UnicodeDecodeError) as error:
        secret, kind = Secret(_NAME, ""), type(error).__name__
    else:
        kind = "no password in it"
    # Raised out here: an exception chained to the decoding error would carry the bytes along.
    if not secret.reveal():
        raise _refused(source, f"cannot be used as the vault password: {kind}")
    return secret


def _decoded(descriptor: int) -> str:
    """Given a descriptor, return its first bytes as text without surrounding white space."""
    chunks: list[bytes] = []
    while sum(map(len, chunks)) < _LIMIT and (chunk := os.read(descriptor, _LIMIT)):
        chunks.append(chunk)
    return b"".join(chunks).decode().strip()


def _refused(source: Path | str, message: str) -> SettingsError:
    """Given the source and what is wrong with it, return the error to raise."""
    return SettingsError([Problem(str(source), "", message)])
