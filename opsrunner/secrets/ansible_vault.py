"""Secrets in a YAML file encrypted as a whole by ``ansible-vault``: name -> text.

The file is the one Ansible itself reads (``group_vars/all/vault.yml``). It is decrypted in
memory, once, and nothing of it is ever part of an error: neither text nor chained exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from opsrunner.errors import InputError, Problem
from opsrunner.secrets.store import Secret

_HEADER = b"$ANSIBLE_VAULT;"


class AnsibleVaultStore:
    """A ``SecretStore`` over one vault file; opening it raises InputError with what is wrong."""

    def __init__(self, path: Path, password: Secret) -> None:
        self._path = path
        self._secrets = _load(path, password)

    def names(self) -> Sequence[str]:
        """Return the names of all secrets, sorted."""
        return sorted(self._secrets)

    def get(self, name: str) -> Secret:
        """Given a name, return its secret. Raise InputError when there is none."""
        try:
            return self._secrets[name]
        except KeyError:
            known = ", ".join(self.names()) or "none"
            message = f"no such secret; the file has: {known}"
        raise InputError([Problem(str(self._path), name, message)])


def _load(path: Path, password: Secret) -> dict[str, Secret]:
    """Given a vault file and its password, return its secrets. Raise InputError."""
    try:
        stored = path.read_bytes()
    except OSError as error:
        problem = Problem(str(path), "", f"cannot be read: {error.strerror}")
        raise InputError([problem]) from error
    if not stored.startswith(_HEADER):
        message = "is not encrypted: ansible-vault encrypt FILE, and change what was in it"
        raise InputError([Problem(str(path), "", message)])
    secrets, problems = _open(stored, password)
    # Raised here, outside every ``except`` and away from the frames that held clear text.
    if problems:
        raise InputError([Problem(str(path), key, message) for key, message in problems])
    return secrets


def _open(stored: bytes, password: Secret) -> tuple[dict[str, Secret], list[tuple[str, str]]]:
    """Given the stored bytes, return the secrets and what is wrong as (key, message); no raise."""
    # Ansible's import is slow, and only who opens a vault needs it.
    from ansible.errors import AnsibleError  # noqa: PLC0415
    from ansible.parsing.vault import VaultLib, VaultSecret  # noqa: PLC0415

    lib = VaultLib([("default", VaultSecret(password.reveal().encode()))])
    try:
        clear = lib.decrypt(stored)
    except (AnsibleError, ValueError, IndexError, TypeError):  # a cut file breaks Ansible's parser
        return {}, [("", "cannot be decrypted: another password, or the file is damaged")]
    try:
        content = yaml.safe_load(clear)
    except (yaml.YAMLError, ValueError, TypeError):
        return {}, [("", "its content is not YAML: ansible-vault edit FILE")]
    if not isinstance(content, dict):
        return {}, [("", "its content is not a mapping of names to texts")]
    # A name that is no text may be a secret gone astray, so it is not repeated.
    problems = [
        (key if isinstance(key, str) else "", "must be text, in quotes")
        for key, value in content.items()
        if not (isinstance(key, str) and isinstance(value, str))
    ]
    return ({} if problems else {k: Secret(k, v) for k, v in content.items()}), problems
