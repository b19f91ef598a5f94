"""A page over HTTP that answers with one of these codes and holds the text.

No proxy, no redirect followed, a new connection for each attempt: what a first visitor gets.
"""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from opsrunner.errors import InputError, Problem
from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.aim import Aim, Order

_BODY = 1 << 20


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http or https address")
    if parts.username or parts.password:
        raise ValueError("holds a user or a password; an aim is no place for secrets")
    return url


class Http(Aim):
    """A page; the attempt's number goes along as ``X-Opsrunner-Attempt``."""

    url: Annotated[str, AfterValidator(_web)]
    status: Annotated[tuple[int, ...], Field(min_length=1)] = (200,)
    contains: str = ""
    ca_file: Path | None = None


class HttpTarget:
    """Asks for the page anew for each attempt."""

    def __init__(self, aim: Http, seconds: float, context: ssl.SSLContext | None) -> None:
        self._aim, self._seconds, self._context = aim, seconds, context

    def attempt(self, number: int) -> str:
        """Ask for the page; return the server's own name. Raise OSError or another exception."""
        parts = urlsplit(self._aim.url)
        connection = self._connect(parts.hostname or "", parts.port)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"X-Opsrunner-Attempt": str(number)})
            answer = connection.getresponse()
            body = answer.read(_BODY)
            if answer.status not in self._aim.status:
                raise ValueError(f"status {answer.status}")
            if self._aim.contains.encode() not in body:
                raise ValueError("the wanted text is not in the page")
            return str(answer.getheader("Server") or "")[:100]
        finally:
            connection.close()

    def _connect(self, host: str, port: int | None) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=self._seconds)
        return http.client.HTTPSConnection(
            host, port, timeout=self._seconds, context=self._context,
        )

    def drop(self) -> None:
        """Nothing is kept open."""


def open_target(aim: Http, order: Order, _password: Secret | None) -> HttpTarget:
    """Given an aim and its order, return what is asked. Raise InputError for a bad ``ca_file``."""
    context = None
    if urlsplit(aim.url).scheme == "https":
        try:
            context = ssl.create_default_context(cafile=aim.ca_file)
        except OSError as error:
            raise InputError([Problem("watch", "aim.ca_file", f"{aim.ca_file}: {error}")]) from None
    return HttpTarget(aim, order.timeout_ms / 1000, context)


AIM = Http
