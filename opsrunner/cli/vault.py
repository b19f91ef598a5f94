"""The secrets that the commands may ask for by name, wherever they are kept."""

from __future__ import annotations

from opsrunner.cli.context import Context
from opsrunner.errors import InputError, Problem
from opsrunner.secrets.ansible_vault import AnsibleVaultStore
from opsrunner.secrets.store import SecretStore


def open_vault(context: Context) -> SecretStore:
    """Given the context, return the vault opened. Raise InputError with why it is not."""
    path = context.settings.secrets_file
    problems = []
    if path is None:
        message = "names no file, so there is no secret: set it to one that ansible-vault encrypted"
        problems.append(Problem("settings", "secrets_file", message))
    if context.vault_password is None:
        message = "is not set, nor vault_password_fd: nothing opens the secrets"
        problems.append(Problem("settings", "vault_password_file", message))
    if path is None or context.vault_password is None:
        raise InputError(problems)
    return AnsibleVaultStore(path, context.vault_password)
