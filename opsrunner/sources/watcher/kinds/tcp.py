"""A TCP port on which somebody accepts and, if a banner is wanted, speaks."""

from __future__ import annotations

import socket
from typing import Annotated

from pydantic import Field

from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.aim import Aim, Order


class Tcp(Aim):
    """A port. ``banner``: what it says first must begin so; "" asks for the connection alone.

    The kernel accepts for a process that hangs: without a banner that looks alive.
    """

    address: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)]
    banner: Annotated[str, Field(max_length=200)] = ""


class TcpTarget:
    """Connects anew for each attempt."""

    def __init__(self, aim: Tcp, seconds: float) -> None:
        self._aim, self._seconds = aim, seconds

    def attempt(self, number: int) -> str:  # noqa: ARG002 - a connection carries no number
        """Connect and hear the banner. Raise OSError or ValueError."""
        wanted = self._aim.banner.encode()
        with socket.create_connection((self._aim.address, self._aim.port), self._seconds) as peer:
            heard = b""
            while len(heard) < len(wanted):
                piece = peer.recv(len(wanted) - len(heard))
                if not piece:
                    raise ConnectionResetError("closed before it said what was wanted")
                heard += piece
            if heard != wanted:
                raise ValueError("said something else than the banner that was wanted")
        return ""

    def drop(self) -> None:
        """Nothing is kept open."""


def open_target(aim: Tcp, order: Order, _password: Secret | None) -> TcpTarget:
    """Given an aim and its order, return what is asked."""
    return TcpTarget(aim, order.timeout_ms / 1000)


AIM = Tcp
