"""The one interface to secrets: whoever needs one asks by name and reveals it at the last moment.

Behind it there is ansible-vault today; a vault of our own and OpenBao follow without any caller
noticing. See ``docs/adr/0008-secrets-interface.md``.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import NoReturn, Protocol, final


@final
class Secret:
    """A value that shows itself only through ``reveal``: not in repr, str, format or pickles."""

    __slots__ = ("__value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.__value = value

    def reveal(self) -> str:
        """Return the value; call it where the value is used, and keep it in no variable."""
        return self.__value

    def __repr__(self) -> str:
        return f"<secret {self.name}>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    # Not a key for anything: its hash would tell equal secrets apart from others.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled or copied to disk")


class SecretStore(Protocol):
    """Where secrets are kept. A store raises InputError with a text free of any secret."""

    def names(self) -> Sequence[str]:
        """Return the names of all secrets, sorted."""

    def get(self, name: str) -> Secret:
        """Given a name, return its secret. Raise InputError when there is none."""
