"""``lookup('secret', NAME)``: a secret by its name, so that no variable of a role holds one.

The value is decrypted in memory where it is used. A task that uses it carries ``no_log``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from opsrunner.errors import InputError, Problem
from opsrunner.secrets.ansible_vault import AnsibleVaultStore
from opsrunner.secrets.password import password_from_file
from opsrunner.secrets.store import Secret, SecretStore
from opsrunner.settings import Settings, load_settings

DOCUMENTATION = """
name: secret
short_description: a secret by its name
description:
  - Returns secrets of the file that the setting C(secrets_file) names; ansible-vault encrypted it.
  - It is opened with the vault password that Ansible was given, else with the one in the file
    that the setting C(vault_password_file) names.
options:
  _terms: {description: Names of secrets, required: true}
  file: {description: Another file than the setting C(secrets_file) names., type: path}
"""


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core ships no types
    """Asks a ``SecretStore``; what it raises names secrets and holds none."""

    def run(
        self,
        terms: Sequence[str],
        variables: dict[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - Ansible's own signature
    ) -> list[str]:
        """Given names, return their secrets. Raise AnsibleLookupError with all that is wrong."""
        self.set_options(var_options=variables, direct=kwargs)
        secrets, problems = _asked(self.get_option("file"), self._loader, terms)
        if problems:  # raised here, where no frame holds clear text
            raise AnsibleLookupError("; ".join(str(problem) for problem in problems))
        return [secret.reveal() for secret in secrets]


def _asked(
    file: str | None, loader: Any, names: Iterable[str],  # noqa: ANN401 - Ansible's loader has no types
) -> tuple[list[Secret], list[Problem]]:
    """Given the file and what is asked for, return the secrets and what is wrong; no raise."""
    secrets: list[Secret] = []
    problems: list[Problem] = []
    try:
        settings = load_settings()
        path = Path(file) if file else settings.secrets_file
        if path is None:
            message = "names no file, so there is no secret: set OPSRUNNER_SECRETS_FILE"
            return [], [Problem("settings", "secrets_file", message)]
        store = _opened(path, _passwords(loader, settings))
    except InputError as error:
        return [], list(error.problems)
    for name in names:
        try:
            secrets.append(store.get(name))
        except InputError as error:
            problems += error.problems
    return secrets, problems


def _passwords(loader: Any, settings: Settings) -> list[Secret]:  # noqa: ANN401 - see above
    """Return the vault passwords there are: those Ansible was given, else the settings' file.

    A descriptor of the settings is not read: it could be read once, and each worker would.
    """
    given = getattr(getattr(loader, "_vault", None), "secrets", None) or []
    if given:
        return [Secret(str(label), one.bytes.decode()) for label, one in given]
    if settings.vault_password_file:
        return [password_from_file(settings.vault_password_file)]
    return []


def _opened(path: Path, passwords: Sequence[Secret]) -> SecretStore:
    """Given a vault file and passwords, return its store by the first that opens it."""
    last = InputError([Problem(
        str(path), "", "no vault password: --ask-vault-pass, --vault-password-file, or the "
        "setting vault_password_file",
    )])
    for password in passwords:
        try:
            return AnsibleVaultStore(path, password)
        except InputError as error:
            last = error
    raise last
