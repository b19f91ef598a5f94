"""A page of the business: what a business check sees, and what happens when it asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORKS, BROKEN = 200, 500


@dataclass
class Page:
    """One page for each host; how often it was asked before decides what happens ``then``.

    It is asked once before a change and once after it, while the timed undo is armed.
    """

    url: str
    asked: dict[str, int] = field(default_factory=dict)
    then: Callable[[str, int], int] = lambda *_: WORKS  # host, asked before -> HTTP status

    def checks(self, *hosts: str, seconds: int = 2) -> dict[str, Any]:
        """Return a business check for each host, that waits so long for the page."""
        return {
            f"page_{number}": {"subjects": {"hosts": [host]}, "timeout_seconds": seconds,
                               "url": {"address": f"{self.url}/{host}"}}
            for number, host in enumerate(hosts)
        }

    def answer(self, host: str) -> int:
        """Given a host, return what its page answers now."""
        before = self.asked.get(host, 0)
        self.asked[host] = before + 1
        return self.then(host, before)


@contextmanager
def served() -> Iterator[Page]:
    """Serve pages that work, until a test says otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = page.answer(self.path.lstrip("/"))
            with suppress(OSError):  # who asked was killed
                self.send_response(status)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page = Page(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
