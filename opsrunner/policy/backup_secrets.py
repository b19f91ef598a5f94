"""Secrets that policies of backups and drills name; a secret has a name here and nothing more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from opsrunner.plan.models import Strict

SecretName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*$")]


class Encryption(Strict):
    """The name of the secret in the vault, never the secret."""

    secret: SecretName


class Login(Strict):
    """An account of a database, and the name of its password in the vault."""

    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")]
    secret: SecretName
