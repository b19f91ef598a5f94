"""The secrets that the commands may ask for by name, wherever they are kept."""

from __future__ import annotations

from opsrunner.cli.context import Context
from opsrunner.errors import InputError, Problem
from opsrunner.secrets.ansible_vault import AnsibleVaultStore
from opsrunner.secrets.store import SecretStore

_FILE = "group_vars/all/vault.yml"


def open_vault(context: Context) -> SecretStore:
    """Given the context, return the vault opened. Raise InputError with why it is not."""
    path = context.settings.vault_file
    if path is None:
        place = context.inventory.path
        path = (place if place.is_dir() else place.parent) / _FILE
    if context.vault_password is None:
        message = "needs a password: set vault_password_file or vault_password_fd"
        raise InputError([Problem(str(path), "", message)])
    return AnsibleVaultStore(path, context.vault_password)
